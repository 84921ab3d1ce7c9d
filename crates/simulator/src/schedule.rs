//! When a region delivers: which deliveries of a month there are, with what numbers, and what was known when each was made.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use vt_domain::Month;
use vt_domain::contract::PROTOCOL_VERSIE;
use vt_domain::delivery::{Compression, DeliveryHeader, DeliveryKind, FileFormat};
use vt_domain::workday::delivery_due;

use crate::calibration::REGIONS;
use crate::chance::{Purpose, hash};

/// How a region writes its files, and what its server can do. Fixed per region; the seed has no part in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// CSV (even numbers: VT01, VT03, …) or NDJSON.
    pub format: FileFormat,
    /// Plain, gzip or zstd, in turn.
    pub compression: Compression,
    /// CSV lines end with CR LF (VT05).
    pub crlf: bool,
    /// Every CSV field stands in quotes (VT09).
    pub quoted: bool,
    /// The server answers `Range` requests (all but VT23).
    pub ranges: bool,
}

impl Profile {
    /// The profile of a region.
    pub fn of(region: usize) -> Self {
        Self {
            format: if region.is_multiple_of(2) { FileFormat::Csv } else { FileFormat::Ndjson },
            compression: [Compression::Geen, Compression::Gzip, Compression::Zstd][region / 2 % 3],
            crlf: region == 4,
            quoted: region == 8,
            ranges: region != 22,
        }
    }
}

/// A delivery that a region makes, with what it knows by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The header.
    pub header: DeliveryHeader,
    /// The day on which it was made: later facts are unknown. A correction of a wave keeps the day of what it corrects.
    pub made_on: NaiveDate,
    /// Whether nothing follows: then every characteristic is filled as well as it will ever be, and every service is registered.
    pub settled: bool,
    /// The numbers of the correction waves that it shows, in order.
    pub waves: Vec<usize>,
}

/// Makes the schedule of deliveries.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Decides days, hours and which months get a correction.
    pub seed: u64,
    /// The first month with month-to-date deliveries; none means no month.
    pub tussentijds_from: Option<Month>,
}

impl Schedule {
    /// The working day of the next month, 1 to 5, on which a region delivers.
    pub fn working_day(&self, region: usize) -> u32 {
        1 + (hash(self.seed, Purpose::Region, region as u64, 1, 0) % 5) as u32
    }

    /// The deliveries of a month, by number: month-to-date ones each Monday, the whole month on its due day, and in about one of six
    /// region-months a correction two to seven weeks later.
    pub fn deliveries(&self, region: usize, month: Month) -> Vec<Planned> {
        let bits = hash(self.seed, Purpose::Delivery, region as u64, month.first_day().num_days_from_ce() as u64, 0);
        let corrected = bits.is_multiple_of(6);
        let due = delivery_due(month, self.working_day(region));
        let mut made: Vec<(DeliveryKind, NaiveDate, NaiveDate)> = Vec::new();
        if self.tussentijds_from.is_some_and(|from| from <= month) {
            let sundays = month
                .first_day()
                .iter_days()
                .take_while(|day| *day < month.last_day())
                .filter(|day| day.weekday() == Weekday::Sun);
            made.extend(sundays.map(|sunday| (DeliveryKind::Tussentijds, sunday, sunday + Days::new(1))));
        }
        made.push((DeliveryKind::Volledig, month.last_day(), due));
        if corrected {
            made.push((DeliveryKind::Correctie, month.last_day(), due + Days::new(14 + (bits >> 8) % 36)));
        }
        let last = made.len();
        let each = made.into_iter().zip(1..).map(|((soort, through, made_on), nr)| Planned {
            header: DeliveryHeader {
                protocol_versie: PROTOCOL_VERSIE.to_owned(),
                vt_code: REGIONS[region].to_owned(),
                leveringsmaand: month,
                levering_nr: nr,
                soort,
                tot_en_met: through,
                aangemaakt_op: instant(made_on, bits >> 16),
                bronsysteem: system(region, month).to_owned(),
            },
            made_on,
            settled: nr as usize == last,
            waves: Vec::new(),
        });
        each.collect()
    }
}

/// Between 4:00 and 7:59 UTC, so that the day is the same in Amsterdam.
pub(crate) fn instant(day: NaiveDate, bits: u64) -> DateTime<Utc> {
    let seconds = 4 * 3600 + (bits % (4 * 3600)) as u32;
    // Unwrap safety: a number of seconds below eight hours is a time of day.
    day.and_time(NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap()).and_utc()
}

/// The registration system, by invented names. VT06 got a new one in 2020.
fn system(region: usize, month: Month) -> &'static str {
    match region {
        5 if month.year() >= 2020 => "Dossier VT 4",
        5 => "Registratie VT 2",
        _ => ["Registratie VT 3", "Dossier VT 4", "Veiligregister 1.8"][region % 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    const PLAIN: Schedule = Schedule { seed: 1, tussentijds_from: None };

    #[test]
    fn the_first_delivery_is_the_whole_month_on_a_working_day_of_the_next() {
        for region in 0..REGIONS.len() {
            let first = &PLAIN.deliveries(region, month("2020-07"))[0];
            assert_eq!((first.header.levering_nr, first.header.soort), (1, DeliveryKind::Volledig));
            assert!(first.header.covers_month());
            let days = 1..=5;
            assert!(days.map(|n| delivery_due(month("2020-07"), n)).any(|due| due == first.made_on));
            assert_eq!(vt_domain::clock::local_date(first.header.aangemaakt_op), first.made_on);
        }
    }

    #[test]
    fn about_one_month_in_six_is_corrected_weeks_later() {
        let mut corrected = 0;
        for region in 0..REGIONS.len() {
            for m in month("2019-01").through(month("2020-12")) {
                let deliveries = PLAIN.deliveries(region, m);
                assert_eq!(deliveries.iter().map(|d| d.settled).collect::<Vec<_>>().last(), Some(&true));
                if let [first, second] = &deliveries[..] {
                    corrected += 1;
                    assert_eq!((second.header.levering_nr, second.header.soort), (2, DeliveryKind::Correctie));
                    assert!((14..50).contains(&(second.made_on - first.made_on).num_days()));
                    assert!(!first.settled);
                }
            }
        }
        assert!((70..140).contains(&corrected), "{corrected} of 624");
    }

    #[test]
    fn month_to_date_deliveries_come_on_mondays_and_are_numbered_first() {
        let schedule = Schedule { seed: 1, tussentijds_from: Some(month("2020-04")) };
        let april = schedule.deliveries(3, month("2020-04"));
        let kinds: Vec<_> =
            april.iter().map(|d| (d.header.levering_nr, d.header.soort, d.header.tot_en_met.day())).collect();
        assert_eq!(
            kinds[..5],
            [
                (1, DeliveryKind::Tussentijds, 5),
                (2, DeliveryKind::Tussentijds, 12),
                (3, DeliveryKind::Tussentijds, 19),
                (4, DeliveryKind::Tussentijds, 26),
                (5, DeliveryKind::Volledig, 30)
            ]
        );
        assert!(april[..4].iter().all(|d| d.made_on.weekday() == Weekday::Mon && !d.header.covers_month()));
        assert_eq!(schedule.deliveries(3, month("2020-03")), PLAIN.deliveries(3, month("2020-03")));
        // A month that ends on a Sunday has no month-to-date delivery of all its days.
        assert!(
            schedule
                .deliveries(3, month("2020-05"))
                .iter()
                .filter(|d| d.header.soort == DeliveryKind::Tussentijds)
                .all(|d| !d.header.covers_month())
        );
    }

    #[test]
    fn formats_vary_over_all_six_combinations() {
        let forms: std::collections::BTreeSet<_> =
            (0..REGIONS.len()).map(Profile::of).map(|profile| (profile.format, profile.compression)).collect();
        assert_eq!(forms.len(), 6);
    }
}
