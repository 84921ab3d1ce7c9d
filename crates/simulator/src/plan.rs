//! How many adviezen and meldingen each region has on each day: a table of small integers, made top-down from the calibration.
//!
//! Half-year of the country → regions → months → days, each step exact (largest remainder). Days vary as Poisson counts would.

use crate::apportion::apportion;
use crate::calendar::{Calendar, DAYS, Day, HALF_YEARS, date, half_year_code, weekday};
use crate::calibration::{Calibration, Maat, REGIONS, Rhythm};
use crate::chance::{Purpose, hash};

/// Counts per region, measure and day.
#[derive(Debug)]
pub struct Plan {
    counts: [Vec<u16>; 2],
}

impl Plan {
    /// The plan of a seed. Only the spread over months and days depends on it; what was published does not.
    pub fn new(seed: u64, calibration: &Calibration, calendar: &Calendar) -> Self {
        let counts = Maat::ALL.map(|maat| {
            let planner = Planner {
                seed,
                maat,
                calibration,
                calendar,
                weights: day_weights(&calibration.rhythm, maat, calendar),
            };
            planner.counts()
        });
        Self { counts }
    }

    /// Registrations of a region on a day.
    pub fn on(&self, region: usize, maat: Maat, day: Day) -> usize {
        usize::from(self.counts[maat as usize][region * DAYS + day])
    }

    /// Registrations of a region on days.
    #[cfg(test)]
    pub fn in_days(&self, region: usize, maat: Maat, days: std::ops::Range<Day>) -> usize {
        days.map(|day| self.on(region, maat, day)).sum()
    }
}

struct Planner<'a> {
    seed: u64,
    maat: Maat,
    calibration: &'a Calibration,
    calendar: &'a Calendar,
    weights: Vec<u64>,
}

impl Planner<'_> {
    fn counts(&self) -> Vec<u16> {
        let mut counts = vec![0; REGIONS.len() * DAYS];
        for half in 0..HALF_YEARS {
            for (region, total) in self.regions(half).into_iter().enumerate() {
                for (month, total) in self.months(region, half, total) {
                    self.days(region, month, total, &mut counts[region * DAYS..(region + 1) * DAYS]);
                }
            }
        }
        counts
    }

    /// What each region has in a half-year: what is fixed, and the rest of the country by weight.
    fn regions(&self, half: usize) -> Vec<u64> {
        let fixed: Vec<Option<u64>> = (0..REGIONS.len()).map(|region| self.fixed(region, half)).collect();
        let weights = &self.calibration.weights[self.maat as usize][half % 2];
        let open: Vec<u64> =
            fixed.iter().zip(weights).map(|(fixed, weight)| if fixed.is_some() { 0 } else { *weight }).collect();
        let total = self.calibration.national[self.maat as usize][half];
        let rest = apportion(total - fixed.iter().flatten().sum::<u64>(), &open);
        fixed.into_iter().zip(rest).map(|(fixed, rest)| fixed.unwrap_or(rest)).collect()
    }

    /// The fixed count of a half-year, or the sum of its months when all six are fixed.
    fn fixed(&self, region: usize, half: usize) -> Option<u64> {
        let months = (half * 6..half * 6 + 6).map(|month| self.calibration.fixed_month(region, self.maat, month));
        self.calibration.fixed(region, self.maat, half).or_else(|| months.sum())
    }

    /// What a region has in each month of a half-year: what is fixed, and the rest by the days' weights and a few per cent of chance.
    fn months(&self, region: usize, half: usize, total: u64) -> Vec<(usize, u64)> {
        let months: Vec<usize> = (half * 6..half * 6 + 6).collect();
        let fixed: Vec<Option<u64>> =
            months.iter().map(|month| self.calibration.fixed_month(region, self.maat, *month)).collect();
        let open: Vec<u64> = months
            .iter()
            .zip(&fixed)
            .map(|(month, fixed)| if fixed.is_some() { 0 } else { self.month_weight(region, *month) })
            .collect();
        let known: u64 = fixed.iter().flatten().sum();
        assert!(known <= total, "fixed months of {} exceed {}", REGIONS[region], half_year_code(half));
        let rest = apportion(total - known, &open);
        months.into_iter().zip(fixed.into_iter().zip(rest).map(|(fixed, rest)| fixed.unwrap_or(rest))).collect()
    }

    fn month_weight(&self, region: usize, month: usize) -> u64 {
        let days: u64 = self.calendar.days_of(month).map(|day| self.weights[day]).sum();
        let chance = hash(self.seed, Purpose::Counts, self.maat as u64, region as u64, (1 << 32) | month as u64);
        days / 1000 * (960 + chance % 81)
    }

    fn days(&self, region: usize, month: usize, total: u64, counts: &mut [u16]) {
        let days = self.calendar.days_of(month);
        let sum: u64 = days.clone().map(|day| self.weights[day]).sum();
        let varied: Vec<u64> = days
            .clone()
            .map(|day| {
                let expected = total as f64 * self.weights[day] as f64 / sum as f64;
                let chance = hash(self.seed, Purpose::Counts, self.maat as u64, region as u64, day as u64);
                // Scaled so that the largest remainder has something to choose by; never all 0, for `expected` of a Monday is not.
                ((expected + expected.sqrt() * bell(chance)).max(0.02 * expected) * 65_536.0) as u64
            })
            .collect();
        for (day, count) in days.zip(apportion(total, &varied)) {
            // Unwrap safety: no region has more than a few hundred registrations on a day.
            counts[day] = u16::try_from(count).unwrap();
        }
    }
}

/// A number that is spread nearly as a normal one of mean 0 and variance 1; only exact operations, so that every machine agrees.
fn bell(bits: u64) -> f64 {
    let sum: u64 = (0..4).map(|i| (bits >> (16 * i)) & 0xFFFF).sum();
    (sum as f64 / 65_536.0 - 2.0) * 1.732_050_807_568_877_2
}

/// How days weigh against each other: day of the week, month, spells; public holidays as Sundays.
fn day_weights(rhythm: &Rhythm, maat: Maat, calendar: &Calendar) -> Vec<u64> {
    let m = maat as usize;
    let weight = |day: Day| {
        let date = date(day);
        let weekday = if weekday(day) < 5 && calendar.is_free(day) { 6 } else { weekday(day) };
        let month = chrono::Datelike::month0(&date) as usize;
        let spells = rhythm.spells.iter().filter(|(from, until, _)| *from <= date && date < *until);
        spells.fold(rhythm.weekdays[m][weekday] * rhythm.months[m][month] * 1000, |weight, (_, _, factors)| {
            weight * factors[m] / 1000
        })
    };
    (0..DAYS).map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{MONTHS, month_index};
    use crate::calibration::region_index;

    fn plan(seed: u64) -> (Plan, Calibration, Calendar) {
        let (calibration, calendar) = (Calibration::builtin(), Calendar::new());
        (Plan::new(seed, &calibration, &calendar), calibration, calendar)
    }

    fn half(calendar: &Calendar, half: usize) -> std::ops::Range<Day> {
        calendar.days_of(half * 6).start..calendar.days_of(half * 6 + 5).end
    }

    #[test]
    fn national_half_years_are_those_that_cbs_published() {
        let (plan, calibration, calendar) = plan(1);
        for maat in Maat::ALL {
            for h in 0..HALF_YEARS {
                let total: usize =
                    (0..REGIONS.len()).map(|region| plan.in_days(region, maat, half(&calendar, h))).sum();
                assert_eq!(total as u64, calibration.national[maat as usize][h], "{maat:?} {}", half_year_code(h));
            }
        }
    }

    #[test]
    fn vt07_has_exactly_the_years_and_the_half_year_that_it_reported() {
        let (plan, _, calendar) = plan(99);
        let year = |maat, year: usize| {
            plan.in_days(6, maat, half(&calendar, 2 * year).start..half(&calendar, 2 * year + 1).end)
        };
        assert_eq!([0, 1, 2].map(|y| year(Maat::Adviezen, y)), [1306, 1622, 1632]);
        assert_eq!([0, 1, 2].map(|y| year(Maat::Meldingen, y)), [1211, 1620, 1459]);
        let first_half_of_2019 = Maat::ALL.map(|maat| plan.in_days(6, maat, half(&calendar, 2)));
        assert_eq!(first_half_of_2019, [862, 816]);
    }

    #[test]
    fn vt06_has_the_adviezen_per_month_that_it_reported() {
        let (plan, _, calendar) = plan(5);
        let vt06 = region_index("VT06").unwrap();
        let month = |text: &str| {
            plan.in_days(vt06, Maat::Adviezen, calendar.days_of(month_index(text.parse().unwrap()).unwrap()))
        };
        let reported = [319, 357, 400, 374, 358, 378, 376, 335, 384, 384, 418, 354];
        for (i, count) in reported.into_iter().enumerate() {
            assert_eq!(month(&format!("2019-{:02}", i + 1)), count);
        }
        assert_eq!(["2020-01", "2020-02", "2020-03"].map(month), [422, 528, 602]);
        assert_eq!(month("2018-12"), 330);
    }

    #[test]
    fn other_regions_follow_their_calibrated_half_years_of_2020() {
        let (plan, calibration, calendar) = plan(1);
        for (region, vt) in REGIONS.iter().enumerate() {
            for maat in Maat::ALL {
                for h in [4, 5] {
                    let count = plan.in_days(region, maat, half(&calendar, h)) as f64;
                    let calibrated = calibration.weights[maat as usize][h % 2][region] as f64;
                    assert!((count / calibrated - 1.0).abs() < 0.01, "{vt} {maat:?} {h}: {count} against {calibrated}");
                }
            }
        }
    }

    #[test]
    fn weekends_are_quieter_and_spring_2020_dips() {
        let (plan, _, _) = plan(1);
        let on = |maat, day: Day| (0..REGIONS.len()).map(|region| plan.on(region, maat, day)).sum::<usize>();
        let at = |text: &str| crate::calendar::day(text.parse().unwrap()).unwrap();
        for maat in Maat::ALL {
            let (mut weekend, mut week) = (0, 0);
            for day in at("2019-01-01")..at("2020-01-01") {
                *(if weekday(day) >= 5 { &mut weekend } else { &mut week }) += on(maat, day);
            }
            assert!(weekend as f64 / 104.0 < 0.6 * week as f64 / 261.0, "{maat:?}");
        }
        let weeks = |from: &str| (0..28).map(|i| on(Maat::Adviezen, at(from) + i)).sum::<usize>();
        assert!(weeks("2020-03-16") < weeks("2020-02-17") && weeks("2020-03-16") < weeks("2020-05-04"));
    }

    #[test]
    fn days_vary_about_as_poisson_counts_do() {
        let (plan, _, _) = plan(1);
        let tuesdays: Vec<f64> =
            (0..DAYS).filter(|day| weekday(*day) == 1).map(|day| plan.on(17, Maat::Meldingen, day) as f64).collect();
        let mean = tuesdays.iter().sum::<f64>() / tuesdays.len() as f64;
        let variance = tuesdays.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / tuesdays.len() as f64;
        assert!((0.6..2.5).contains(&(variance / mean)), "mean {mean}, variance {variance}");
    }

    #[test]
    fn seeds_differ_in_days_not_in_half_years() {
        let (one, _, calendar) = plan(1);
        let (two, ..) = plan(2);
        assert_ne!(one.counts, two.counts);
        let again = plan(1).0;
        assert_eq!(one.counts, again.counts);
        let half_years = |plan: &Plan| {
            let counts = |h| {
                (0..REGIONS.len()).map(|r| plan.in_days(r, Maat::Meldingen, half(&calendar, h))).collect::<Vec<_>>()
            };
            (0..MONTHS / 6).map(counts).collect::<Vec<_>>()
        };
        assert_eq!(half_years(&one), half_years(&two));
    }
}
