//! Ties between published tables that follow from the delivery contract, as data.

use serde::{Deserialize, Serialize};

/// A rule of the contract that ties a category of one published dimension to one of another, within a measure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Measure that both sides belong to.
    pub measure: String,
    /// How the two counts relate, in every atom.
    pub relation: Relation,
    /// The left side.
    pub left: LinkEnd,
    /// The right side.
    pub right: LinkEnd,
    /// The rule of the contract, for example the id of a check.
    pub rule: String,
}

/// One side of a [`Link`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkEnd {
    /// Dimension of the table.
    pub dimension: String,
    /// Category in it.
    pub category: String,
}

/// How two linked counts relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Each record has both or neither (⇔): one variable, one draw, one value.
    Equal,
    /// Each record with the left one has the right one (⇒): left ≤ right.
    AtMost,
}

/// The links of delivery contract version 1.
pub fn contract() -> &'static [Link] {
    &[]
}
