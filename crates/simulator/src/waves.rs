//! Correction waves: which deliveries they add to the schedule, and which wave each delivery shows.

use chrono::{DateTime, Datelike, Utc};
use vt_domain::Month;
use vt_domain::delivery::DeliveryKind;

use crate::calibration::REGIONS;
use crate::chance::{Purpose, hash};
use crate::config::CorrectionWave;
use crate::schedule::{Planned, instant};

/// Ids leave room for the late registrations of so many waves ([`Waves::late_index`]).
const MOST: usize = 254;

/// Late registrations of one month that ids can tell apart within a wave.
const LATE_BITS: u32 = 16;

/// The waves of a configuration, numbered from 0 by day.
#[derive(Debug)]
pub struct Waves {
    seed: u64,
    waves: Vec<CorrectionWave>,
}

impl Waves {
    /// The waves in order of day.
    pub fn new(seed: u64, waves: &[CorrectionWave]) -> Self {
        let mut waves = waves.to_vec();
        waves.sort_by_key(|wave| wave.on);
        waves.truncate(MOST);
        Self { seed, waves }
    }

    /// A wave by number.
    pub fn get(&self, wave: usize) -> Option<&CorrectionWave> {
        self.waves.get(wave)
    }

    /// The number within its month of late registration `n` of a wave: above those of all registrations in time.
    pub fn late_index(wave: usize, n: usize) -> usize {
        ((wave + 1) << LATE_BITS) | (n & ((1 << LATE_BITS) - 1))
    }

    /// A month's deliveries with those of the waves between them, by instant and numbered anew. What was made before the first wave
    /// keeps its number and its bytes.
    pub fn join(&self, region: usize, month: Month, scheduled: Vec<Planned>) -> Vec<Planned> {
        let mut turns: Vec<Turn> = scheduled.into_iter().map(Turn::Scheduled).collect();
        let striking = (0..self.waves.len()).filter(|wave| self.strikes(*wave, region, month));
        turns.extend(striking.map(|wave| Turn::Wave(wave, self.instant(wave, region, month))));
        turns.sort_by_key(Turn::at);
        let (mut applied, mut whole, mut made) = (Vec::new(), None::<Planned>, Vec::new());
        for turn in turns {
            let mut planned = match turn {
                Turn::Scheduled(planned) => {
                    if planned.header.soort != DeliveryKind::Tussentijds {
                        whole = Some(planned.clone());
                    }
                    planned
                }
                Turn::Wave(wave, at) => {
                    // A month that was not delivered yet has nothing to correct.
                    let Some(mut planned) = whole.clone() else { continue };
                    applied.push(wave);
                    planned.header.soort = DeliveryKind::Correctie;
                    planned.header.aangemaakt_op = at;
                    planned
                }
            };
            planned.waves.clone_from(&applied);
            made.push(planned);
        }
        for (planned, nr) in made.iter_mut().zip(1..) {
            planned.header.levering_nr = nr;
        }
        made
    }

    /// Whether a region is among those that correct a month in a wave.
    fn strikes(&self, wave: usize, region: usize, month: Month) -> bool {
        let rank = |region: usize| self.bits(wave, region, month);
        let own = rank(region);
        (0..REGIONS.len()).filter(|other| rank(*other) < own).count() < self.waves[wave].regions
    }

    fn instant(&self, wave: usize, region: usize, month: Month) -> DateTime<Utc> {
        instant(self.waves[wave].on, self.bits(wave, region, month))
    }

    fn bits(&self, wave: usize, region: usize, month: Month) -> u64 {
        hash(self.seed, Purpose::Waves, wave as u64, month.first_day().num_days_from_ce() as u64, region as u64)
    }
}

/// Something that is delivered.
enum Turn {
    /// A delivery of the schedule.
    Scheduled(Planned),
    /// A wave's, at its instant.
    Wave(usize, DateTime<Utc>),
}

impl Turn {
    fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Scheduled(planned) => planned.header.aangemaakt_op,
            Self::Wave(_, at) => *at,
        }
    }
}
