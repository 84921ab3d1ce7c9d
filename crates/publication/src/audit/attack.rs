//! The outsider's attack on all that is published.

use serde::Serialize;
use vt_disclosure::attack::Limits;
use vt_disclosure::attack::store::{Ask, Exactly, LongerAttack, MeasureAttack, Seed, Store, Which, audit};

use super::read::{AuditError, Published};
use super::scope::Scope;

/// Cells of the smallest values whose whole interval is always found.
const SMALLEST_CELLS: usize = 20;

/// Programs solved per measure of a family. As a rule moves prove everything, and programs only find whole intervals.
const MOST_SOLVES: usize = 1_000;

/// How thorough the attack is. Every target is proven, or found unsafe, either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Whole intervals of the smallest cells only.
    Proof,
    /// Whole intervals of every cell and difference, as far as moves and so many programs find them.
    Full,
}

/// What the attack found of all families.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FamilyReport {
    /// Per family and measure.
    pub measures: Vec<MeasureAttack>,
    /// ISO years: whether they are the sums of their parts.
    pub longer: Vec<LongerAttack>,
}

impl FamilyReport {
    /// Whether every target is proven, and every year the sum of its parts.
    pub fn passed(&self) -> bool {
        self.measures.iter().all(MeasureAttack::passed) && self.longer.iter().all(|year| year.findings.is_empty())
    }

    /// Targets looked at, and those proven.
    pub fn targets(&self) -> (usize, usize) {
        let sum = |of: fn(&MeasureAttack) -> usize| self.measures.iter().map(of).sum();
        (sum(|attack| attack.targets), sum(|attack| attack.proven))
    }
}

/// Attacks everything published, or what is in scope. `said` hears of each family, measure and what came of it; `stop` ends it, and then what is
/// left is unchecked.
///
/// # Errors
/// [`AuditError::Unfit`] when issues do not fit together.
pub fn attack(
    published: &Published,
    depth: Depth,
    only: Option<&Scope>,
    said: &mut dyn FnMut(&MeasureAttack),
    stop: &dyn Fn() -> bool,
) -> Result<FamilyReport, AuditError> {
    let store = Store::new(published.issues.clone())?;
    let exactly = if depth == Depth::Full { Exactly::All } else { Exactly::Smallest(SMALLEST_CELLS) };
    let ask = Ask { which: Which::All, exactly, limits: Limits { solves: MOST_SOLVES, ..Limits::default() } };
    let mut report = FamilyReport::default();
    let wanted = store.families().iter().filter(|family| only.is_none_or(|only| only.has_family(family)));
    for family in wanted {
        for measure in family.measures() {
            let outcome = audit(family, measure, Seed::Published, &ask, stop);
            said(&outcome);
            report.measures.push(outcome);
        }
    }
    let years = store.longer().iter().filter(|year| only.is_none_or(|only| only.has(&year.issue().name)));
    report.longer = years.map(|year| year.attack(&store)).collect();
    Ok(report)
}
