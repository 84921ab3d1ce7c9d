//! What commands and the API answer: one form for both, so that a command reads the same from a ledger beside it and from a
//! service far away.

mod alert;
mod backfill;
mod region;
mod run;
mod snapshot;
mod steer;
mod upload;

pub use alert::{AlertMessageView, AlertView, MuteView, TrialView};
pub use backfill::{BackfillItemView, BackfillView};
pub use region::{ArrangementView, CountsView, DeliveryView, FindingView, MonthView, RegionView};
pub use run::{FailedPullView, HeldBackView, LineView, OrderView, RunView, StepView};
pub use snapshot::{ErratumView, FileView, SnapshotDetail, SnapshotView, VoidView};
pub use steer::{
    AheadView, AuditVerdictView, AuditView, CadenceDecisionView, CadenceView, EndedView, NewTokenView, SessionView,
    TokenView,
};
pub use upload::{ReportView, UploadOutcome, UploadView};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T: ToSchema> {
    /// The rows.
    pub items: Vec<T>,
    /// What to give as `after` for the next page; nothing on the last one.
    pub next: Option<String>,
}

/// The name of a value in its own serialised form, such as `accepted`.
pub(crate) fn code(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        other => format!("{other:?}"),
    }
}

/// The value of a name.
pub(crate) fn of_code<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}
