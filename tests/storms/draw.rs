//! What befalls a schedule, drawn from its seed.

use std::time::Duration;

use chrono::TimeDelta;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use vt_servers::Weather;
use vt_servers::faulty::Fault;

use crate::world::{REGIONS, Start, World};

/// Late answers and effects come no later.
pub const LATEST: Duration = Duration::from_millis(120);

/// A schedule: where it begins, and what befalls its rounds, one after another. Then all is calm.
#[derive(Debug)]
pub struct Schedule {
    pub start: Start,
    pub storms: Vec<Storm>,
    /// Whether a process of its own reads along too.
    pub read_along: bool,
}

/// What befalls one round.
#[derive(Debug, Default)]
pub struct Storm {
    pub published: Vec<Blow>,
    pub private: Vec<Blow>,
    pub region: Option<(&'static str, Weather, Option<u64>)>,
    pub ledger: Option<LedgerBlow>,
    pub clock: Option<Jump>,
    pub end: Option<End>,
    pub company: Option<Company>,
}

/// What befalls a store.
#[derive(Debug, Clone)]
pub enum Blow {
    /// One operation fails.
    At(usize, Fault),
    /// So many of a thousand operations fail in any way, by a seed.
    Rain(u64, u16),
}

/// Which store an event is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Published,
    Private,
}

/// What befalls the ledger, at an operation on the private store.
#[derive(Debug, Clone, Copy)]
pub enum LedgerBlow {
    /// Another process writes, for so long.
    Busy(usize, Duration),
    /// Its file is gone: a new one is begun by the next instance.
    Lost(usize),
}

/// The clock is set, at an operation on the private store.
#[derive(Debug, Clone, Copy)]
pub struct Jump {
    pub at: usize,
    pub by: TimeDelta,
}

/// How the round ends before its time.
#[derive(Debug, Clone, Copy)]
pub struct End {
    pub by: Counted,
    pub at: usize,
    pub how: How,
}

/// The end of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It is told to stop.
    Stopped,
    /// It is no more.
    Killed,
}

/// Who else is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// The same instance wakes twice at once.
    DoubleTick,
    /// Another instance, on the same ledger.
    SameLedger,
    /// Another instance that knows nothing of this one's ledger: only the stores keep them apart.
    OtherLedger,
}

/// All faults of a store but that which never answers: it ends an instance.
fn faults() -> [Fault; 6] {
    let late = LATEST / 4;
    [Fault::Before, Fault::After, Fault::Twice, Fault::Late(late), Fault::Delayed(late), Fault::Busy]
}

/// What rain is made of.
pub fn rain() -> Vec<Fault> {
    faults().into()
}

impl Schedule {
    /// Draws a schedule.
    pub fn draw(seed: u64, world: &World) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let start = Start::ALL[dice.random_range(0..Start::ALL.len())];
        let operations = world.calm(start).operations;
        let storms = (0..dice.random_range(1..=3)).map(|_| Storm::draw(&mut dice, operations)).collect();
        Self { start, storms, read_along: seed.is_multiple_of(8) }
    }

    /// Whether the clock was set.
    pub fn jumps(&self) -> bool {
        self.storms.iter().any(|storm| storm.clock.is_some())
    }

    /// Whether there can only be the issues of the undisturbed play: all that is published follows from what is pulled already, on the
    /// same day.
    pub fn keeps_issues(&self) -> bool {
        self.start.is_pulled() && !self.jumps()
    }

    /// Whether a write may come in when its writer is no longer there, or two instances write.
    pub fn has_rivals(&self) -> bool {
        let late =
            |blow: &Blow| !matches!(blow, Blow::At(_, Fault::Before | Fault::After | Fault::Busy | Fault::Late(_)));
        let rivals = |storm: &Storm| {
            storm.company.is_some()
                || storm.published.iter().any(late)
                || storm.end.is_some_and(|end| end.how == How::Killed)
        };
        self.storms.iter().any(rivals)
    }
}

impl Storm {
    fn draw(dice: &mut StdRng, [published, private]: [usize; 2]) -> Self {
        let mut storm = Self::default();
        for _ in 0..dice.random_range(1..=3) {
            match dice.random_range(0..9) {
                0 | 1 => storm.published.push(Blow::draw(dice, published)),
                2 | 3 => storm.private.push(Blow::draw(dice, private)),
                4 => storm.region = Some(region(dice)),
                5 => storm.ledger = Some(LedgerBlow::draw(dice, private)),
                6 => storm.clock = Some(Jump::draw(dice, private)),
                7 => storm.end = Some(End::draw(dice, published, private)),
                _ => storm.company = Some(Company::draw(dice)),
            }
        }
        storm
    }
}

impl Blow {
    fn draw(dice: &mut StdRng, operations: usize) -> Self {
        if dice.random_bool(0.3) {
            return Self::Rain(dice.random(), dice.random_range(3..40));
        }
        let faults = faults();
        Self::At(dice.random_range(0..operations.max(1)), faults[dice.random_range(0..faults.len())])
    }
}

fn region(dice: &mut StdRng) -> (&'static str, Weather, Option<u64>) {
    let vt = REGIONS[dice.random_range(0..REGIONS.len())];
    let millis = |dice: &mut StdRng, most| Duration::from_millis(dice.random_range(1..most));
    let (weather, cut) = match dice.random_range(0..5) {
        0 => (Weather::Refuse, None),
        1 => (Weather::Delay(millis(dice, 40)), None),
        2 => (Weather::Drip(millis(dice, 3)), None),
        3 => (Weather::BlackHole, None),
        _ => (Weather::Forward, Some(dice.random_range(1..30_000))),
    };
    (vt, weather, cut)
}

impl LedgerBlow {
    fn draw(dice: &mut StdRng, operations: usize) -> Self {
        let at = dice.random_range(0..operations.max(1));
        match dice.random_bool(0.5) {
            true => Self::Busy(at, Duration::from_millis(dice.random_range(20..400))),
            false => Self::Lost(at),
        }
    }
}

impl Jump {
    /// Within the days in which nothing else becomes due, and no delivery is from days to come.
    fn draw(dice: &mut StdRng, operations: usize) -> Self {
        let minutes = match dice.random_bool(0.5) {
            true => dice.random_range(-300..300),
            false => dice.random_range(-24 * 60..2 * 24 * 60),
        };
        Self { at: dice.random_range(0..operations.max(1)), by: TimeDelta::minutes(minutes) }
    }
}

impl End {
    fn draw(dice: &mut StdRng, published: usize, private: usize) -> Self {
        let (by, operations) = match dice.random_bool(0.5) {
            true => (Counted::Published, published),
            false => (Counted::Private, private),
        };
        let how = if dice.random_bool(0.7) { How::Killed } else { How::Stopped };
        Self { by, at: dice.random_range(0..operations.max(1)), how }
    }
}

impl Company {
    fn draw(dice: &mut StdRng) -> Self {
        [Self::DoubleTick, Self::SameLedger, Self::OtherLedger][dice.random_range(0..3)]
    }
}
