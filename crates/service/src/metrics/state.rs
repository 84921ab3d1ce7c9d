//! How things stand, derived when somebody asks: from the ledger, cheap; and from the stores, kept for some minutes.

use std::time::Duration;

use anyhow::Result;
use prometheus::{Counter, Gauge, GaugeVec, Opts, Registry};

use super::process::Usage;
use crate::app::App;
use crate::health::{Instance, instance, last_round};
use crate::kept::Kept;
use crate::overview::Overview;
use crate::schedule::LocalCron;

/// The parts that are derived, each apart from the others.
pub const PARTS: [&str; 2] = ["ledger", "stores"];

/// How long what the ledger says is kept.
const LEDGER: Duration = Duration::from_secs(10);

/// How long what follows from the stores is kept: it takes a listing of all deliveries. What this process changes is seen at once.
const STORES: Duration = Duration::from_secs(300);

/// How many backfills are looked at: older ones have ended.
const BACKFILLS: u32 = 100;

/// What was derived last.
#[derive(Default)]
pub struct States {
    ledger: Kept<LedgerState>,
    stores: Kept<StoreState>,
}

/// What the ledger says.
#[derive(Clone)]
struct LedgerState {
    leads: bool,
    has_leader: bool,
    last_round: Option<f64>,
    held_back: usize,
    failed_pulls: usize,
    open_alerts: usize,
    waiting: i64,
    failed: i64,
}

/// What follows from deliveries, issues and the calendar.
#[derive(Clone)]
struct StoreState {
    /// Region-months by state.
    months: [(&'static str, usize); 4],
    /// Late months per region.
    late: Vec<(String, usize)>,
    periods_due: usize,
    periods_interrupted: usize,
}

impl States {
    /// A registry with all that can be derived now, and which parts could not. `version`: of what this process has changed.
    pub async fn registry(&self, app: &App, version: u64) -> Result<(Registry, Vec<(&'static str, anyhow::Error)>)> {
        let gauges = Gauges(Registry::new());
        let mut failed = Vec::new();
        gauges.always(app).await?;
        let asked = app.clone();
        match self.ledger.get(LEDGER, version, || async move { LedgerState::read(&asked).await }).await {
            Ok(state) => gauges.ledger(&state)?,
            Err(error) => failed.push((PARTS[0], error)),
        }
        let asked = app.clone();
        match self.stores.get(STORES, version, || Box::pin(async move { StoreState::read(&asked).await })).await {
            Ok(state) => gauges.stores(&state)?,
            Err(error) => failed.push((PARTS[1], error)),
        }
        Ok((gauges.0, failed))
    }
}

impl LedgerState {
    async fn read(app: &App) -> Result<Self> {
        let ledger = &app.ledger;
        let instance = instance(ledger).await?;
        let backfills = ledger.backfills(BACKFILLS).await?;
        let open = || backfills.iter().filter(|backfill| !backfill.state.is_end());
        Ok(Self {
            leads: instance == Instance::Leads,
            has_leader: instance != Instance::NobodyLeads,
            last_round: last_round(ledger).await?.map(seconds),
            held_back: ledger.held_back(None).await?.len(),
            failed_pulls: ledger.failed_pulls().await?.len(),
            open_alerts: ledger.open_alerts().await?.len(),
            waiting: open().map(|backfill| backfill.waiting).sum(),
            failed: open().map(|backfill| backfill.failed).sum(),
        })
    }
}

impl StoreState {
    async fn read(app: &App) -> Result<Self> {
        let overview = Overview::read(app).await?;
        let regions = overview.regions(app);
        let sum = |months: fn(&crate::overview::RegionOverview) -> usize| regions.iter().map(months).sum();
        let periods = overview.periods(app);
        Ok(Self {
            months: [
                ("complete", sum(|region| region.complete)),
                ("late", sum(|region| region.late.len())),
                ("month_to_date", sum(|region| region.month_to_date.len())),
                ("out_of_service", sum(|region| region.out_of_service.len())),
            ],
            late: regions.iter().map(|region| (region.vt.clone(), region.late.len())).collect(),
            periods_due: periods.iter().filter(|row| row.state.due()).count(),
            periods_interrupted: periods.iter().filter(|row| overview.interrupted(row.periode).is_some()).count(),
        })
    }
}

/// Gauges that are made anew for each answer: what is not there any more is not said any more.
struct Gauges(Registry);

impl Gauges {
    /// What needs neither the ledger nor the stores to answer.
    async fn always(&self, app: &App) -> Result<()> {
        let version = env!("CARGO_PKG_VERSION");
        self.by("vt_monitor_build_info", "The version of the program; always 1.", "version", [(version, 1.0)])?;
        let health = app.health.look(app).await;
        let ready = "Whether this instance can do its work: 1, or 0 (see /health/ready).";
        self.one("vt_monitor_ready", ready, flag(health.is_ready()))?;
        let parts = health.parts().map(|(name, works)| (name.replace(' ', "_"), flag(works)));
        let parts: Vec<(String, f64)> = parts.collect();
        let parts = parts.iter().map(|(name, value)| (name.as_str(), *value));
        self.by("vt_monitor_part_ready", "Whether a part can be read: 1 or 0.", "part", parts)?;
        let wake = LocalCron::parse(&app.schedule.wake).ok().and_then(|cron| cron.after(app.clock.now()).next());
        if let Some(wake) = wake {
            let help = "When the service wakes next, in seconds since 1970.";
            self.one("vt_monitor_next_wake_timestamp_seconds", help, seconds(wake))?;
        }
        if let Some(usage) = Usage::now() {
            let help = "Memory of this process that is in use, in bytes.";
            self.one("process_resident_memory_bytes", help, usage.resident_bytes)?;
            let help = "Time that this process has spent on processors, in seconds.";
            let cpu = Counter::new("process_cpu_seconds_total", help)?;
            cpu.inc_by(usage.cpu_seconds);
            self.0.register(Box::new(cpu))?;
        }
        Ok(())
    }

    fn ledger(&self, state: &LedgerState) -> Result<()> {
        self.one("vt_monitor_leader", "Whether this instance leads: 1 or 0.", flag(state.leads))?;
        self.one("vt_monitor_has_leader", "Whether any instance leads: 1 or 0.", flag(state.has_leader))?;
        if let Some(at) = state.last_round {
            let help = "When the last round came to its end, of whichever instance, in seconds since 1970.";
            self.one("vt_monitor_last_completed_round_timestamp_seconds", help, at)?;
        }
        self.one(
            "vt_monitor_held_back_issues",
            "Issues that are not published and why is known.",
            count(state.held_back),
        )?;
        let help = "Months of regions whose last pull failed.";
        self.one("vt_monitor_failed_region_months", help, count(state.failed_pulls))?;
        self.one("vt_monitor_open_alerts", "Alerts that are open.", count(state.open_alerts))?;
        let help = "Months of regions in backfills that have not ended, by state.";
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let items = [("waiting", state.waiting as f64), ("failed", state.failed as f64)];
        self.by("vt_monitor_backfill_items", help, "state", items)
    }

    fn stores(&self, state: &StoreState) -> Result<()> {
        let months = state.months.map(|(name, months)| (name, count(months)));
        self.by("vt_monitor_region_months", "Months of regions that are looked after, by state.", "state", months)?;
        let late = state.late.iter().map(|(region, months)| (region.as_str(), count(*months)));
        self.by("vt_monitor_region_late_months", "Months of a region that are overdue.", "region", late)?;
        self.one("vt_monitor_periods_due", "Periods that are due for an issue now.", count(state.periods_due))?;
        let help = "Periods of which a publication was begun and not finished.";
        self.one("vt_monitor_periods_interrupted", help, count(state.periods_interrupted))
    }

    fn one(&self, name: &str, help: &str, value: f64) -> Result<()> {
        let gauge = Gauge::new(name, help)?;
        gauge.set(value);
        Ok(self.0.register(Box::new(gauge))?)
    }

    fn by<'a>(
        &self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> Result<()> {
        let gauges = GaugeVec::new(Opts::new(name, help), &[label])?;
        for (of, value) in values {
            gauges.with_label_values(&[of]).set(value);
        }
        Ok(self.0.register(Box::new(gauges))?)
    }
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn count(n: usize) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn seconds(at: chrono::DateTime<chrono::Utc>) -> f64 {
    at.timestamp() as f64
}
