//! Ties between published tables that follow from the delivery contract, as data.
//!
//! Solver and certificate read the same list. How categories relate to the total of their measure is not listed here:
//! it is the [`crate::BlockKind`] of their table.

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

/// (measure, relation, left, right, rule), each side as (dimension, category).
type Row = (&'static str, Relation, (&'static str, &'static str), (&'static str, &'static str), &'static str);

/// Delivery contract version 1 ties no two published dimensions. Its rules across fields concern fields that are not
/// published: `burger` ⇔ rol `niet_beroepsmatig` (rol is a grouping of organisatie), `politie_overdracht` ⇒ organisatie
/// `politie`, and `besluitdatum`. A check that ties two published dimensions needs a row here.
const CONTRACT: &[Row] = &[];

/// The links of delivery contract version 1.
pub fn contract() -> Vec<Link> {
    let end = |(dimension, category): (&str, &str)| LinkEnd { dimension: dimension.into(), category: category.into() };
    CONTRACT
        .iter()
        .map(|&(measure, relation, left, right, rule)| Link {
            measure: measure.into(),
            relation,
            left: end(left),
            right: end(right),
            rule: rule.into(),
        })
        .collect()
}
