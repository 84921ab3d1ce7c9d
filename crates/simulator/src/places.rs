//! Where registrations come from: gemeenten of a region by inhabitants, now and then one of another region or one that was dissolved.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;
use vt_domain::register::{AreaRef, GemeenteMatch, Register};

use crate::calendar::Day;
use crate::calibration::REGIONS;
use crate::chance::{Lottery, below, happens};

/// Per mille of records whose gemeente lies in another region (assumption).
const ELSEWHERE_PER_MILLE: u32 = 5;

/// Per mille of records that still have the code of a dissolved gemeente, in the half-year after it was dissolved (assumption).
const DISSOLVED_PER_MILLE: u32 = 60;

/// Gemeenten by region for one division of the country.
#[derive(Debug)]
struct Division {
    regions: Vec<Lottery<&'static str>>,
    /// Codes that a gemeente took over wholly, on the first day of this division.
    dissolved: BTreeMap<&'static str, Vec<&'static str>>,
}

/// The divisions of 2018–2020 and of 2021.
#[derive(Debug)]
pub struct Places {
    until_2020: Division,
    from_2021: Division,
    first_day_of_2021: Day,
    last_day_of_old_codes: Day,
}

impl Places {
    /// The gemeenten of the register.
    pub fn of(register: &'static Register) -> Self {
        let day = |year, month| {
            // Unwrap safety: these days exist and lie after 2018.
            let date = NaiveDate::from_ymd_opt(year, month, 1).unwrap();
            (date, crate::calendar::day(date).unwrap())
        };
        let ((in_2020, _), (in_2021, first_day_of_2021)) = (day(2020, 1), day(2021, 1));
        Self {
            until_2020: Division::on(register, in_2020, None),
            from_2021: Division::on(register, in_2021, Some(in_2020)),
            first_day_of_2021,
            last_day_of_old_codes: day(2021, 7).1,
        }
    }

    /// A gemeente for a record of a region on a day.
    pub fn draw(&self, rng: &mut ChaCha8Rng, region: usize, day: Day) -> &'static str {
        let division = if day < self.first_day_of_2021 { &self.until_2020 } else { &self.from_2021 };
        if happens(rng, ELSEWHERE_PER_MILLE) {
            let other = (region + 1 + below(rng.next_u32(), REGIONS.len() as u32 - 1) as usize) % REGIONS.len();
            return division.regions[other].draw(rng);
        }
        let gemeente = division.regions[region].draw(rng);
        match division.dissolved.get(gemeente) {
            Some(old) if day < self.last_day_of_old_codes && happens(rng, DISSOLVED_PER_MILLE) => {
                old[below(rng.next_u32(), old.len() as u32) as usize]
            }
            _ => gemeente,
        }
    }
}

impl Division {
    fn on(register: &'static Register, date: NaiveDate, before: Option<NaiveDate>) -> Self {
        let population =
            |code| register.population_on(AreaRef::Gm(code), date).map_or(1, |population| population.value as u32);
        let region = |vt: &&str| {
            let inside = register.gemeenten(date).filter(|gemeente| gemeente.vt == **vt);
            Lottery::new(inside.map(|gemeente| (population(&gemeente.code), gemeente.code.as_str())))
        };
        let mut dissolved: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for old in before.into_iter().flat_map(|before| register.gemeenten(before)) {
            if let GemeenteMatch::Successor { gm, .. } = register.resolve(&old.vt, Some(&old.code), date) {
                dissolved.entry(&gm.code).or_default().push(&old.code);
            }
        }
        Self { regions: REGIONS.iter().map(region).collect(), dissolved }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::{Purpose, stream};

    fn drawn(region: usize, date: &str, n: usize) -> BTreeMap<&'static str, usize> {
        let places = Places::of(Register::builtin());
        let day = crate::calendar::day(date.parse().unwrap()).unwrap();
        let mut rng = stream(1, Purpose::Meldingen, region, 0);
        let mut counts = BTreeMap::new();
        (0..n).for_each(|_| *counts.entry(places.draw(&mut rng, region, day)).or_default() += 1);
        counts
    }

    #[test]
    fn gemeenten_are_drawn_by_inhabitants() {
        let counts = drawn(0, "2019-05-01", 5000);
        // Amsterdam has some 82% of the inhabitants of VT01.
        assert!((3900..4300).contains(&counts["GM0363"]), "{counts:?}");
        let register = Register::builtin();
        let elsewhere: usize = counts
            .iter()
            .filter(|(code, _)| {
                matches!(
                    register.resolve("VT01", Some(code), "2019-05-01".parse().unwrap()),
                    GemeenteMatch::Elsewhere { .. }
                )
            })
            .map(|(_, n)| n)
            .sum();
        assert!((10..50).contains(&elsewhere), "{elsewhere}");
    }

    #[test]
    fn dissolved_codes_linger_for_half_a_year() {
        let old = ["GM0003", "GM0010", "GM0024"];
        let count = |date| {
            drawn(7, date, 20_000).into_iter().filter(|(code, _)| old.contains(code)).map(|(_, n)| n).sum::<usize>()
        };
        assert!(count("2020-12-31") > 1000, "they are ordinary gemeenten");
        assert!((20..200).contains(&count("2021-03-01")));
        assert_eq!(count("2021-07-01"), 0);
    }
}
