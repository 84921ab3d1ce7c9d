//! The records of a delivery: what happened, drawn from the month's stream, seen through what the region knew when it delivered.

mod advies;
mod common;
mod dienst;
mod melding;
mod wave;

pub(crate) use melding::Casussen;

use vt_domain::Month;
use vt_domain::delivery::DeliveryHeader;
use vt_domain::register::Register;

use crate::calendar::{Calendar, Day, day, month_index};
use crate::calibration::{Calibration, Maat, REGIONS};
use crate::chance::{Purpose, hash};
use crate::config::SimulatorConfig;
use crate::ids::Ids;
use crate::places::Places;
use crate::plan::Plan;
use crate::records::Records;
use crate::schedule::{Planned, Schedule};
use crate::services::{Ground, Origin, Service, Services};
use crate::shares::Shares;
use crate::waves::Waves;

/// Makes the deliveries of all regions. Small tables only: every month is drawn when it is asked for.
#[derive(Debug)]
pub struct Generator {
    seed: u64,
    markers: bool,
    calendar: Calendar,
    plan: Plan,
    shares: Shares,
    services: Services,
    places: Places,
    schedule: Schedule,
    waves: Waves,
}

/// What a region knew when it made a delivery.
#[derive(Debug, Clone, Copy)]
struct Knowledge {
    /// Facts from this day on are unknown.
    as_of: Day,
    /// Days after this one are not delivered.
    through: Day,
    /// Whether nothing is still to be mended or registered late.
    settled: bool,
}

/// One region and month, with what its records are drawn from.
#[derive(Clone, Copy)]
pub(crate) struct Draft<'a> {
    generator: &'a Generator,
    region: usize,
    month: usize,
    ids: Ids,
    knowledge: Knowledge,
}

impl Generator {
    /// The generator of a configuration; faults have no part in it.
    pub fn new(config: &SimulatorConfig) -> Self {
        let (calibration, calendar, shares) = (Calibration::builtin(), Calendar::new(), Shares::builtin());
        let plan = Plan::new(config.seed, &calibration, &calendar);
        let services =
            Services::new(config.seed, &calibration, Ground { calendar: &calendar, plan: &plan, shares: &shares });
        let first = || crate::calendar::month(0);
        Self {
            seed: config.seed,
            markers: config.markers,
            calendar,
            plan,
            shares,
            services,
            places: Places::of(Register::builtin()),
            schedule: Schedule {
                seed: config.seed,
                tussentijds_from: config.tussentijds.then(|| config.tussentijds_from.unwrap_or_else(first)),
            },
            waves: Waves::new(config.seed, &config.corrections),
        }
    }

    /// The deliveries of a region's month by number, made and yet to be made; none for a month outside 2018–2021.
    pub fn deliveries(&self, region: usize, month: Month) -> Vec<Planned> {
        if region < REGIONS.len() && month_index(month).is_some() {
            self.waves.join(region, month, self.schedule.deliveries(region, month))
        } else {
            Vec::new()
        }
    }

    /// The records of a delivery. Always the same for the same delivery.
    pub fn records(&self, region: usize, planned: &Planned) -> Records {
        let Some(draft) = self.draft(region, planned) else { return Records::default() };
        let drawn = Records {
            adviezen: draft.adviezen(),
            meldingen: draft.meldingen(),
            vervolgdiensten: draft.vervolgdiensten(),
        };
        planned.waves.iter().fold(drawn, |records, wave| draft.corrected(*wave, records))
    }

    /// What a delivery's records are drawn from; nothing for a month that is not planned.
    pub(crate) fn draft(&self, region: usize, planned: &Planned) -> Option<Draft<'_>> {
        let DeliveryHeader { leveringsmaand, tot_en_met, .. } = planned.header;
        let knowledge = Knowledge { as_of: day(planned.made_on)?, through: day(tot_en_met)?, settled: planned.settled };
        let ids = Ids::new(self.seed, region, self.markers);
        Some(Draft { generator: self, region, month: month_index(leveringsmaand)?, ids, knowledge })
    }

    fn ground(&self) -> Ground<'_> {
        Ground { calendar: &self.calendar, plan: &self.plan, shares: &self.shares }
    }
}

impl Draft<'_> {
    /// The days of the month.
    pub(crate) fn days(&self) -> std::ops::Range<Day> {
        self.generator.calendar.days_of(self.month)
    }

    /// The service that came from a melding, when it began in the month; for files that are not made after the plan.
    pub(crate) fn service_begun(&self, origin: Origin) -> Option<Service> {
        let first = self.generator.services.first(self.region, origin, self.generator.ground());
        first.filter(|service| self.days().contains(&service.start))
    }

    /// Each registration of the month by day: number within the month, day.
    fn each(&self, maat: Maat) -> impl Iterator<Item = (usize, Day)> {
        let Generator { calendar, plan, .. } = self.generator;
        let region = self.region;
        let days = calendar.days_of(self.month);
        days.flat_map(move |day| std::iter::repeat_n(day, plan.on(region, maat, day))).enumerate()
    }

    fn known(&self, day: Day) -> bool {
        day < self.knowledge.as_of
    }

    /// Whether a characteristic of a record is not filled yet, and will be later.
    fn unfilled(&self, purpose: Purpose, index: usize, turn: u64) -> bool {
        let number = crate::ids::of_month(self.month, index);
        let bits =
            hash(self.generator.seed, Purpose::Knowledge, self.region as u64, number, ((purpose as u64) << 8) | turn);
        !self.knowledge.settled && crate::chance::says(bits, 40)
    }
}

#[cfg(test)]
mod tests;
