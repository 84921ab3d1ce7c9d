//! What a delivery holds, as structs: for tests that count on their own, without the product's SQL. Faults have no part in it.

use chrono::{DateTime, Utc};
use vt_domain::Month;
use vt_domain::delivery::{DeliveryHeader, counts_over};

use crate::calibration::region_index;
use crate::config::SimulatorConfig;
use crate::generate::Generator;
use crate::records::Records;

/// The ground truth of a configuration. Make it once and ask it often.
#[derive(Debug)]
pub struct Truth(Generator);

impl Truth {
    /// The truth of a configuration.
    pub fn new(config: &SimulatorConfig) -> Self {
        Self(Generator::new(config))
    }

    /// The headers of all deliveries of a region's month, also of those still to be made; none for an unknown region or month.
    pub fn headers(&self, vt: &str, month: Month) -> Vec<DeliveryHeader> {
        let planned = region_index(vt).map(|region| self.0.deliveries(region, month)).unwrap_or_default();
        planned.into_iter().map(|planned| planned.header).collect()
    }

    /// The records of a delivery.
    pub fn records(&self, vt: &str, month: Month, nr: u32) -> Option<Records> {
        let region = region_index(vt)?;
        let planned = self.0.deliveries(region, month).into_iter().find(|planned| planned.header.levering_nr == nr)?;
        Some(self.0.records(region, &planned))
    }

    /// The delivery that counts at an instant: made by then, and a whole month before a month-to-date one.
    pub fn in_force(&self, vt: &str, month: Month, now: DateTime<Utc>) -> Option<(DeliveryHeader, Records)> {
        let made = self.headers(vt, month).into_iter().filter(|header| header.aangemaakt_op <= now);
        let header =
            made.reduce(|present, candidate| if counts_over(&candidate, &present) { candidate } else { present })?;
        let records = self.records(vt, month, header.levering_nr)?;
        Some((header, records))
    }
}

/// The records of one delivery. For many deliveries make a [`Truth`]: this plans all regions anew each time.
pub fn truth(config: &SimulatorConfig, vt: &str, month: Month, nr: u32) -> Option<Records> {
    Truth::new(config).records(vt, month, nr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_depends_on_the_instant() {
        let truth = Truth::new(&SimulatorConfig::default());
        let month: Month = "2020-07".parse().unwrap();
        let headers = truth.headers("VT07", month);
        let before = headers[0].aangemaakt_op - chrono::TimeDelta::seconds(1);
        assert!(truth.in_force("VT07", month, before).is_none());
        let (header, records) = truth.in_force("VT07", month, headers[0].aangemaakt_op).unwrap();
        assert_eq!(header.levering_nr, 1);
        assert_eq!(Some(records), super::truth(&SimulatorConfig::default(), "VT07", month, 1));
        let end = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(truth.in_force("VT07", month, end).unwrap().0.levering_nr, headers.len() as u32);
        assert!(truth.records("VT27", month, 1).is_none() && truth.records("VT07", month, 9).is_none());
    }
}
