//! A longer period as the sum of its published parts: what its reservation is made of (DESIGN §7).

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use vt_disclosure::{MemoryRecord, ProtectError, ProtectedTable, Protection, sum};
use vt_domain::{Month, Period};

use crate::error::PublicationError;
use crate::gate::{Input, PeriodInput, RegionCoverage};
use crate::history::sum_bound;
use crate::render::RenderError;
use crate::reservation::{LeftEmpty, Reservation};
use crate::tables::left_empty;

/// What an issue rests on, as its reservation records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// The last day whose verdicts were taken into account.
    pub peildatum: NaiveDate,
    /// The deliveries that count, by region, month and number.
    pub invoer: Vec<Input>,
    /// Deliveries of earlier months, of which only the gemeente of meldingen was looked up.
    pub invoer_eerder: Vec<Input>,
    /// Digest of what it rests on.
    pub digest: String,
    /// Days covered per region in force, by code.
    pub dekking: Vec<RegionCoverage>,
    /// The veiligheidsregio's that one of its parts leaves empty as `regio_onbekend`.
    pub leeg: Vec<LeftEmpty>,
}

impl From<&PeriodInput> for Sources {
    fn from(input: &PeriodInput) -> Self {
        Self {
            peildatum: input.peildatum,
            invoer: input.inputs(),
            invoer_eerder: input.earlier_inputs(),
            digest: input.digest.clone(),
            dekking: input.coverage.clone(),
            leeg: Vec::new(),
        }
    }
}

impl Sources {
    /// What the sum of these parts rests on: their deliveries together, their coverage added up. Of a month, several
    /// deliveries can count, each for another part. What one part leaves empty the sum can't give: readers would not have
    /// what it is the sum of, and could subtract the other parts.
    ///
    /// # Errors
    /// [`PublicationError::Sum`] without parts; [`PublicationError::Reservation`] when a part is not certified.
    pub fn of_parts(period: Period, parts: &[&Reservation]) -> Result<Self, PublicationError> {
        let peildatum = parts.iter().map(|part| part.peildatum).max().ok_or_else(|| no_parts(period))?;
        let invoer: BTreeSet<&Input> = parts.iter().flat_map(|part| &part.invoer).collect();
        let earlier = parts.iter().flat_map(|part| &part.invoer_eerder).filter(|input| !invoer.contains(input));
        let earlier: BTreeSet<&Input> = earlier.collect();
        let coverage = parts.iter().map(|part| (part.periode, part.dekking.as_slice()));
        let mut leeg = BTreeSet::new();
        for part in parts {
            let (period, issue) = (part.periode, part.uitgave);
            leeg.extend(empty_in(part).map_err(|error| PublicationError::Reservation {
                period,
                issue,
                rule: error.to_string(),
            })?);
        }
        Ok(Self {
            peildatum,
            invoer_eerder: earlier.into_iter().cloned().collect(),
            invoer: invoer.into_iter().cloned().collect(),
            digest: digest(parts),
            dekking: coverage_of(&coverage.collect::<Vec<_>>()),
            leeg: leeg.into_iter().collect(),
        })
    }
}

/// The version of the register that a sum is rendered with: that of its first issue, which is that of its last part then.
pub fn register_version<'r>(first: Option<&'r Reservation>, parts: &[&'r Reservation]) -> Option<&'r str> {
    first.or(parts.last().copied()).map(|reservation| reservation.register.as_str())
}

/// The values of a period as the sum of its parts, with the bound within which their running errors were kept.
///
/// # Errors
/// [`PublicationError::Sum`] when the parts cannot be added up, or the sum is not certified.
pub fn sum_parts(period: Period, issue: u32, parts: &[&Reservation]) -> Result<Protection, PublicationError> {
    let failed = |source: ProtectError| PublicationError::Sum { period, source };
    let last = parts.last().ok_or_else(|| no_parts(period))?;
    let first_issues = parts.iter().all(|part| part.uitgave == 1);
    let bound = sum_bound(period.kind(), first_issues, last.geheugen.policy());
    let records: Vec<&MemoryRecord> = parts.iter().map(|part| &part.geheugen).collect();
    sum(&period.to_string(), issue, bound, &records).map_err(failed)
}

/// What a part leaves empty, decided as when it was rendered.
fn empty_in(part: &Reservation) -> Result<impl Iterator<Item = LeftEmpty>, RenderError> {
    let empty = left_empty(part, &ProtectedTable::from_record(&part.geheugen)?)?;
    Ok(empty.into_iter().map(|(maat, regio)| LeftEmpty { maat, regio: regio.to_string() }))
}

fn no_parts(period: Period) -> PublicationError {
    let source = ProtectError::Past { period: period.to_string(), rule: "it has no parts".to_owned() };
    PublicationError::Sum { period, source }
}

fn digest(parts: &[&Reservation]) -> String {
    let mut digest = Sha256::new();
    digest.update(format!("delen {}\n", parts.len()));
    for part in parts {
        digest.update(format!("{} {} {}\n", part.periode, part.uitgave, part.invoer_digest));
    }
    hex::encode(digest.finalize())
}

/// Days add up. A month is missing when it is so in every part that has days of it; missing in some, it is incomplete.
fn coverage_of(parts: &[(Period, &[RegionCoverage])]) -> Vec<RegionCoverage> {
    let mut regions: BTreeMap<&str, Vec<(Period, &RegionCoverage)>> = BTreeMap::new();
    for (period, rows) in parts {
        for row in *rows {
            regions.entry(&row.vt).or_default().push((*period, row));
        }
    }
    regions.into_iter().map(|(vt, rows)| merged(vt, &rows)).collect()
}

fn merged(vt: &str, rows: &[(Period, &RegionCoverage)]) -> RegionCoverage {
    let months = |of: fn(&RegionCoverage) -> &Vec<Month>| -> BTreeSet<Month> {
        rows.iter().flat_map(|(_, row)| of(row)).copied().collect()
    };
    let in_some = months(|row| &row.ontbreekt);
    let everywhere = |month: &Month| {
        let touching = rows.iter().filter(|(period, _)| period.months().any(|other| other == *month));
        touching.into_iter().all(|(_, row)| row.ontbreekt.contains(month))
    };
    let (missing, partly): (BTreeSet<Month>, BTreeSet<Month>) = in_some.into_iter().partition(everywhere);
    let mut incomplete = months(|row| &row.onvolledig);
    incomplete.extend(partly);
    RegionCoverage {
        vt: vt.to_owned(),
        dagen: rows.iter().map(|(_, row)| row.dagen).sum(),
        dagen_gedekt: rows.iter().map(|(_, row)| row.dagen_gedekt).sum(),
        ontbreekt: missing.into_iter().collect(),
        onvolledig: incomplete.into_iter().collect(),
        tussentijds: months(|row| &row.tussentijds).into_iter().collect(),
    }
}
