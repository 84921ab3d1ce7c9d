//! Which fault strikes where.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use vt_domain::Month;

use super::{Fault, FaultError};

/// Which fault strikes which region in which month: at most one each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultPlan(BTreeMap<(String, Month), Fault>);

impl FaultPlan {
    /// This plan and one fault more; it replaces another of the same region and month.
    #[must_use]
    pub fn with(mut self, vt: &str, month: Month, fault: Fault) -> Self {
        self.0.insert((vt.to_owned(), month), fault);
        self
    }

    /// The fault of a region in a month.
    pub fn get(&self, vt: &str, month: Month) -> Option<Fault> {
        self.0.get(&(vt.to_owned(), month)).copied()
    }

    /// All faults, by region and month.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Month, Fault)> {
        self.0.iter().map(|((vt, month), fault)| (vt.as_str(), *month, *fault))
    }

    /// Whether a region shows an expired certificate, in any month.
    pub fn expired_certificate(&self, vt: &str) -> bool {
        self.iter().any(|(region, _, fault)| region == vt && fault == Fault::ExpiredCertificate)
    }

    /// Faults to show what becomes of them, over the months `first` to `last`: those that cost a region its month in the last
    /// month but two, a region that never delivers in the last but five, and such as mend themselves from the first month on.
    pub fn showcase(first: Month, last: Month) -> Self {
        let months: Vec<Month> = first.through(last).collect();
        let back = |n: usize| months[months.len().saturating_sub(n + 1)];
        let mut plan = Self::default();
        for (part, month) in PASSING.split_whitespace().zip(months.iter().cycle()) {
            plan = plan.with_text(part, *month);
        }
        plan = plan.with_text("VT23=never", back(5));
        FATAL.split_whitespace().fold(plan, |plan, part| plan.with_text(part, back(2)))
    }

    fn with_text(self, part: &str, month: Month) -> Self {
        // Unwrap safety: the lists above are fixed, and a test reads them.
        let (vt, fault) = part.split_once('=').unwrap();
        self.with(vt, month, fault.parse().unwrap())
    }
}

/// Faults that mend themselves, one a month from the first on.
const PASSING: &str = "VT02=server_error:2 VT05=too_many_requests:1s VT08=too_many_requests:1date VT10=connection_cut:1 \
    VT12=slow_drip:4096/50 VT14=late:3";

/// Faults that cost a region its month, all in one month: no NL figure there, and all other regions' are.
const FATAL: &str = "VT01=truncated_gzip VT03=never VT04=wrong_digest VT05=wrong_count VT06=error_page_200:file \
    VT07=redirect_other_host:listing VT08=other_region VT09=other_month VT11=duplicate_ids VT12=unknown_codes \
    VT13=dates_outside_month VT15=bsn VT16=wrong_encoding VT17=decompression_bomb VT19=server_error VT21=connection_cut \
    VT22=error_page_200:listing";

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (vt, month, fault)) in self.iter().enumerate() {
            write!(f, "{}{vt}@{month}={fault}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl FromStr for FaultPlan {
    type Err = FaultError;

    /// Reads `VT05@2020-03=truncated_gzip`, several of them with commas or white space between.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let parts = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|part| !part.is_empty());
        parts.map(entry).collect::<Result<_, _>>().map(Self)
    }
}

fn entry(part: &str) -> Result<((String, Month), Fault), FaultError> {
    let error = || FaultError::Entry(part.chars().take(60).collect());
    let (place, fault) = part.split_once('=').ok_or_else(error)?;
    let (vt, month) = place.split_once('@').ok_or_else(error)?;
    let known = crate::calibration::REGIONS.contains(&vt);
    let month = month.parse().map_err(|_| error())?;
    if known { Ok(((vt.to_owned(), month), fault.parse()?)) } else { Err(error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn a_plan_is_read_and_written() {
        let plan: FaultPlan = "VT05@2020-03=truncated_gzip, VT07@2019-01=late:3\nVT05@2020-04=bsn".parse().unwrap();
        assert_eq!(plan.get("VT05", month("2020-03")), Some(Fault::TruncatedGzip));
        assert_eq!(plan.get("VT07", month("2019-01")), Some(Fault::Late { days: 3 }));
        assert_eq!(plan.get("VT07", month("2019-02")), None);
        assert_eq!(plan.to_string().parse::<FaultPlan>().unwrap(), plan);
        let by_hand = FaultPlan::default().with("VT05", month("2020-03"), Fault::TruncatedGzip);
        assert_eq!(by_hand.iter().count(), 1);
    }

    #[test]
    fn the_showcase_strikes_within_its_months_and_leaves_most_figures() {
        for (first, last) in [("2019-01", "2021-01"), ("2020-04", "2020-07"), ("2020-04", "2020-04")] {
            let (first, last) = (month(first), month(last));
            let plan = FaultPlan::showcase(first, last);
            assert!(plan.iter().count() >= 20 && plan.iter().all(|(_, at, _)| first <= at && at <= last), "{plan}");
        }
        let plan = FaultPlan::showcase(month("2019-01"), month("2021-01"));
        assert_eq!(plan.get("VT01", month("2020-11")), Some(Fault::TruncatedGzip));
        assert_eq!(plan.get("VT23", month("2020-08")), Some(Fault::Never));
        let struck = |at| crate::calibration::REGIONS.iter().filter(|vt| plan.get(vt, month(at)).is_some()).count();
        assert_eq!((struck("2020-08"), struck("2020-11")), (1, 17));
    }
}
