//! Regions, their months, their deliveries, and what was agreed with them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::month::Month;
use vt_ledger::{Arrangement, Delivery, DeliveryFinding};

use super::code;
use crate::overview::RegionOverview;
use crate::terms::MonthState;

/// A region, with its months.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RegionView {
    /// How it is doing.
    #[serde(flatten)]
    pub overview: RegionOverview,
    /// Its months, newest first.
    pub months: Vec<MonthView>,
    /// What was agreed with it and is in force.
    pub arrangements: Vec<ArrangementView>,
}

/// A region's month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MonthView {
    /// The month.
    #[schema(value_type = String, example = "2020-07")]
    pub maand: Month,
    /// Whether it is there.
    pub state: MonthState,
    /// The last day that its deliveries reach.
    pub covered: Option<NaiveDate>,
    /// The last day on which it is on time.
    pub due: NaiveDate,
    /// Whether it was given longer.
    pub extended: bool,
}

/// A judged delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryView {
    /// The region.
    pub vt: String,
    /// The month.
    #[schema(value_type = String, example = "2020-07")]
    pub maand: Month,
    /// The number.
    pub nr: u32,
    /// volledig, tussentijds or correctie.
    pub soort: String,
    /// The last day that it covers.
    pub tot_en_met: NaiveDate,
    /// accepted, rejected or failed.
    pub status: String,
    /// When it was first seen.
    pub first_seen: DateTime<Utc>,
    /// When it was judged.
    pub decided_at: Option<DateTime<Utc>>,
    /// Records kept; only for the region itself and for operators.
    pub records: Option<CountsView>,
    /// Records dropped of an accepted delivery; only for the region itself and for operators. Of a rejected one nothing counts, and
    /// its report says what is wrong.
    pub dropped: Option<u64>,
}

/// Records by type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CountsView {
    /// Adviezen.
    pub advies: u64,
    /// Meldingen.
    pub melding: u64,
    /// Vervolgdiensten.
    pub vervolgdienst: u64,
}

/// What a check found in a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindingView {
    /// The number of the delivery.
    pub nr: u32,
    /// The check.
    pub check: String,
    /// signaal, waarschuwing or fout.
    pub severity: String,
    /// bestand, record, levering or reeks.
    pub scope: String,
    /// The file.
    pub bestand: Option<String>,
    /// The field.
    pub veld: Option<String>,
    /// How often.
    pub aantal: u64,
    /// What is wrong, in Dutch.
    pub melding: String,
}

/// What was agreed with a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ArrangementView {
    /// Its number.
    pub id: i64,
    /// outage, extension or pause.
    pub kind: String,
    /// The region.
    pub vt: String,
    /// The month, of an extension.
    #[schema(value_type = Option<String>, example = "2020-07")]
    pub maand: Option<Month>,
    /// The first day.
    pub from: NaiveDate,
    /// The last day; nothing when it lasts until it is ended.
    pub until: Option<NaiveDate>,
    /// Who answers for it. Empty but for operators.
    pub owner: String,
    /// Why. Empty but for operators.
    pub reason: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Who made it. Empty but for operators.
    pub made_by: String,
    /// When it was ended.
    pub ended_at: Option<DateTime<Utc>>,
}

impl DeliveryView {
    /// A delivery; with its counts of records only for those who may see them.
    pub fn new(delivery: &Delivery, counts: bool) -> Self {
        let records = delivery.records.as_ref().filter(|_| counts);
        Self {
            vt: delivery.id.vt.clone(),
            maand: delivery.id.maand,
            nr: delivery.id.nr,
            soort: delivery.soort.name().to_owned(),
            tot_en_met: delivery.tot_en_met,
            status: code(delivery.status),
            first_seen: delivery.first_seen,
            decided_at: delivery.decided_at,
            records: records.map(|it| CountsView {
                advies: it.advies,
                melding: it.melding,
                vervolgdienst: it.vervolgdienst,
            }),
            dropped: records.map(|_| delivery.dropped),
        }
    }
}

impl RegionView {
    /// The same without who decided what was agreed, and why.
    pub fn without_details(mut self) -> Self {
        self.arrangements = self.arrangements.into_iter().map(ArrangementView::without_details).collect();
        self
    }
}

impl ArrangementView {
    /// The same without who is behind it, and why: operators write for each other, and may name people and other regions.
    pub fn without_details(mut self) -> Self {
        self.owner.clear();
        self.reason.clear();
        self.made_by.clear();
        self
    }
}

impl From<&DeliveryFinding> for FindingView {
    fn from(DeliveryFinding { delivery, finding }: &DeliveryFinding) -> Self {
        Self::new(delivery.nr, finding)
    }
}

impl From<&Arrangement> for ArrangementView {
    fn from(it: &Arrangement) -> Self {
        Self {
            id: it.id,
            kind: code(it.kind),
            vt: it.vt.clone(),
            maand: it.maand,
            from: it.from,
            until: it.until,
            owner: it.owner.clone(),
            reason: it.reason.clone(),
            made_at: it.made_at,
            made_by: it.made_by.clone(),
            ended_at: it.ended_at,
        }
    }
}
