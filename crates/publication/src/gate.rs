//! Which deliveries count for a period, and which days of it they cover (DESIGN §3, §4). Pure.

mod countable;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vt_domain::clock::local_date;
use vt_domain::delivery::{DeliveryHeader, DeliveryId, counts_over};
use vt_domain::register::Register;
use vt_domain::{Month, Period};
use vt_vault::{DeliveryRecord, expired};

pub use countable::countable;

/// One delivery that a period rests on, as it stands in reservation and manifest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The region: `VT07`.
    pub regio: String,
    /// The month delivered.
    pub maand: Month,
    /// Number of the delivery within region and month.
    pub levering_nr: u32,
    /// Keyed digest of the delivery.
    pub kenmerk: String,
}

impl Input {
    /// The name of the delivery.
    pub fn id(&self) -> DeliveryId {
        DeliveryId { vt: self.regio.clone(), maand: self.maand, nr: self.levering_nr }
    }
}

/// Which days of a period a region's deliveries cover. Holds no counts of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionCoverage {
    /// The region: `VT07`.
    pub vt: String,
    /// Days of the period on which the region is in force.
    pub dagen: u32,
    /// How many of them an accepted delivery covers.
    pub dagen_gedekt: u32,
    /// Months of which days are needed and no accepted delivery is there.
    pub ontbreekt: Vec<Month>,
    /// Months of which a delivery counts that does not reach all days that are needed (month-to-date).
    pub onvolledig: Vec<Month>,
    /// Months of which the counting delivery is month-to-date, whether or not it reaches all days that are needed: such figures stay
    /// voorlopig.
    pub tussentijds: Vec<Month>,
}

impl RegionCoverage {
    /// Whether every day is covered: only then are the region's figures published.
    pub fn is_complete(&self) -> bool {
        self.dagen_gedekt == self.dagen
    }
}

/// What a period is made from: the deliveries that count, and what they cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodInput {
    /// The period.
    pub period: Period,
    /// The last day whose verdicts are taken into account (as-of date).
    pub peildatum: NaiveDate,
    /// Which delivery counts for which region and month, of the months in which the period's days lie.
    pub counting: BTreeMap<(String, Month), Input>,
    /// Counting deliveries of earlier months: of these only the meldingen are looked up, as a vervolgdienst has the gemeente of its melding.
    pub earlier: BTreeMap<(String, Month), Input>,
    /// Per region in force on a day of the period, by code.
    pub coverage: Vec<RegionCoverage>,
    /// SHA-256 over `counting` and `earlier`, in order; lower-case hexadecimal.
    pub digest: String,
}

impl PeriodInput {
    /// The deliveries that count, by region and month.
    pub fn inputs(&self) -> Vec<Input> {
        self.counting.values().cloned().collect()
    }

    /// The earlier deliveries whose meldingen are looked up, by region and month.
    pub fn earlier_inputs(&self) -> Vec<Input> {
        self.earlier.values().cloned().collect()
    }

    /// Codes of the regions of which every day is covered.
    pub fn complete_regions(&self) -> BTreeSet<&str> {
        self.coverage.iter().filter(|region| region.is_complete()).map(|region| region.vt.as_str()).collect()
    }

    /// Codes of the regions of which a day is not covered.
    pub fn incomplete_regions(&self) -> BTreeSet<&str> {
        self.coverage.iter().filter(|region| !region.is_complete()).map(|region| region.vt.as_str()).collect()
    }

    /// The same without some earlier deliveries: those of months that ended more than `look_back` whole months before the period
    /// begins, and those that are `gone`. A melding in these is not found; a service of it counts in its region without a place.
    #[must_use]
    pub fn limited(mut self, look_back: u32, gone: impl Fn(&Input) -> bool) -> Self {
        let begin = self.period.begin();
        self.earlier.retain(|_, input| !expired(begin, input.maand, look_back) && !gone(input));
        self.digest = digest(&self.counting, &self.earlier);
        self
    }

    /// A delivery that it needs and that is among these.
    pub fn needs_one_of(&self, removed: &BTreeSet<DeliveryId>) -> Option<DeliveryId> {
        self.counting.values().chain(self.earlier.values()).map(Input::id).find(|id| removed.contains(id))
    }

    /// Whether all regions in force are complete.
    pub fn is_complete(&self) -> bool {
        self.coverage.iter().all(RegionCoverage::is_complete)
    }
}

/// Decides for one period, from all verdicts (of any region, month and number, in any order) that were there on `peildatum`.
///
/// Of a region's month the accepted delivery counts that [`counts_over`] puts above the others. A day is covered when that
/// delivery's `tot_en_met` reaches it; coverage is never inferred from empty days.
pub fn gate(period: Period, records: &[DeliveryRecord], register: &Register, peildatum: NaiveDate) -> PeriodInput {
    let last_month = Month::of(period.last_day());
    let first_month = Month::of(period.begin());
    let mut best: BTreeMap<(String, Month), &DeliveryRecord> = BTreeMap::new();
    let known = records.iter().filter(|record| record.accepted() && local_date(record.beoordeeld_op) <= peildatum);
    for record in known.filter(|record| record.kop.leveringsmaand <= last_month) {
        let present = best.entry((record.kop.vt_code.clone(), record.kop.leveringsmaand)).or_insert(record);
        if counts_over(&record.kop, &present.kop) {
            *present = record;
        }
    }
    let coverage = coverage(period, register, |vt, month| best.get(&(vt.to_owned(), month)).map(|record| &record.kop));
    let regions: BTreeSet<&str> = coverage.iter().map(|region| region.vt.as_str()).collect();
    let inputs = best.into_iter().filter(|((vt, _), _)| regions.contains(vt.as_str()));
    let inputs = inputs.map(|(place, record)| (place, input(record)));
    let (counting, earlier): (BTreeMap<_, _>, BTreeMap<_, _>) =
        inputs.partition(|((_, month), _)| *month >= first_month);
    let digest = digest(&counting, &earlier);
    PeriodInput { period, peildatum, counting, earlier, coverage, digest }
}

fn input(record: &DeliveryRecord) -> Input {
    Input {
        regio: record.kop.vt_code.clone(),
        maand: record.kop.leveringsmaand,
        levering_nr: record.kop.levering_nr,
        kenmerk: record.kenmerk.clone(),
    }
}

fn coverage<'r>(
    period: Period,
    register: &Register,
    counting: impl Fn(&str, Month) -> Option<&'r DeliveryHeader>,
) -> Vec<RegionCoverage> {
    let mut regions: BTreeMap<String, RegionCoverage> = BTreeMap::new();
    for day in period.each_day() {
        let month = Month::of(day);
        for region in register.vt_regions(day) {
            let row = regions.entry(region.code.clone()).or_insert_with(|| RegionCoverage {
                vt: region.code.clone(),
                dagen: 0,
                dagen_gedekt: 0,
                ontbreekt: Vec::new(),
                onvolledig: Vec::new(),
                tussentijds: Vec::new(),
            });
            row.dagen += 1;
            if counting(&region.code, month).is_some_and(|header| !header.covers_month()) {
                note(&mut row.tussentijds, month);
            }
            match counting(&region.code, month) {
                Some(header) if day <= header.tot_en_met => row.dagen_gedekt += 1,
                Some(_) => note(&mut row.onvolledig, month),
                None => note(&mut row.ontbreekt, month),
            }
        }
    }
    regions.into_values().collect()
}

fn note(months: &mut Vec<Month>, month: Month) {
    if months.last() != Some(&month) {
        months.push(month);
    }
}

fn digest(counting: &BTreeMap<(String, Month), Input>, earlier: &BTreeMap<(String, Month), Input>) -> String {
    let mut digest = Sha256::new();
    for (label, inputs) in [("telt", counting), ("eerder", earlier)] {
        digest.update(format!("{label} {}\n", inputs.len()));
        for Input { regio, maand, levering_nr, kenmerk } in inputs.values() {
            digest.update(format!("{regio} {maand} {levering_nr} {kenmerk}\n"));
        }
    }
    hex::encode(digest.finalize())
}
