//! The shape of a period's tables: areas over atoms, measures by dimensions, categories. No counts.

use serde::{Deserialize, Serialize};

/// Kind of the national area; tables of scope [`BlockScope::NationalOnly`] are published for areas of this kind.
pub const NATIONAL: &str = "NL";

/// Geography of one period: atoms (the overlay of VT and VR, VR00 atoms included) and the areas published over them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Geography {
    /// Codes of the atoms, unique; their order is the order of the rows of every table of counts.
    pub atoms: Vec<String>,
    /// Published areas, in the order in which they are published.
    pub areas: Vec<Area>,
}

/// A published area: a set of atoms. Areas may overlap without nesting, and two may be the same set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// `NL`, `VT` or `VR`.
    pub kind: String,
    /// Code, unique among all areas: `NL01`, `VT07`, `VR14`, `VR00`.
    pub code: String,
    /// Indices into [`Geography::atoms`].
    pub atoms: Vec<usize>,
    /// The area is left out of this files (incomplete, or `regio_onbekend`), yet bounded like the others.
    pub withheld: bool,
}

/// One table: a measure by one dimension; without a dimension, the totals of the measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockSpec {
    /// Code of the `maat`.
    pub measure: String,
    /// Code of the `dimensie`; `None` for the totals.
    pub dimension: Option<String>,
    /// How the categories relate to the total.
    pub kind: BlockKind,
    /// Categories, in the order of the columns of the counts.
    pub categories: Vec<CategorySpec>,
    /// For which areas the table is published.
    pub scope: BlockScope,
}

/// How the categories of a table relate to the total of its measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// The total itself: one category, with the empty code.
    Total,
    /// Each record has exactly one category: the categories add up to the total.
    Single,
    /// Each record has one or more categories (aard, vorm, veiligheidstaxatie).
    Multi,
}

/// One category of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategorySpec {
    /// Code; empty for a total.
    pub code: String,
    /// In a multi-valued table: a record with this category has no other one (`onbekend`, `geen`).
    pub exclusive: bool,
    /// The category cannot occur in this period (chat before May 2020): 0 in the problem, not published.
    pub structural_zero: bool,
}

/// For which areas a table is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockScope {
    /// Every area of the geography.
    AllAreas,
    /// Areas of kind [`NATIONAL`] only.
    NationalOnly,
}

impl CategorySpec {
    /// An ordinary category: not exclusive, not a structural zero.
    pub fn plain(code: impl Into<String>) -> Self {
        Self { code: code.into(), exclusive: false, structural_zero: false }
    }

    /// A category that excludes all others of its table.
    pub fn exclusive(code: impl Into<String>) -> Self {
        Self { exclusive: true, ..Self::plain(code) }
    }

    /// A category that cannot occur in this period.
    pub fn structural_zero(code: impl Into<String>) -> Self {
        Self { structural_zero: true, ..Self::plain(code) }
    }
}

impl BlockSpec {
    /// The totals of a measure, for all areas.
    pub fn total(measure: impl Into<String>) -> Self {
        Self {
            measure: measure.into(),
            dimension: None,
            kind: BlockKind::Total,
            categories: vec![CategorySpec::plain("")],
            scope: BlockScope::AllAreas,
        }
    }

    /// A breakdown of a measure, for all areas.
    pub fn breakdown(
        measure: impl Into<String>,
        dimension: impl Into<String>,
        kind: BlockKind,
        categories: Vec<CategorySpec>,
    ) -> Self {
        Self {
            measure: measure.into(),
            dimension: Some(dimension.into()),
            kind,
            categories,
            scope: BlockScope::AllAreas,
        }
    }

    /// The same table, published for the national areas only.
    pub fn national_only(mut self) -> Self {
        self.scope = BlockScope::NationalOnly;
        self
    }

    /// `measure` or `measure/dimension`, for messages.
    pub fn name(&self) -> String {
        match &self.dimension {
            Some(dimension) => format!("{}/{dimension}", self.measure),
            None => self.measure.clone(),
        }
    }
}

impl BlockScope {
    /// Whether a table of this scope is published for the area.
    pub fn includes(self, area: &Area) -> bool {
        match self {
            Self::AllAreas => true,
            Self::NationalOnly => area.kind == NATIONAL,
        }
    }
}

impl Geography {
    /// Areas for which a table of this scope is published, in order.
    pub fn areas_in(&self, scope: BlockScope) -> impl Iterator<Item = &Area> {
        self.areas.iter().filter(move |area| scope.includes(area))
    }
}
