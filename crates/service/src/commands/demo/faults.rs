//! What became of the faults that a demo played.

use anyhow::Result;
use serde::Serialize;
use vt_domain::finding::{Scope, Severity};
use vt_domain::month::Month;
use vt_simulator::FaultPlan;

use crate::app::App;
use crate::pulling::PullResult;

/// One fault and what became of it.
#[derive(Debug, Serialize)]
pub struct FaultShown {
    /// The region.
    pub vt: String,
    /// The month.
    pub maand: Month,
    /// The fault, such as `truncated_gzip`.
    pub fault: String,
    /// What became of it.
    pub outcome: String,
}

/// What became of each fault of a plan.
pub(super) async fn shown(app: &App, plan: &FaultPlan, pulled: &[PullResult]) -> Result<Vec<FaultShown>> {
    let mut shown = Vec::new();
    for (vt, maand, fault) in plan.iter() {
        let outcome = outcome(app, vt, maand, pulled).await?;
        shown.push(FaultShown { vt: vt.to_owned(), maand, fault: fault.to_string(), outcome });
    }
    shown.sort_by(|a, b| (a.maand, &a.vt).cmp(&(b.maand, &b.vt)));
    Ok(shown)
}

async fn outcome(app: &App, vt: &str, maand: Month, pulled: &[PullResult]) -> Result<String> {
    let failure =
        pulled.iter().find(|pull| pull.vt == vt && pull.maand == maand).and_then(|pull| pull.failure.as_ref());
    if let Some(fault) = failure {
        return Ok(format!("not fetched ({}); tried again at the next run", fault.class));
    }
    let judged = app.vault.deliveries_of_month(vt, maand).await?;
    let Some(last) = judged.last() else { return Ok("nothing delivered".into()) };
    if judged.iter().any(vt_vault::DeliveryRecord::accepted) {
        return Ok("accepted all the same".into());
    }
    let grave = last.bevindingen.iter().filter(|finding| finding.severity == Severity::Fout);
    // What rejects a delivery is a fout of another scope than record; records explain why.
    let mut checks: Vec<_> = grave.map(|finding| (finding.scope == Scope::Levering, finding.check.as_str())).collect();
    checks.sort();
    checks.dedup();
    Ok(format!("rejected by {}", checks.into_iter().map(|(_, check)| check).collect::<Vec<_>>().join(", ")))
}
