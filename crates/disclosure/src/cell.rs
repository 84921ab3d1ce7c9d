//! The cells of one period before protection: areas, tables and true counts.
//!
//! [`CellTable`] is one side of the wall between counts and publication: its fields are private, it cannot be
//! serialised and its `Debug` prints no counts. The only way on is [`crate::protect`].

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::TableError;
use crate::links::{self, Link};

/// Kind of the national area; tables of scope [`BlockScope::NationalOnly`] are published for areas of this kind.
pub const NATIONAL: &str = "NL";

/// Room that a national count leaves below `u32::MAX`, so that a published value always fits.
const HEADROOM: u64 = 1_000;

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
    /// The area is left out of this issue's files (incomplete, or `regio_onbekend`), yet bounded like the others.
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

/// A table with its true counts.
pub(crate) struct Block {
    pub(crate) spec: BlockSpec,
    /// True counts, `[atom][category]`.
    pub(crate) counts: Vec<Vec<u32>>,
}

/// The true counts of one period. Private: no `Serialize`, no counts in `Debug`, no reading from outside this crate.
///
/// ```compile_fail
/// fn is_serialisable<T: serde::Serialize>() {}
/// is_serialisable::<vt_disclosure::CellTable>();
/// ```
pub struct CellTable {
    pub(crate) period: String,
    pub(crate) geography: Geography,
    pub(crate) blocks: Vec<Block>,
    pub(crate) links: Vec<Link>,
}

impl fmt::Debug for CellTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CellTable").field("period", &self.period).finish_non_exhaustive()
    }
}

impl CellTable {
    /// Checks the tables of one period. `blocks` are tables with their counts `[atom][category]`: single-valued ones
    /// add up to the total of their measure in every atom, multi-valued ones are realisable by records, structural
    /// zeros are 0, and the links of the contract ([`links::contract`]) hold.
    pub fn new(
        period: impl Into<String>,
        geography: Geography,
        blocks: Vec<(BlockSpec, Vec<Vec<u32>>)>,
    ) -> Result<Self, TableError> {
        Self::with_links(period, geography, blocks, links::contract().to_vec())
    }

    /// As [`CellTable::new`], with a list of links of its own in place of the contract's.
    pub fn with_links(
        period: impl Into<String>,
        geography: Geography,
        blocks: Vec<(BlockSpec, Vec<Vec<u32>>)>,
        links: Vec<Link>,
    ) -> Result<Self, TableError> {
        let blocks = blocks.into_iter().map(|(spec, counts)| Block { spec, counts }).collect();
        let table = Self { period: period.into(), geography, blocks, links };
        Ok(table)
    }

    /// The period that the counts are of.
    pub fn period(&self) -> &str {
        &self.period
    }
}
