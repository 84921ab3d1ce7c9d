//! A small world: three regions that really deliver, two-week periods and the four weeks that they add up to, and what an undisturbed
//! service makes of them. Played once; every schedule begins with a copy of a state of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;
use vt_domain::period::PeriodKind;
use vt_domain::register::RegisterSource;
use vt_domain::{Clock, ManualClock};
use vt_intake::secret::SecretRef;
use vt_intake::source::{Auth, HttpSource, Limits, Source, SourceConfig};
use vt_monitor::config::{Config, LedgerConfig, PullConfig, RegisterConfig, ScheduleConfig, StoreConfig};
use vt_monitor::exit::Exit;
use vt_monitor::overview::Overview;
use vt_monitor::pulling::{Pace, pull_all};
use vt_monitor::{round, runs};
use vt_publication::engine::EngineConfig;
use vt_simulator::{CorrectionWave, SimAuth, SimRegion, Simulator, SimulatorConfig};
use vt_tests::Tree;

use crate::ends::{Reservations, reservations};
use crate::instance::{Instance, Stores};
use crate::states::copy;

/// The regions, each a veiligheidsregio of its own, and these.
pub const REGIONS: [&str; 3] = ["VT03", "VT07", "VT22"];
const VEILIGHEIDSREGIOS: [&str; 3] = ["VR25", "VR14", "VR11"];

const SEED: u64 = 2020;

/// What a schedule begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Start {
    /// Nothing was ever done.
    Nothing,
    /// January and February are pulled, and nothing is published.
    Pulled,
    /// All of that is published; a month later regions have corrected it, and delivered March.
    Published,
    /// That is pulled too: second issues and new periods are due.
    Corrected,
}

impl Start {
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Pulled, Self::Published, Self::Corrected];

    fn scene(self) -> usize {
        usize::from(self >= Self::Published)
    }

    /// Whether all that is published from here on follows from what is pulled already: then its sequence can't be another one.
    pub fn is_pulled(self) -> bool {
        matches!(self, Self::Pulled | Self::Corrected)
    }

    fn name(self) -> String {
        format!("{self:?}")
    }
}

/// What the undisturbed play did from a start on.
pub struct Calm {
    /// Operations on the published and on the private store.
    pub operations: [usize; 2],
    /// The published store at its end.
    pub end: Tree,
    /// What is reserved at its end.
    pub reservations: Reservations,
}

/// A time, the regions at that time, and how it ends.
struct Scene {
    at: DateTime<Utc>,
    simulator: Simulator,
}

/// The world.
pub struct World {
    folder: TempDir,
    scenes: Vec<Scene>,
    calm: Vec<Calm>,
}

impl World {
    /// Plays the undisturbed service, and keeps its states.
    pub async fn prepare() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        small_register(&folder.path().join("register"))?;
        let mut scenes = Vec::new();
        for at in ["2019-03-08T09:00:00Z", "2019-04-08T09:00:00Z"] {
            let at = at.parse()?;
            let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(at));
            scenes.push(Scene { at, simulator: Simulator::start(regions(), clock).await? });
        }
        let mut world = Self { folder, scenes, calm: Vec::new() };
        world.play_undisturbed().await?;
        for start in Start::ALL {
            let calm = world.measure(start).await?;
            world.calm.push(calm);
        }
        Ok(world)
    }

    /// Each state follows from the one before.
    async fn play_undisturbed(&self) -> Result<()> {
        let place = self.folder.path().join("play");
        std::fs::create_dir(&place)?;
        for start in Start::ALL {
            copy(&place, &self.state(start))?;
            let instance = self.open(start, &place).await?;
            match start.is_pulled() {
                false => pull(&instance).await?,
                true => publish(&instance).await?,
            }
            instance.close().await;
        }
        copy(&place, &self.folder.path().join("end"))
    }

    /// Plays a start to its end once more, and counts the operations.
    async fn measure(&self, start: Start) -> Result<Calm> {
        let place = self.begin(start)?;
        let instance = self.open(start, place.path()).await?;
        publish(&instance).await?;
        let operations = [&instance.published, &instance.private].map(|store| store.log().len());
        let reservations = reservations(&instance.app.vault).await?;
        instance.close().await;
        let end = Tree::read(&place.path().join("published"))?;
        let expected = match Start::ALL.get(2 * start.scene() + 2) {
            Some(next) => self.state(*next),
            None => self.folder.path().join("end"),
        };
        let other = vt_tests::differences(&Tree::read(&expected.join("published"))?, &end);
        ensure!(other.is_empty(), "undisturbed, {start:?} ends in two ways: {other:?}");
        Ok(Calm { operations, end, reservations })
    }

    async fn open(&self, start: Start, place: &Path) -> Result<Instance> {
        let clock = Arc::new(ManualClock::at(self.instant(start)));
        let config = self.config(place, "ledger.sqlite");
        Instance::open(config, self.sources(start, |_, base| base.to_owned())?, clock, Stores::sound()).await
    }

    fn state(&self, start: Start) -> PathBuf {
        self.folder.path().join(start.name())
    }

    /// A copy of a state, in a folder of its own.
    pub fn begin(&self, start: Start) -> Result<TempDir> {
        let place = tempfile::tempdir()?;
        copy(&self.state(start), place.path())?;
        Ok(place)
    }

    /// When a schedule begins.
    pub fn instant(&self, start: Start) -> DateTime<Utc> {
        self.scenes[start.scene()].at
    }

    /// What the undisturbed play did.
    pub fn calm(&self, start: Start) -> &Calm {
        &self.calm[Start::ALL.iter().position(|other| *other == start).unwrap_or(0)]
    }

    /// The regions as sources; `reach` says by which address each is reached.
    pub fn sources(&self, start: Start, reach: impl Fn(&str, &str) -> String) -> Result<Vec<SourceConfig>> {
        let simulator = &self.scenes[start.scene()].simulator;
        let found = REGIONS.iter().map(|vt| simulator.region(vt).context("a region"));
        found.map(|region| region.and_then(|region| source(region, &reach(&region.vt, &region.base)))).collect()
    }

    /// The port on which a region listens.
    pub fn port(&self, start: Start, vt: &str) -> Result<u16> {
        let region = self.scenes[start.scene()].simulator.region(vt).context("a region")?;
        Ok(region.base.rsplit(':').next().context("a port")?.parse()?)
    }

    /// The configuration of a service that keeps everything in a folder. It waits for regions for so long that none is ever left out.
    pub fn config(&self, place: &Path, ledger: &str) -> Config {
        let path = |name: &str| place.join(name).to_string_lossy().into_owned();
        Config {
            store: StoreConfig::at(path("published"), path("private")),
            ledger: LedgerConfig::at(path(ledger)),
            schedule: ScheduleConfig {
                cadence: PeriodKind::TwoWeeks,
                period_deadline_working_days: 60,
                ..ScheduleConfig::default()
            },
            pull: PullConfig { threads_per_delivery: 1, ..PullConfig::default() },
            engine: EngineConfig { partitions: 1, ..EngineConfig::default() },
            register: RegisterConfig {
                directory: Some(self.folder.path().join("register")),
                ..RegisterConfig::default()
            },
            ..Config::embedded()
        }
    }
}

async fn pull(instance: &Instance) -> Result<()> {
    let app = &instance.app;
    let orders = Overview::read(app).await?.pulls_due(app);
    let run = runs::begin(app, "pull").await?;
    let pulled = pull_all(app, run, orders, &Pace::of_rounds(app)).await?;
    ensure!(pulled.iter().all(|pull| pull.failure.is_none() && pull.rejected == 0), "{pulled:?}");
    runs::finish(app, run, Exit::Done).await?;
    Ok(())
}

async fn publish(instance: &Instance) -> Result<()> {
    let (report, exit) = round::all(&instance.app, "undisturbed").await?;
    ensure!(exit == Exit::Done, "{exit:?} {report:?}");
    Ok(())
}

/// After the first publication all three regions correct what they delivered.
fn regions() -> SimulatorConfig {
    let day = chrono::NaiveDate::from_ymd_opt(2019, 3, 25).unwrap_or_default();
    let wave = CorrectionWave { regions: 26, ..CorrectionWave::new(day) };
    SimulatorConfig { seed: SEED, secure: false, corrections: vec![wave], ..SimulatorConfig::default() }
}

/// Patience with a region: little with one behind a network that fails, and enough for a machine that is busy with the others.
fn limits(behind_a_proxy: bool) -> Limits {
    let idle_timeout_ms = if behind_a_proxy { 150 } else { 20_000 };
    let total_timeout_s = if behind_a_proxy { 2 } else { 60 };
    let patience = Limits { connect_timeout_ms: 5_000, attempts: 2, ..Limits::default() };
    Limits { idle_timeout_ms, total_timeout_s, backoff_base_ms: 5, backoff_max_ms: 20, ..patience }
}

fn source(region: &SimRegion, base: &str) -> Result<SourceConfig> {
    let SimAuth::Bearer { token } = &region.auth else { anyhow::bail!("{}: not by token", region.vt) };
    let auth = Auth::Bearer { token: SecretRef::inline(token) };
    let http = HttpSource { base: base.parse()?, auth, ca_pem: None, proxy: None };
    Ok(SourceConfig { vt: region.vt.clone(), source: Source::Http(http), limits: limits(base != region.base) })
}

/// The register of the three regions, as they were in 2019 and for ever after.
fn small_register(folder: &Path) -> Result<()> {
    let builtin = RegisterSource::builtin();
    let keep = |text: &str, column: usize, codes: &[&str]| {
        let rows = text.lines().filter(|line| !line.starts_with('#')).enumerate();
        let kept = rows.filter(|(row, line)| *row == 0 || codes.contains(&line.split(',').nth(column).unwrap_or("")));
        kept.map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    let of_regions = keep(&builtin.gemeenten, 4, &REGIONS);
    let gemeenten: String = of_regions.lines().enumerate().filter_map(|(row, line)| since_2019(row, line)).collect();
    let codes: Vec<&str> = gemeenten.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    std::fs::create_dir(folder)?;
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text);
    write("gemeenten.csv", &gemeenten)?;
    write("vt_regions.csv", &keep(&builtin.vt_regions, 0, &REGIONS))?;
    write("vr_regions.csv", &keep(&builtin.vr_regions, 0, &VEILIGHEIDSREGIOS))?;
    write("herindelingen.csv", &keep(&builtin.herindelingen, 1, &[]))?;
    write("inwoners.csv", &keep(&builtin.inwoners, 0, &codes))?;
    Ok(())
}

/// A row of a gemeente that was there in 2019, without an end.
fn since_2019(row: usize, line: &str) -> Option<String> {
    let mut fields: Vec<&str> = line.split(',').collect();
    if row > 0 {
        let van = fields.get(5)?;
        if *van > "2019-01-01" {
            return None;
        }
        *fields.last_mut()? = "";
    }
    Some(fields.join(",") + "\n")
}

/// How long after its beginning a schedule's last rounds are made.
pub const REST: TimeDelta = TimeDelta::days(3);
