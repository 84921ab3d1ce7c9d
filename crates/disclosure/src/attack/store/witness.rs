//! A first point: a witness behind the published values.

use thiserror::Error;

use crate::memory::MemoryRecord;

use super::super::{AttackError, Limits, Standing, prove};
use super::knowledge::Seed;
use super::model::{Model, label, translated};

/// Why no witness stands behind published values.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoWitness {
    /// Values of these tables are no multiples of the base.
    #[error("values are no multiples of the base in {}", tables.join(", "))]
    NotMultiples {
        /// Names of tables.
        tables: Vec<String>,
    },
    /// No multiples of the base add up to all of the published values.
    #[error("the published values do not add up; these contradict each other: {}", groups.join(", "))]
    Contradiction {
        /// Names of tables and ties.
        groups: Vec<String>,
    },
    /// What is found does not meet every row of the system.
    #[error("the witness does not meet all that a reader knows")]
    NotAdmitted,
    /// A limit ended the search.
    #[error("a limit ended the search for a witness")]
    Unchecked,
}

/// A point of the system with, but for the truth, every error 0.
pub(super) fn witness<'m>(
    model: &'m Model<'_>,
    seed: Seed<'_>,
    limits: &Limits,
    stop: &dyn Fn() -> bool,
) -> Result<Standing<'m>, NoWitness> {
    let point = match seed {
        Seed::Published => reconstructed(model, limits, stop)?,
        Seed::Witness(records) => recorded(model, records, |block| &block.witness).ok_or(NoWitness::NotAdmitted)?,
        Seed::Truth(records) => recorded(model, records, |block| &block.truth).ok_or(NoWitness::NotAdmitted)?,
    };
    model.system.standing(point).ok_or(NoWitness::NotAdmitted)
}

/// Solves the system in units of the base, with every published value met exactly.
fn reconstructed(model: &Model<'_>, limits: &Limits, stop: &dyn Fn() -> bool) -> Result<Vec<i64>, NoWitness> {
    let pinned = Model::pinned(model.family, model.measure);
    if !pinned.broken.is_empty() {
        return Err(NoWitness::NotMultiples { tables: pinned.broken });
    }
    let base = model.family.issues.first().map_or(1, |issue| i64::from(issue.base));
    if model.family.issues.iter().any(|issue| i64::from(issue.base) != base) {
        let groups = model.family.issues.iter().map(label).collect();
        return Err(NoWitness::Contradiction { groups });
    }
    match prove(&pinned.system, &[], &[], limits, stop) {
        Ok(proof) => {
            let units = proof.point.ok_or(NoWitness::Unchecked)?;
            Ok(units.into_iter().map(|units| units * base).collect())
        }
        Err(AttackError::Infeasible { groups }) => Err(NoWitness::Contradiction { groups }),
        Err(AttackError::TooLarge { .. }) => Err(NoWitness::Unchecked),
    }
}

/// The point that private records hold. Nothing when a record is missing, or two disagree on one unknown.
pub(super) fn recorded(
    model: &Model<'_>,
    records: &[&MemoryRecord],
    rows: impl Fn(&crate::memory::BlockRecord) -> &Vec<Vec<u32>>,
) -> Option<Vec<i64>> {
    let mut point: Vec<Option<i64>> = vec![None; model.system.unknowns().count()];
    for (index, issue) in model.family.issues.iter().enumerate().filter(|(_, issue)| issue.parts.is_empty()) {
        let record = records.iter().find(|record| record.name() == issue.name)?;
        for table in model.tables(index) {
            let spec = &issue.tables[table].spec;
            let is_it = |block: &&crate::memory::BlockRecord| {
                (&block.spec.measure, &block.spec.dimension) == (&spec.measure, &spec.dimension)
            };
            let block = record.blocks.iter().find(is_it)?;
            for atom in 0..issue.geography.atoms.len() {
                let place = *translated(&issue.geography, &[atom], &record.geography).first()?;
                for (category, code) in spec.categories.iter().enumerate() {
                    let column = block.spec.categories.iter().position(|other| other.code == code.code)?;
                    let value = i64::from(*rows(block).get(place)?.get(column)?);
                    let known = &mut point[model.unknown(index, table, atom, category)?.0];
                    if known.is_some_and(|known| known != value) {
                        return None;
                    }
                    *known = Some(value);
                }
            }
        }
    }
    point.into_iter().collect()
}
