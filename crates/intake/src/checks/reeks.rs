//! The checks of scope reeks: a delivery beside the region's own history.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use vt_domain::Month;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{DeliveryHeader, counts_over};
use vt_domain::workday::is_working_day;
use vt_vault::{DeliveryRecord, DeliverySummary, MonthShare};

use super::catalogue::Catalogue;
use super::check::Check;
use super::found::Found;
use super::robust::Usual;

/// So many months back are looked at.
const MONTHS_BACK: usize = 24;

/// Fewer records than this say nothing about rise, fall or sameness.
const ENOUGH: u64 = 20;

/// Shares of fewer records than this are not compared.
const ENOUGH_FOR_SHARE: u64 = 30;

/// The least relative spread of counts per day that is taken for usual, and the least spread of shares.
const LEAST_SPREAD: f64 = 0.03;
const LEAST_SHARE_SPREAD: f64 = 0.01;

/// The delivery that is judged, in numbers.
pub(crate) struct Current<'a> {
    pub kop: &'a DeliveryHeader,
    pub summary: &'a DeliverySummary,
}

/// Compares a delivery with the region's accepted ones.
pub(crate) fn check(current: &Current<'_>, history: &[DeliveryRecord], catalogue: &Catalogue) -> Vec<Found> {
    let series = Series::new(current, history, catalogue);
    let mut found = series.counts();
    found.extend(series.shares());
    found.extend(series.empty_days());
    found.extend(series.within_month(history));
    found.extend(series.beside_last_month());
    found
}

struct Series<'a> {
    current: &'a Current<'a>,
    catalogue: &'a Catalogue,
    /// By month, before the current one: the whole-month delivery that counts.
    earlier: BTreeMap<Month, (&'a DeliveryHeader, &'a DeliverySummary)>,
}

impl<'a> Series<'a> {
    fn new(current: &'a Current<'a>, history: &'a [DeliveryRecord], catalogue: &'a Catalogue) -> Self {
        let mut earlier: BTreeMap<Month, (&DeliveryHeader, &DeliverySummary)> = BTreeMap::new();
        for record in history.iter().filter(|record| record.accepted() && record.kop.covers_month()) {
            let Some(summary) = &record.samenvatting else { continue };
            if record.kop.vt_code != current.kop.vt_code || record.kop.leveringsmaand >= current.kop.leveringsmaand {
                continue;
            }
            let place = earlier.entry(record.kop.leveringsmaand).or_insert((&record.kop, summary));
            if counts_over(&record.kop, place.0) {
                *place = (&record.kop, summary);
            }
        }
        while earlier.len() > MONTHS_BACK {
            earlier.pop_first();
        }
        Self { current, catalogue, earlier }
    }

    fn found(&self, check: Check) -> Found {
        let found = Found::new(check);
        match &self.catalogue.spec(check).drempel {
            Some(threshold) => found.with("drempel", threshold),
            None => found,
        }
    }

    fn threshold(&self, check: Check) -> f64 {
        self.catalogue.spec(check).threshold()
    }

    fn enough_history(&self, check: Check) -> bool {
        let needed = self.catalogue.spec(check).historie;
        !self.earlier.is_empty() && self.earlier.len() >= needed
    }

    fn days_covered(&self) -> f64 {
        let kop = self.current.kop;
        f64::from(u32::try_from((kop.tot_en_met - kop.leveringsmaand.first_day()).num_days() + 1).unwrap_or(1))
    }

    /// Kept records a day in each earlier month.
    fn rates(&self, record: RecordType) -> Vec<f64> {
        let months = self.earlier.iter();
        months.map(|(month, (_, summary))| kept(summary, record) as f64 / f64::from(month.days())).collect()
    }

    fn counts(&self) -> Vec<Found> {
        let mut found = Vec::new();
        let days = self.days_covered();
        for record in RecordType::ALL {
            let rates = self.rates(record);
            let count = kept(self.current.summary, record);
            let least = rates.iter().copied().fold(f64::INFINITY, f64::min) * days;
            if count == 0
                && self.enough_history(Check::OnverwachtLeeg)
                && least >= self.threshold(Check::OnverwachtLeeg)
            {
                found.push(self.found(Check::OnverwachtLeeg).file(record));
                continue;
            }
            let Some(usual) = Usual::of(&rates).filter(|_| self.enough_history(Check::AantalAfwijkend)) else {
                continue;
            };
            // A count varies by its square root even where the months before happen to be alike.
            let chance = (usual.median / days).sqrt();
            let usual = usual.at_least(chance).at_least(usual.median * LEAST_SPREAD);
            if usual.deviation(count as f64 / days).abs() > self.threshold(Check::AantalAfwijkend) {
                found.push(self.found(Check::AantalAfwijkend).file(record).count(count));
            }
        }
        found
    }

    fn shares(&self) -> Vec<Found> {
        let mut found = Vec::new();
        for (name, share) in &self.current.summary.aandelen {
            let Some((record, field, unknown)) = meaning(name) else { continue };
            let check = if unknown { Check::OnbekendAfwijkend } else { Check::PolitieAfwijkend };
            let earlier: Vec<f64> = self
                .earlier
                .values()
                .filter_map(|(_, summary)| summary.aandelen.get(name).filter(|share| share.noemer >= ENOUGH_FOR_SHARE))
                .map(fraction)
                .collect();
            if share.noemer < ENOUGH_FOR_SHARE || earlier.len() < self.catalogue.spec(check).historie.max(1) {
                continue;
            }
            let Some(usual) = Usual::of(&earlier) else { continue };
            let chance = (usual.median * (1.0 - usual.median) / share.noemer as f64).sqrt();
            let deviation = usual.at_least(chance).at_least(LEAST_SHARE_SPREAD).deviation(fraction(share));
            // Fewer unknown values than usual are no cause for concern.
            let deviation = if unknown { deviation } else { deviation.abs() };
            if deviation > self.threshold(check) {
                found.push(self.found(check).file(record).field(field).count(share.teller));
            }
        }
        found
    }

    fn empty_days(&self) -> Vec<Found> {
        let mut found = Vec::new();
        for record in [RecordType::Advies, RecordType::Melding] {
            let days = self.working_days();
            let counts = self.current.summary.per_dag.get(&record);
            let empty = |day: &NaiveDate| counts.and_then(|counts| counts.get(day)).is_none_or(|count| *count == 0);
            let trailing = days.iter().rev().take_while(|day| empty(day)).count();
            let own = kept(self.current.summary, record) as f64 / self.days_covered();
            let rate = Usual::of(&self.rates(record)).map_or(own, |usual| usual.median);
            if trailing == days.len() {
                // An empty file is another check's.
                continue;
            }
            if trailing > 1 && rate >= self.threshold(Check::LeegSlot) {
                found.push(self.found(Check::LeegSlot).file(record).count(trailing as u64));
            }
            let within = days[..days.len() - trailing].iter().filter(|day| empty(day)).count();
            let last_alone = usize::from(trailing == 1);
            if within + last_alone > 0 && rate >= self.threshold(Check::LegeDagen) {
                found.push(self.found(Check::LegeDagen).file(record).count((within + last_alone) as u64));
            }
        }
        found
    }

    /// Working days that are covered: weekends are quiet in every region.
    fn working_days(&self) -> Vec<NaiveDate> {
        let kop = self.current.kop;
        // A header may claim any day: one beyond the month is a finding of its own, and no reason to walk there.
        let last = kop.tot_en_met.min(kop.leveringsmaand.last_day());
        let days = kop.leveringsmaand.first_day().iter_days().take_while(|day| *day <= last);
        days.filter(|day| is_working_day(*day)).collect()
    }

    fn within_month(&self, history: &[DeliveryRecord]) -> Vec<Found> {
        let kop = self.current.kop;
        let before = history
            .iter()
            .filter(|record| record.accepted() && record.kop.vt_code == kop.vt_code)
            .filter(|record| {
                record.kop.leveringsmaand == kop.leveringsmaand && record.kop.levering_nr < kop.levering_nr
            })
            .max_by_key(|record| record.kop.levering_nr);
        let Some((before, summary)) = before.and_then(|record| Some((record, record.samenvatting.as_ref()?))) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for record in RecordType::ALL {
            let (then, now) = (kept(summary, record), kept(self.current.summary, record));
            let change = (now as f64 - then as f64) / then.max(1) as f64 * 100.0;
            if then < ENOUGH || kop.tot_en_met < before.kop.tot_en_met {
                continue;
            }
            if -change > self.threshold(Check::DalingInMaand) {
                found.push(self.found(Check::DalingInMaand).file(record).count(then - now));
            }
            if change > self.threshold(Check::SprongInMaand) && kop.tot_en_met == before.kop.tot_en_met {
                found.push(self.found(Check::SprongInMaand).file(record).count(now - then));
            }
        }
        found
    }

    fn beside_last_month(&self) -> Vec<Found> {
        let Some((_, summary)) = self.earlier.get(&self.current.kop.leveringsmaand.previous()) else {
            let first_ever = self.earlier.is_empty();
            return if first_ever { Vec::new() } else { vec![self.found(Check::VorigeMaandOntbreekt)] };
        };
        let read = |summary: &DeliverySummary| {
            RecordType::ALL.map(|record| summary.records.get(&record).map_or(0, |n| n.gelezen))
        };
        let (then, now) = (read(summary), read(self.current.summary));
        if then == now && now.iter().sum::<u64>() >= ENOUGH {
            vec![self.found(Check::ZelfdeAantallen)]
        } else {
            Vec::new()
        }
    }
}

fn kept(summary: &DeliverySummary, record: RecordType) -> u64 {
    summary.records.get(&record).map_or(0, |count| count.behouden)
}

fn fraction(share: &MonthShare) -> f64 {
    share.teller as f64 / share.noemer.max(1) as f64
}

/// The share of the police among meldingen.
pub(crate) const POLICE_SHARE: &str = "melding.politie";

/// The name of the share of unknown values of a field.
pub(crate) fn unknown_share(record: RecordType, field: &str) -> String {
    format!("{record}.{field}.onbekend")
}

/// Record type and field of a share, and whether it is one of unknown values.
fn meaning(name: &str) -> Option<(RecordType, &'static str, bool)> {
    if name == POLICE_SHARE {
        return Some((RecordType::Melding, "organisatie", false));
    }
    let (record, field) = name.strip_suffix(".onbekend")?.split_once('.')?;
    let record: RecordType = record.parse().ok()?;
    Some((record, record.field(field)?.name, true))
}
