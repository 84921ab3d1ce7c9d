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

    /// The set that a demo plays. What mends itself (late, 500, 429, a cut transfer, a slow one) is spread over 2019 and 2020; what
    /// rejects a delivery falls in November 2020, in regions of their own, so that all other periods stay complete.
    ///
    /// `expired_certificate` is not in it: it strikes every month of its region, and would leave no national figure.
    pub fn showcase() -> Self {
        // Unwrap safety: a test reads this text.
        SHOWCASE.parse().unwrap()
    }
}

const SHOWCASE: &str = "\
    VT02@2019-03=server_error:2 VT05@2019-06=too_many_requests:1s VT08@2019-09=too_many_requests:1date \
    VT10@2020-02=connection_cut:1 VT12@2020-05=slow_drip:4096/50 VT14@2020-08=late:12 \
    VT01@2020-11=truncated_gzip VT03@2020-11=never VT04@2020-11=wrong_digest VT05@2020-11=wrong_count \
    VT06@2020-11=error_page_200:file VT07@2020-11=redirect_other_host:listing VT08@2020-11=other_region VT09@2020-11=other_month \
    VT11@2020-11=duplicate_ids VT12@2020-11=unknown_codes VT13@2020-11=dates_outside_month VT15@2020-11=bsn \
    VT16@2020-11=wrong_encoding VT17@2020-11=decompression_bomb VT19@2020-11=server_error VT21@2020-11=connection_cut \
    VT22@2020-11=error_page_200:listing";

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
    fn the_showcase_strikes_fatally_in_one_month_only() {
        let plan = FaultPlan::showcase();
        let mends = |fault| {
            matches!(
                fault,
                Fault::ServerError { times: Some(_) }
                    | Fault::TooManyRequests { .. }
                    | Fault::ConnectionCut { times: Some(_) }
                    | Fault::SlowDrip { .. }
                    | Fault::Late { .. }
            )
        };
        assert!(plan.iter().filter(|(_, _, fault)| !mends(*fault)).all(|(_, at, _)| at == month("2020-11")));
        assert!(plan.iter().count() >= 20);
        assert!(crate::calibration::REGIONS.iter().filter(|vt| plan.get(vt, month("2020-11")).is_none()).count() >= 6);
    }
}
