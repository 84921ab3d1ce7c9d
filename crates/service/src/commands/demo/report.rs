//! What a demo shows at its end: regions, periods with NL figures, failures, and what to try next.

use std::path::Path;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use object_store::{ObjectStore, ObjectStoreExt};
use serde::Serialize;
use vt_domain::measure::Maat;
use vt_domain::month::Month;
use vt_domain::period::Period;
use vt_domain::snapshot::Issue;

use crate::app::App;
use crate::commands::demo::PUBLIC_KEY;
use crate::commands::demo::faults::FaultShown;
use crate::commands::status::regions_text;
use crate::due::PeriodState;
use crate::output::{count, table};
use crate::overview::{Overview, PeriodOverview, RegionOverview};
use crate::round::RoundReport;
use crate::stores::local;

/// What a demo came to.
#[derive(Debug, Serialize)]
pub struct DemoReport {
    /// The instant at which it was played.
    pub at: DateTime<Utc>,
    /// Per region.
    pub regions: Vec<RegionOverview>,
    /// Per period.
    pub periods: Vec<DemoPeriod>,
    /// What this run did.
    pub run: RoundReport,
    /// The faults that were played, and what became of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultShown>,
}

/// A period with its published figures for NL.
#[derive(Debug, Serialize)]
pub struct DemoPeriod {
    /// Coverage and state.
    #[serde(flatten)]
    pub overview: PeriodOverview,
    /// Status of NL's figures, when published.
    pub status: Option<String>,
    /// Published adviezen of NL.
    pub adviezen: Option<i64>,
    /// Published meldingen of NL.
    pub meldingen: Option<i64>,
}

impl DemoReport {
    /// Reads what is there after a run.
    ///
    /// # Errors
    /// When a store can't be read.
    pub async fn read(app: &App, run: RoundReport) -> Result<Self> {
        let overview = Overview::read(app).await?;
        let mut periods = Vec::new();
        for period in overview.periods(app) {
            let mut row = DemoPeriod { overview: period, status: None, adviezen: None, meldingen: None };
            if let PeriodState::Published { issue } = row.overview.state {
                row.read_figures(app.published.as_ref(), row.overview.periode, issue).await?;
            }
            periods.push(row);
        }
        // The period that has just begun tells nothing.
        periods.retain(|period| period.overview.state != PeriodState::Running);
        Ok(Self { at: app.clock.now(), regions: overview.regions(app), periods, run, faults: Vec::new() })
    }

    /// The tables, and the next commands to try.
    pub fn text(&self, out: &Path) -> String {
        self.text_at(out, &out.join("published").display().to_string())
    }

    /// The same, of a demo whose published store has another address.
    pub fn text_at(&self, out: &Path, published: &str) -> String {
        let mut text = regions_text(&self.regions) + "\n" + &self.periods_text();
        if !self.faults.is_empty() {
            let rows =
                self.faults.iter().map(|f| [f.vt.clone(), f.maand.to_string(), f.fault.clone(), f.outcome.clone()]);
            text += "\nfaults played:\n";
            text += &table(["region", "month", "fault", "what became of it"], rows);
        }
        let failures: Vec<_> =
            self.run.pulled.iter().filter_map(|pull| pull.failure.as_ref().map(|f| (pull, f))).collect();
        if !failures.is_empty() {
            text += &format!("\n{} failed:\n", count(failures.len(), "pull"));
            let rows = failures.iter().map(|(pull, fault)| {
                [pull.vt.clone(), pull.maand.to_string(), fault.class.clone(), fault.message.clone()]
            });
            text += &table(["region", "month", "error", "what happened"], rows);
        }
        for result in &self.run.published {
            if let Some(fault) = &result.failure {
                text += &format!("\n{} was not published: {}\n", result.periode, fault.message);
            }
        }
        let new = self.run.published.iter().filter(|result| result.failure.is_none()).count();
        let judged: usize = self.run.pulled.iter().map(|pull| pull.accepted + pull.rejected).sum();
        text += &match (judged, new) {
            (0, 0) => "\nnothing new: everything was there already\n".to_owned(),
            _ => format!("\nnew in this run: {judged} deliveries judged, {} published\n", count(new, "snapshot")),
        };
        let is_published = |period: &&DemoPeriod| matches!(period.overview.state, PeriodState::Published { .. });
        let example = self.faults.iter().find(|fault| fault.outcome.starts_with("rejected"));
        let example = example.map(|fault| (fault.vt.as_str(), fault.maand));
        text + &next_commands(out, published, self.at, example, self.periods.iter().rev().find(is_published))
    }

    fn periods_text(&self) -> String {
        let figure = |value: Option<i64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        table(
            ["period", "until", "complete regions", "state", "status", "NL adviezen", "NL meldingen"],
            self.periods.iter().map(|period| {
                [
                    period.overview.periode.to_string(),
                    period.overview.eind.to_string(),
                    format!("{} of {}", period.overview.complete, period.overview.regions),
                    period.overview.state.text(),
                    period.status.clone().unwrap_or_else(|| "-".into()),
                    figure(period.adviezen),
                    figure(period.meldingen),
                ]
            }),
        )
    }
}

impl DemoPeriod {
    async fn read_figures(&mut self, store: &dyn ObjectStore, periode: Period, uitgave: u32) -> Result<()> {
        let path = Issue { periode, uitgave }.file("kerncijfers.json");
        let bytes = store.get(&path.as_str().into()).await?.bytes().await.with_context(|| path.clone())?;
        let table: serde_json::Value = serde_json::from_slice(&bytes).with_context(|| path)?;
        for row in table["rijen"].as_array().into_iter().flatten().filter(|row| row["regio_code"] == "NL01") {
            let value = row["waarde"].as_i64();
            match row["maat"].as_str() {
                Some(maat) if maat == Maat::GestarteAdviezen.code() => self.adviezen = value,
                Some(maat) if maat == Maat::OntvangenMeldingen.code() => self.meldingen = value,
                _ => {}
            }
            self.status = row["status"].as_str().map(str::to_owned);
        }
        Ok(())
    }
}

fn next_commands(
    out: &Path,
    published: &str,
    at: DateTime<Utc>,
    example: Option<(&str, Month)>,
    last: Option<&DemoPeriod>,
) -> String {
    let out = out.display();
    // In a bucket it is reached as the configuration says.
    let which = match local(published) {
        Some(_) => published.to_owned(),
        None => format!("--config {out}/config"),
    };
    let mut text = format!(
        "\nnext:\n  vt-monitor verify {which} --public-key {out}/{PUBLIC_KEY}\n  vt-monitor status --config {out}/config --at {}\n",
        at.format("%Y-%m-%dT%H:%M:%SZ")
    );
    if let Some(last) = last {
        let (vt, month) = example.unwrap_or(("VT07", Month::of(last.overview.eind)));
        let period = last.overview.periode;
        let issue = if let PeriodState::Published { issue } = last.overview.state { issue } else { 1 };
        text += &format!("  vt-monitor findings --config {out}/config --region {vt} --month {month}\n");
        text += &format!(
            "  duckdb -c \"SELECT * FROM '{published}/snapshots/{}/{period}/{issue}/kerncijfers.parquet' WHERE regio_type = 'NL'\"\n",
            period.kind()
        );
    }
    text
}
