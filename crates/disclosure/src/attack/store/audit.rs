//! The attack on one measure of a family.

use serde::Serialize;

use crate::memory::MemoryRecord;

use super::super::{Interval, Limits, Need, Outcome, Standing, Target, bounds, causes, prove};
use super::issue::Family;
use super::knowledge::{Profile, Seed, knows, learn};
use super::model::Model;
use super::point::Mover;
use super::stretch::{outer, reached};
use super::target::{Place, TargetName, Which, places};
use super::witness::{NoWitness, recorded, witness};
use super::{SMALL, WIDTH};

/// Unsafe targets of which the causes are sought; of the others only the interval is given.
const MOST_CAUSES: usize = 10;

/// What is asked of an attack.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Which targets.
    pub which: Which,
    /// For which of them the whole interval is wanted.
    pub exactly: Exactly,
    /// Limits of the engine.
    pub limits: Limits,
}

/// For which targets the whole interval is wanted, and not only a proof that it is wide enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactly {
    /// For those that are not proven.
    Unproven,
    /// For so many cells of the smallest published values as well.
    Smallest(usize),
    /// For all.
    All,
}

/// Outcome of the attack on one measure of a family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeasureAttack {
    /// The family: its longest period.
    pub family: String,
    /// Code of the `maat`.
    pub measure: String,
    /// Why no witness stands behind the published values: then the guarantee's proof does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_witness: Option<String>,
    /// Targets looked at.
    pub targets: usize,
    /// Of these, proven by points of the system to keep at least five values, never all within 1 to 4.
    pub proven: usize,
    /// Of these, proven by moves of the witness alone.
    pub by_moves: usize,
    /// Targets that do not.
    pub unsafe_targets: Vec<TargetAttack>,
    /// Targets that were not decided within the limits: never to be taken for safe.
    pub unchecked: Vec<TargetName>,
    /// The target with the narrowest interval shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub narrowest: Option<TargetAttack>,
    /// Whole intervals, of the targets for which they were wanted.
    pub intervals: Vec<TargetAttack>,
    /// Programs that the engine solved.
    pub solves: usize,
}

/// A target with the values that it can have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TargetAttack {
    /// Its codes.
    #[serde(flatten)]
    pub name: TargetName,
    /// The published value, of a cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<u32>,
    /// Least value; nothing when it is not bounded.
    pub lo: Option<i64>,
    /// Greatest value; nothing when it is not bounded.
    pub hi: Option<i64>,
    /// Whether this is the very interval; otherwise of an unsafe target one around it, of a proven one a part of it.
    pub exact: bool,
    /// Tables that make it so narrow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
}

/// What an insider finds, in figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InsiderFigures {
    /// The profile.
    pub profile: String,
    /// The family: its longest period.
    pub family: String,
    /// Code of the `maat`.
    pub measure: String,
    /// Cells that the insider does not know beforehand.
    pub targets: usize,
    /// Of these, shown to keep at least five values, never all within 1 to 4.
    pub wide: usize,
    /// Of these, narrower than that.
    pub narrow: usize,
    /// Of these, known exactly.
    pub exactly_known: usize,
    /// Not decided within the limits.
    pub unchecked: usize,
    /// The narrowest interval of those that are too narrow, as the insider can compute it. Of what is wide enough no interval is
    /// given: the points that show it are found from the true counts, and would tell them to whoever reads the figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub narrowest: Option<TargetAttack>,
}

impl MeasureAttack {
    /// Whether a witness stands behind the values and every target is proven.
    pub fn passed(&self) -> bool {
        self.no_witness.is_none() && self.unsafe_targets.is_empty() && self.unchecked.is_empty()
    }
}

impl TargetAttack {
    /// Number of values less one; nothing when it is not bounded.
    pub fn width(&self) -> Option<i64> {
        Some(self.hi?.saturating_sub(self.lo?))
    }
}

/// Attacks one measure of a family as an outsider. `stop` is asked again and again; once it says true, what is left stays
/// unchecked.
pub fn audit(family: &Family, measure: &str, seed: Seed<'_>, ask: &Ask, stop: &dyn Fn() -> bool) -> MeasureAttack {
    let model = Model::new(family, measure);
    let places = places(&model, ask.which);
    let mut outcome = MeasureAttack {
        family: family.name.clone(),
        measure: measure.to_owned(),
        no_witness: None,
        targets: places.len(),
        proven: 0,
        by_moves: 0,
        unsafe_targets: Vec::new(),
        unchecked: Vec::new(),
        narrowest: None,
        intervals: Vec::new(),
        solves: 0,
    };
    let standing = witness(&model, seed, &ask.limits, stop);
    let shown = match &standing {
        Ok(standing) => by_moves(&model, standing, &places, stop),
        Err(reason) => {
            outcome.no_witness = Some(NoWitness::to_string(reason));
            vec![None; places.len()]
        }
    };
    for (place, shown) in places.iter().zip(&shown) {
        if let Some((lo, hi)) = *shown {
            outcome.by_moves += 1;
            outcome.prove(&model, place, lo, hi);
        }
    }
    let seeds: Vec<Vec<i64>> = standing.iter().map(|standing| standing.point().to_vec()).collect();
    let left: Vec<&Place> =
        places.iter().zip(&shown).filter(|(_, shown)| shown.is_none()).map(|(place, _)| place).collect();
    outcome.decide(&model, &left, &seeds, ask, stop);
    outcome.find_intervals(&model, &places, standing.as_ref().ok(), ask, stop);
    outcome
}

impl MeasureAttack {
    fn prove(&mut self, model: &Model<'_>, place: &Place, lo: i64, hi: i64) {
        self.proven += 1;
        narrower(&mut self.narrowest, Some(lo), Some(hi), || TargetAttack::of(model, place, Some(lo), Some(hi), false));
    }

    /// Leaves to the engine what moves did not show.
    fn decide(&mut self, model: &Model<'_>, left: &[&Place], seeds: &[Vec<i64>], ask: &Ask, stop: &dyn Fn() -> bool) {
        if left.is_empty() {
            return;
        }
        let targets: Vec<Target> = left.iter().map(|place| place.target(model)).collect();
        let proof = match prove(&model.system, &targets, seeds, &ask.limits, stop) {
            Ok(proof) => proof,
            Err(reason) => {
                self.no_witness.get_or_insert_with(|| reason.to_string());
                self.unchecked = left.iter().map(|place| place.name(model)).collect();
                return;
            }
        };
        self.solves += proof.work.solves;
        for ((place, target), outcome) in left.iter().zip(&targets).zip(proof.outcomes) {
            match outcome {
                Outcome::Proven { lo, hi } => self.prove(model, place, lo, hi),
                Outcome::Unchecked => self.unchecked.push(place.name(model)),
                Outcome::Unsafe(Interval { lo, hi, exact, .. }) => {
                    let mut found = TargetAttack::of(model, place, lo, hi, exact);
                    if self.unsafe_targets.len() < MOST_CAUSES
                        && let Ok(groups) = causes(&model.system, target, &ask.limits, stop)
                    {
                        found.causes = groups.into_iter().map(|group| model.system.name(group).to_owned()).collect();
                    }
                    narrower(&mut self.narrowest, lo, hi, || found.clone());
                    self.unsafe_targets.push(found);
                }
            }
        }
    }

    /// Whole intervals. One that does not suffice is unsafe, whatever was shown before: it cannot be.
    fn find_intervals(
        &mut self,
        model: &Model<'_>,
        places: &[Place],
        standing: Option<&Standing<'_>>,
        ask: &Ask,
        stop: &dyn Fn() -> bool,
    ) {
        let wanted: Vec<&Place> = match ask.exactly {
            Exactly::Unproven => return,
            Exactly::All => places.iter().collect(),
            Exactly::Smallest(most) => {
                let mut cells: Vec<&Place> = places.iter().filter(|place| place.value.is_some()).collect();
                cells.sort_by_key(|place| place.value);
                cells.truncate(most);
                cells
            }
        };
        let mut found: Vec<Option<Interval>> = match standing {
            Some(standing) => {
                wanted.iter().map(|place| if stop() { None } else { by_stretch(model, standing, place) }).collect()
            }
            None => vec![None; wanted.len()],
        };
        let left: Vec<usize> = (0..wanted.len()).filter(|&index| found[index].is_none()).collect();
        let targets: Vec<Target> = left.iter().map(|&index| wanted[index].target(model)).collect();
        let seeds: Vec<Vec<i64>> = standing.iter().map(|standing| standing.point().to_vec()).collect();
        if !targets.is_empty()
            && let Ok(solved) = bounds(&model.system, &targets, &seeds, &ask.limits, stop)
        {
            self.solves += solved.work.solves;
            left.into_iter().zip(solved.intervals).for_each(|(index, interval)| found[index] = interval);
        }
        let exactly_all = ask.exactly == Exactly::All;
        if exactly_all && found.iter().all(Option::is_some) {
            self.narrowest = None;
        }
        for (place, interval) in wanted.iter().zip(found) {
            let Some(interval) = interval else { continue };
            let target = TargetAttack::of(model, place, interval.lo, interval.hi, interval.exact);
            let need = Need { width: WIDTH, k: SMALL };
            if !need.met(target.lo, target.hi) && self.unsafe_targets.iter().all(|known| known.name != target.name) {
                self.unsafe_targets.push(target.clone());
            }
            if exactly_all {
                narrower(&mut self.narrowest, target.lo, target.hi, || target.clone());
            }
            self.intervals.push(target);
        }
    }
}

/// What an insider finds of the cells that the profile does not know. The records must hold every issue of the family.
pub fn profile_figures(
    family: &Family,
    measure: &str,
    profile: &Profile,
    records: &[&MemoryRecord],
    ask: &Ask,
    stop: &dyn Fn() -> bool,
) -> Option<InsiderFigures> {
    let mut model = Model::new(family, measure);
    let places: Vec<Place> = places(&model, ask.which);
    learn(&mut model, profile, records, &places)?;
    let truth = recorded(&model, records, |block| &block.truth)?;
    let standing = model.system.standing(truth)?;
    let places: Vec<Place> = places.into_iter().filter(|place| !knows(&model, profile, place)).collect();
    let shown = by_moves(&model, &standing, &places, stop);
    let mut figures = InsiderFigures {
        profile: profile.name(),
        family: family.name.clone(),
        measure: measure.to_owned(),
        targets: places.len(),
        wide: shown.iter().flatten().count(),
        narrow: 0,
        exactly_known: 0,
        unchecked: 0,
        narrowest: None,
    };
    let left: Vec<&Place> =
        places.iter().zip(&shown).filter(|(_, shown)| shown.is_none()).map(|(place, _)| place).collect();
    let targets: Vec<Target> = left.iter().map(|place| place.target(&model)).collect();
    let proof = prove(&model.system, &targets, &[standing.point().to_vec()], &ask.limits, stop).ok()?;
    for (place, outcome) in left.iter().zip(proof.outcomes) {
        match outcome {
            Outcome::Proven { .. } => figures.wide += 1,
            Outcome::Unchecked => figures.unchecked += 1,
            Outcome::Unsafe(Interval { lo, hi, exact, .. }) => {
                let target = TargetAttack::of(&model, place, lo, hi, exact);
                figures.narrow += 1;
                figures.exactly_known += usize::from(target.width() == Some(0));
                if exact {
                    narrower(&mut figures.narrowest, lo, hi, || target);
                }
            }
        }
    }
    Some(figures)
}

/// For each target the values that moves of the witness show, where they suffice.
fn by_moves(
    model: &Model<'_>,
    standing: &Standing<'_>,
    places: &[Place],
    stop: &dyn Fn() -> bool,
) -> Vec<Option<(i64, i64)>> {
    let mut mover = Mover::new(model, standing);
    let need = Need { width: WIDTH, k: SMALL };
    let mut shown = Vec::with_capacity(places.len());
    for place in places {
        let reached = if stop() { None } else { Some(mover.reached(place)) };
        shown.push(reached.filter(|&(lo, hi)| need.met(Some(lo), Some(hi))));
    }
    shown
}

/// The interval of a target, when moves of the witness attain what its own published values allow.
fn by_stretch(model: &Model<'_>, standing: &Standing<'_>, place: &Place) -> Option<Interval> {
    let outer = outer(model, place)?;
    let reached = reached(model, standing, place, outer);
    (reached == outer).then_some(Interval { lo: Some(outer.0), hi: Some(outer.1), exact: true, reached: Some(reached) })
}

fn narrower(
    narrowest: &mut Option<TargetAttack>,
    lo: Option<i64>,
    hi: Option<i64>,
    target: impl FnOnce() -> TargetAttack,
) {
    let width = |lo: Option<i64>, hi: Option<i64>| lo.zip(hi).map_or(i64::MAX, |(lo, hi)| hi.saturating_sub(lo));
    if narrowest.as_ref().is_none_or(|known| width(lo, hi) < width(known.lo, known.hi)) {
        *narrowest = Some(target());
    }
}

impl TargetAttack {
    fn of(model: &Model<'_>, place: &Place, lo: Option<i64>, hi: Option<i64>, exact: bool) -> Self {
        Self { name: place.name(model), value: place.value, lo, hi, exact, causes: Vec::new() }
    }
}
