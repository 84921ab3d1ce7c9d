//! What an insider knows beyond the published files.

use crate::memory::MemoryRecord;

use super::model::{Model, translated};
use super::target::Place;
use super::witness::recorded;

/// Who attacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A reader of the published files: knows constraints, bounds, links, structural zeros and growth.
    Outsider,
    /// A region that knows its own counts: those of the atoms that lie in it. Its whole code, such as `VT07`.
    Region(String),
    /// Whoever knows one category in every atom: the police theirs of `organisatie`.
    Category {
        /// Code of the dimension.
        dimension: String,
        /// Code of the category.
        category: String,
    },
    /// Whoever knows by how much each published count changed between issues.
    Revisions,
}

/// Where a first point comes from.
#[derive(Clone, Copy)]
pub enum Seed<'r> {
    /// From the published values alone.
    Published,
    /// The witnesses of private records.
    Witness(&'r [&'r MemoryRecord]),
    /// The true counts of private records.
    Truth(&'r [&'r MemoryRecord]),
}

impl Profile {
    /// The police know every record that they handed over.
    pub fn police() -> Self {
        Self::Category { dimension: "organisatie".to_owned(), category: "politie".to_owned() }
    }

    /// Reads `outsider`, `region:VT07`, `police`, `revisions`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "outsider" => Some(Self::Outsider),
            "police" => Some(Self::police()),
            "revisions" => Some(Self::Revisions),
            other => other.strip_prefix("region:").filter(|code| is_region(code)).map(|code| Self::Region(code.into())),
        }
    }

    /// Its name, as it is read.
    pub fn name(&self) -> String {
        match self {
            Self::Outsider => "outsider".to_owned(),
            Self::Region(code) => format!("region:{code}"),
            Self::Category { .. } => "police".to_owned(),
            Self::Revisions => "revisions".to_owned(),
        }
    }
}

/// Whether this is the form of a region's code: `VT` and two digits.
fn is_region(code: &str) -> bool {
    code.strip_prefix("VT").is_some_and(|number| number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether an atom, such as `VT07-VR14`, lies in a region.
fn lies_in(atom: &str, region: &str) -> bool {
    atom.strip_prefix(region).is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
}

/// Adds what a profile knows of the truth to a model; the true counts are a point of what comes out. Nothing when the
/// records lack an issue.
pub(super) fn learn(
    model: &mut Model<'_>,
    profile: &Profile,
    records: &[&MemoryRecord],
    places: &[Place],
) -> Option<()> {
    let truth = recorded(model, records, |block| &block.truth)?;
    let group = model.system.group(format!("known to {}", profile.name()));
    let mut rows = Vec::new();
    match profile {
        Profile::Outsider => {}
        Profile::Region(region) => {
            for (index, issue) in model.family.issues.iter().enumerate() {
                let own = issue.geography.atoms.iter().enumerate().filter(|(_, code)| lies_in(code, region));
                for (atom, _) in own {
                    for table in model.tables(index) {
                        for category in 0..issue.tables[table].spec.categories.len() {
                            rows.extend(model.unknown(index, table, atom, category).map(|known| vec![(known, 1)]));
                        }
                    }
                }
            }
        }
        Profile::Category { dimension, category } => {
            for (index, issue) in model.family.issues.iter().enumerate() {
                let Some(table) = issue.table(model.measure, Some(dimension)) else { continue };
                let codes = &issue.tables[table].spec.categories;
                let Some(column) = codes.iter().position(|code| code.code == *category) else { continue };
                for atom in 0..issue.geography.atoms.len() {
                    rows.extend(model.unknown(index, table, atom, column).map(|known| vec![(known, 1)]));
                }
            }
        }
        Profile::Revisions => {
            let published = places.iter().filter(|place| place.since.is_some());
            rows.extend(published.map(|place| place.terms(model)).filter(|terms| !terms.is_empty()));
        }
    }
    for terms in rows {
        let value = terms.iter().map(|(unknown, by)| by * truth[unknown.0]).sum();
        model.system.row(group, &terms, Some(value), Some(value));
    }
    Some(())
}

/// Whether a profile knows a target beforehand: then it is none.
pub(super) fn knows(model: &Model<'_>, profile: &Profile, place: &Place) -> bool {
    let issue = &model.family.issues[place.issue];
    let spec = &issue.tables[place.table].spec;
    match profile {
        Profile::Outsider => false,
        Profile::Region(region) => {
            let atoms = translated(&issue.geography, &place.atoms, &issue.geography);
            atoms.iter().all(|&atom| lies_in(&issue.geography.atoms[atom], region))
        }
        Profile::Category { dimension, category } => {
            spec.dimension.as_ref() == Some(dimension) && spec.categories[place.category].code == *category
        }
        Profile::Revisions => place.since.is_some(),
    }
}
