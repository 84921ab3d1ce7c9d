//! A delivery by hand, and what a region is told of a delivery.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use vt_domain::finding::Finding;
use vt_domain::month::Month;

use super::{FindingView, code};

/// What came of a delivery by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UploadOutcome {
    /// Its records count; of a draft: would count.
    Accepted,
    /// Nothing of it counts; of a draft: would count.
    Rejected,
    /// The very same files were judged before: the verdict of then stands.
    Known,
    /// The number was judged before with other files or another header: the first verdict stands, give the next number.
    Changed,
}

/// What a delivery by hand came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UploadView {
    /// Whether it was only checked: then nothing is kept.
    pub draft: bool,
    /// What came of it.
    pub outcome: UploadOutcome,
    /// The region.
    pub vt: String,
    /// The month.
    #[schema(value_type = String, example = "2020-07")]
    pub maand: Month,
    /// The number; of a draft the one that it would get.
    pub nr: u32,
    /// volledig, tussentijds or correctie.
    pub soort: String,
    /// The last day that it covers.
    pub tot_en_met: NaiveDate,
    /// What the checks found, gravest first.
    pub findings: Vec<FindingView>,
    /// The spiegelrapport: how each field is filled; nothing when the files were not read, or held a personal number.
    #[schema(value_type = Option<Object>)]
    pub spiegelrapport: Option<Value>,
    /// The kwaliteitsrapport: what was found, with the first records.
    #[schema(value_type = Option<Object>)]
    pub kwaliteitsrapport: Option<Value>,
}

/// What a region is told of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportView {
    /// The region.
    pub vt: String,
    /// The month.
    #[schema(value_type = String, example = "2020-07")]
    pub maand: Month,
    /// The number.
    pub nr: u32,
    /// The spiegelrapport: how each field is filled; nothing when the files were not read, or held a personal number.
    #[schema(value_type = Option<Object>)]
    pub spiegelrapport: Option<Value>,
    /// The kwaliteitsrapport: what was found, with the first records.
    #[schema(value_type = Option<Object>)]
    pub kwaliteitsrapport: Option<Value>,
}

impl FindingView {
    /// A finding on the delivery of a number.
    pub fn new(nr: u32, finding: &Finding) -> Self {
        Self {
            nr,
            check: finding.check.clone(),
            severity: code(finding.severity),
            scope: code(finding.scope),
            bestand: finding.bestand.map(|file| file.to_string()),
            veld: finding.veld.clone(),
            aantal: finding.aantal,
            melding: finding.melding.clone(),
        }
    }
}
