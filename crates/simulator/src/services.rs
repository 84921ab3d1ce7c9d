//! What follows a melding: the day of its besluit, and the services that come from it.
//!
//! All of it is a function of the melding's place in the plan, so that a month's services are found without drawing any melding.

use std::collections::BTreeMap;

use crate::calendar::{Calendar, Day, HALF_YEARS, half_year};
use crate::calibration::{Calibration, Maat, REGIONS};
use crate::chance::{Purpose, below, hash, says};
use crate::plan::Plan;
use crate::shares::Shares;

/// Months before a month in which onderzoek or voorwaarden en vervolg that begin or end in it can have come in as a melding.
const RECENT_MONTHS: usize = 8;

/// The same for the monitors that end in it.
const MONITOR_MONTHS: std::ops::RangeInclusive<usize> = 16..=27;

/// Kind of service; the word of the contract is its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Soort {
    /// Onderzoek.
    Onderzoek,
    /// Voorwaarden en vervolg.
    Voorwaarden,
    /// Monitor, a year and a half after closing (radarfunctie, from 1-1-2019).
    Monitor,
}

impl Soort {
    /// The code of list `dienst_soort`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Onderzoek => "onderzoek",
            Self::Voorwaarden => "voorwaarden_vervolg",
            Self::Monitor => "monitor",
        }
    }
}

/// A melding by its place: month, number within the month, day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Month in which it came in.
    pub month: usize,
    /// Its number within that month, by day.
    pub index: usize,
    /// Day on which it came in.
    pub day: Day,
}

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// The melding it came from.
    pub origin: Origin,
    /// Its kind.
    pub soort: Soort,
    /// First day.
    pub start: Day,
    /// Last day; known to all only later.
    pub eind: Day,
}

/// Decides besluiten and services of meldingen.
#[derive(Debug)]
pub struct Services {
    seed: u64,
    monitor_from: Day,
    /// Per region: a melding gets a service when its rank, a hash, is below this. In turn onderzoek, voorwaarden.
    limits: [Vec<u64>; 2],
    /// The same for a region and the half-year of `eind`, where a count is fixed.
    fixed: BTreeMap<(usize, Soort, usize), u64>,
}

/// What services are decided by.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// Days and working days.
    pub calendar: &'a Calendar,
    /// How many meldingen there are on a day.
    pub plan: &'a Plan,
    /// Shares.
    pub shares: &'a Shares,
}

impl Services {
    /// The services of a seed; where a count of completed services is fixed, exactly so many end.
    pub fn new(seed: u64, calibration: &Calibration, ground: Ground<'_>) -> Self {
        // Assumption: per mille of meldingen that lead to onderzoek (15–50) and to voorwaarden en vervolg (240–340), by region.
        let limit = |purpose, low: u64, spread: u64| {
            let limits = (0..REGIONS.len())
                .map(|region| (low + hash(seed, purpose, region as u64, u64::MAX, 0) % spread) * (u64::MAX / 1000));
            limits.collect()
        };
        // Unwrap safety: 1-1-2019 is a day after 1-1-2018.
        let monitor_from = crate::calendar::day(chrono::NaiveDate::from_ymd_opt(2019, 1, 1).unwrap()).unwrap();
        let limits = [limit(Purpose::Onderzoek, 15, 36), limit(Purpose::Voorwaarden, 240, 101)];
        let mut services = Self { seed, monitor_from, limits, fixed: BTreeMap::new() };
        for soort in [Soort::Onderzoek, Soort::Voorwaarden] {
            for (region, half, count) in calibration.fixed_services(soort.code()) {
                let limit = services.limit_for(region, soort, half, count, ground);
                services.fixed.insert((region, soort, half), limit);
            }
        }
        services
    }

    /// The limit under which exactly `count` services of a kind end in a half-year: one above the rank of the last of them.
    fn limit_for(&self, region: usize, soort: Soort, half: usize, count: usize, ground: Ground<'_>) -> u64 {
        let last = half * 6 + 5;
        let mut ranks = Vec::new();
        for month in last.saturating_sub(6 + RECENT_MONTHS)..=last {
            for origin in origins(region, month, ground) {
                let ends_here = half_year(self.potential(region, origin, soort, ground).1) == half;
                let free = soort == Soort::Onderzoek || !self.has(region, origin, Soort::Onderzoek, ground);
                if ends_here && free {
                    ranks.push(self.rank(region, origin, soort));
                }
            }
        }
        ranks.sort_unstable();
        assert!(count <= ranks.len(), "too few meldingen in {} for {count} services", REGIONS[region]);
        if count == 0 { 0 } else { ranks[count - 1] + 1 }
    }

    fn hash(&self, purpose: Purpose, region: usize, origin: Origin, turn: u64) -> u64 {
        hash(self.seed, purpose, region as u64, crate::ids::of_month(origin.month, origin.index), turn)
    }

    fn rank(&self, region: usize, origin: Origin, soort: Soort) -> u64 {
        self.hash(purpose(soort), region, origin, 0)
    }

    /// The day of the besluit on a melding.
    pub fn besluit(&self, region: usize, origin: Origin, ground: Ground<'_>) -> Day {
        let days = ground.shares.besluit_days.pick(self.hash(Purpose::Besluit, region, origin, 0) as u32);
        ground.calendar.working_day_after(origin.day, days)
    }

    /// When a service of a kind would begin and end, if there were one.
    fn potential(&self, region: usize, origin: Origin, soort: Soort, ground: Ground<'_>) -> (Day, Day) {
        let bits = self.hash(purpose(soort), region, origin, 1);
        let start = self.besluit(region, origin, ground) + below(bits as u32, 11) as usize;
        // Assumption: an onderzoek takes 6 to 14 weeks, voorwaarden en vervolg 2 to 20.
        let (low, spread) = if soort == Soort::Onderzoek { (42, 57) } else { (14, 127) };
        (start, start + low + below((bits >> 32) as u32, spread) as usize)
    }

    fn has(&self, region: usize, origin: Origin, soort: Soort, ground: Ground<'_>) -> bool {
        let rank = self.rank(region, origin, soort);
        let usual = self.limits[usize::from(soort != Soort::Onderzoek)][region];
        if !self.fixed.keys().any(|(fixed, ..)| *fixed == region) {
            return rank < usual;
        }
        let half = half_year(self.potential(region, origin, soort, ground).1).min(HALF_YEARS);
        rank < self.fixed.get(&(region, soort, half)).copied().unwrap_or(usual)
    }

    /// The first service of a melding: onderzoek, voorwaarden en vervolg, or none.
    pub fn first(&self, region: usize, origin: Origin, ground: Ground<'_>) -> Option<Service> {
        let soort = [Soort::Onderzoek, Soort::Voorwaarden]
            .into_iter()
            .find(|soort| self.has(region, origin, *soort, ground))?;
        let (start, eind) = self.potential(region, origin, soort, ground);
        Some(Service { origin, soort, start, eind })
    }

    /// The monitor that begins when a service is closed; in about six of ten cases, and from 2019 on.
    fn monitor(&self, region: usize, closed: Service) -> Option<Service> {
        let bits = self.hash(Purpose::Monitor, region, closed.origin, 0);
        // A year and a half, give or take a month.
        let eind = closed.eind + 518 + below((bits >> 32) as u32, 61) as usize;
        let follows = closed.eind >= self.monitor_from && says(bits, 600);
        follows.then_some(Service { soort: Soort::Monitor, start: closed.eind, eind, ..closed })
    }

    /// The services that begin or end in a month, in a fixed order.
    pub fn of_month(&self, region: usize, month: usize, ground: Ground<'_>) -> Vec<Service> {
        let days = ground.calendar.days_of(month);
        let here = |service: &Service| days.contains(&service.start) || days.contains(&service.eind);
        let mut services = Vec::new();
        for back in (0..=RECENT_MONTHS).chain(MONITOR_MONTHS) {
            let Some(month) = month.checked_sub(back) else { break };
            for origin in origins(region, month, ground) {
                if let Some(first) = self.first(region, origin, ground) {
                    services.extend([Some(first), self.monitor(region, first)].into_iter().flatten().filter(here));
                }
            }
        }
        services
    }

    /// What is drawn once for a service: 64 bits, in several turns.
    pub fn bits(&self, region: usize, service: Service, purpose: Purpose) -> u64 {
        self.hash(purpose, region, service.origin, 0x10 + service.soort as u64)
    }
}

/// The meldingen of a month by their place, without drawing them.
pub fn origins(region: usize, month: usize, ground: Ground<'_>) -> impl Iterator<Item = Origin> {
    let days = ground.calendar.days_of(month);
    let each = days.flat_map(move |day| std::iter::repeat_n(day, ground.plan.on(region, Maat::Meldingen, day)));
    each.enumerate().map(move |(index, day)| Origin { month, index, day })
}

fn purpose(soort: Soort) -> Purpose {
    match soort {
        Soort::Onderzoek => Purpose::Onderzoek,
        Soort::Voorwaarden => Purpose::Voorwaarden,
        Soort::Monitor => Purpose::Monitor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::month_index;

    struct World {
        calendar: Calendar,
        plan: Plan,
        shares: Shares,
        services: Services,
    }

    fn world(seed: u64) -> World {
        let (calibration, calendar, shares) = (Calibration::builtin(), Calendar::new(), Shares::builtin());
        let plan = Plan::new(seed, &calibration, &calendar);
        let services = Services::new(seed, &calibration, Ground { calendar: &calendar, plan: &plan, shares: &shares });
        World { calendar, plan, shares, services }
    }

    impl World {
        fn ground(&self) -> Ground<'_> {
            Ground { calendar: &self.calendar, plan: &self.plan, shares: &self.shares }
        }

        fn ended(&self, region: usize, month: &str, soort: Soort) -> usize {
            let month = month_index(month.parse().unwrap()).unwrap();
            let days = self.calendar.days_of(month);
            let services = self.services.of_month(region, month, self.ground());
            services.iter().filter(|service| service.soort == soort && days.contains(&service.eind)).count()
        }
    }

    const FIRST_HALF_OF_2019: [&str; 6] = ["2019-01", "2019-02", "2019-03", "2019-04", "2019-05", "2019-06"];

    #[test]
    fn vt07_completed_5_onderzoeken_and_256_voorwaarden_en_vervolg_in_the_first_half_of_2019() {
        for seed in [1, 2, 77] {
            let world = world(seed);
            let ended = |soort| FIRST_HALF_OF_2019.iter().map(|month| world.ended(6, month, soort)).sum::<usize>();
            assert_eq!((ended(Soort::Onderzoek), ended(Soort::Voorwaarden)), (5, 256), "seed {seed}");
        }
    }

    #[test]
    fn no_service_is_missed_by_the_months_that_are_looked_at() {
        let world = world(1);
        let ground = world.ground();
        for (region, month) in [(6, 36), (17, 40)] {
            let days = ground.calendar.days_of(month);
            let mut all = 0;
            for origin in (0..=month).flat_map(|month| origins(region, month, ground)) {
                let first = world.services.first(region, origin, ground);
                let both = [first, first.and_then(|first| world.services.monitor(region, first))];
                all += both.iter().flatten().filter(|s| days.contains(&s.start) || days.contains(&s.eind)).count();
            }
            assert_eq!(world.services.of_month(region, month, ground).len(), all);
        }
    }

    #[test]
    fn services_begin_after_the_besluit_and_end_after_they_begin() {
        let world = world(3);
        for service in world.services.of_month(9, 30, world.ground()) {
            let besluit = world.services.besluit(9, service.origin, world.ground());
            assert!(service.origin.day <= besluit && besluit <= service.start && service.start < service.eind);
        }
    }

    #[test]
    fn monitors_end_from_the_summer_of_2020_on() {
        let world = world(1);
        assert_eq!(world.ended(19, "2020-01", Soort::Monitor), 0);
        assert!(world.ended(19, "2020-12", Soort::Monitor) > 20);
    }
}
