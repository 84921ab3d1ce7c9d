//! Regions that complete a period one by one: VT01 on the first day, VT02 on the second, and so on.

use anyhow::{Context, Result};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use tempfile::TempDir;
use vt_domain::clock::local_date;
use vt_domain::delivery::DeliveryKind;
use vt_domain::month::Month;
use vt_domain::period::Period;
use vt_domain::workday::delivery_due;
use vt_monitor::commands::{Demo, Stage};
use vt_monitor::due::PullOrder;
use vt_monitor::overview::Overview;
use vt_monitor::pulling::{Pace, pull_all};
use vt_monitor::runs;
use vt_simulator::{Fault, FaultPlan, REGIONS, Truth};

/// A stage on which region *i* delivers the months of one period on day *i*, counted from the day on which they were due; each of
/// them all at once. Other months come as usual. The clock stands on the due day at first.
pub struct OneByOne {
    /// Stores, ledger, regions and clock.
    pub stage: Stage,
    /// The period.
    pub period: Period,
    due: NaiveDate,
    _folder: TempDir,
}

impl OneByOne {
    /// Opens the stage; nothing is pulled yet.
    ///
    /// # Errors
    /// When the stage can't be opened.
    pub async fn open(period: Period) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let last = Month::of(period.last_day());
        let demo = Demo { from: Month::of(period.begin()), to: last, seed: 2020, faults: false, revisions: 0 };
        let due = delivery_due(last, 5);
        let stage = crate::open(&demo, &folder.path().join("demo"), plan(&demo, period, due)?).await?;
        let opened = Self { stage, period, due, _folder: folder };
        opened.stage.clock.set(noon(due));
        Ok(opened)
    }

    /// Moves the clock to noon of day `n`, on which `n` regions have delivered (1 to 26), and pulls the months of the period.
    ///
    /// # Errors
    /// When a store or the ledger can't be used, or a pull fails.
    pub async fn arrive(&self, n: u64) -> Result<()> {
        let app = &self.stage.app;
        self.stage.clock.set(noon(self.due + Days::new(n)));
        let months: Vec<Month> = self.period.months().collect();
        let orders =
            REGIONS.iter().flat_map(|vt| months.iter().map(|maand| PullOrder { vt: (*vt).into(), maand: *maand }));
        let run = runs::begin(app, &format!("day {n}")).await?;
        for pull in pull_all(app, run, orders.collect(), &Pace::of_rounds(app)).await? {
            anyhow::ensure!(pull.failure.is_none() && pull.rejected == 0, "{pull:?}");
        }
        Ok(())
    }

    /// The regions of which every day of the period is covered by now.
    ///
    /// # Errors
    /// When the private store can't be read.
    pub async fn complete(&self) -> Result<Vec<String>> {
        let overview = Overview::read(&self.stage.app).await?;
        Ok(overview.input(&self.stage.app, self.period).complete_regions().into_iter().map(Into::into).collect())
    }
}

/// Delays each region's deliveries of the months of a period until its day.
fn plan(demo: &Demo, period: Period, due: NaiveDate) -> Result<FaultPlan> {
    let truth = Truth::new(&demo.regions(FaultPlan::default()));
    let mut plan = FaultPlan::default();
    for (vt, n) in REGIONS.iter().zip(1..) {
        for month in period.months() {
            let headers = truth.headers(vt, month);
            let whole =
                headers.iter().find(|header| header.soort == DeliveryKind::Volledig).context("a whole month")?;
            let days = (due + Days::new(n) - local_date(whole.aangemaakt_op)).num_days();
            plan = plan.with(vt, month, Fault::Late { days: u32::try_from(days)? });
        }
    }
    Ok(plan)
}

/// After the hours in which regions deliver.
fn noon(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + chrono::TimeDelta::hours(12)
}
