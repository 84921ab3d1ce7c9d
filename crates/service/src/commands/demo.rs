//! `demo`: the whole job with simulated regions and embedded defaults, in one folder.

mod faults;
mod places;
mod report;
mod revisions;
mod sources;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use vt_domain::month::Month;
use vt_domain::{Clock, ManualClock};
use vt_publication::keys::{MasterKey, create_file};
use vt_simulator::{FaultPlan, Simulator, SimulatorConfig};
use vt_vault::StoreKey;

use crate::app::App;
use crate::cli::DemoArgs;
use crate::config::{Config, EncryptionConfig, KeyConfig, ScheduleConfig, StoreConfig};
use crate::encryption::open_key;
use crate::exit::{Exit, Usage};
use crate::keys::KeyPlace;
use crate::output::Output;
use crate::progress::Progress;
use crate::signals;

pub use places::Places;
pub use report::DemoReport;

/// The public key of what the demo signs: beside the store, not in it.
const PUBLIC_KEY: &str = "minisign.pub";
/// The key with which the private store is encrypted, in a demo that encrypts it.
pub const STORE_KEY: &str = "store.key";
/// The file that says which demo a folder holds.
const NOTE: &str = "demo.json";

/// What decides a demo's bytes; kept in the folder, so that another demo can't be played over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    /// First month.
    pub from: Month,
    /// Last month.
    pub to: Month,
    /// Seed of the regions and of the key.
    pub seed: u64,
    /// Whether faults are played.
    pub faults: bool,
    /// How often regions correct what was published, and periods are published again.
    #[serde(default)]
    pub revisions: u32,
}

/// A demo ready to be played.
pub struct Stage {
    /// Stores, ledger, sources.
    pub app: App,
    /// The regions.
    pub simulator: Simulator,
    /// The time of all of these.
    pub clock: Arc<ManualClock>,
    /// Certificates, for as long as the stage stands.
    _secrets: tempfile::TempDir,
}

pub(super) async fn run(args: &DemoArgs, output: Output, directory: &Path) -> Result<Exit> {
    let demo = Demo { from: args.from, to: args.to, seed: args.seed, faults: args.faults, revisions: args.revisions };
    let places = Places::of(args, directory)?;
    if args.encrypt {
        demo.encrypt(&args.out, &places)?;
    }
    let progress = if output.is_json() { Progress::quiet() } else { Progress::for_stderr() };
    let (report, exit) = demo.play_at(&args.out, &places, signals::watch(None)?, progress, demo.plan()).await?;
    if exit == Exit::Interrupted {
        crate::progress::say("stopped; the same command goes on where it was");
        return Ok(exit);
    }
    output.answer(&report, |report| report.text_at(&args.out, &places.published(&args.out)))?;
    // Faults that were asked for are no failure of the demo.
    Ok(if demo.faults && exit == Exit::Partial { Exit::Done } else { exit })
}

impl Demo {
    /// Plays the demo in a folder, or what is new of it when it was played there before.
    ///
    /// # Errors
    /// When the folder holds something else, or a store or the ledger can't be used.
    pub async fn play(&self, out: &Path, stop: CancellationToken, progress: Progress) -> Result<(DemoReport, Exit)> {
        self.play_with(out, stop, progress, self.plan()).await
    }

    /// The same, with other faults than the showcase.
    ///
    /// # Errors
    /// As [`Demo::play`].
    pub async fn play_with(
        &self,
        out: &Path,
        stop: CancellationToken,
        progress: Progress,
        faults: FaultPlan,
    ) -> Result<(DemoReport, Exit)> {
        self.play_at(out, &Places::default(), stop, progress, faults).await
    }

    /// The same, with what it keeps in other places than the folder.
    ///
    /// # Errors
    /// As [`Demo::play`].
    pub async fn play_at(
        &self,
        out: &Path,
        places: &Places,
        stop: CancellationToken,
        progress: Progress,
        faults: FaultPlan,
    ) -> Result<(DemoReport, Exit)> {
        let mut stage = self.open_at(out, places, self.regions(faults.clone())).await?;
        stage.app.stop = stop;
        stage.app.progress = progress;
        let (run, exit) = self.play_instants(&stage).await?;
        let mut report = DemoReport::read(&stage.app, run).await?;
        report.faults = faults::shown(&stage.app, &faults, &report.run.pulled).await?;
        stage.simulator.stop().await;
        Ok((report, exit))
    }

    /// Starts the simulated regions and opens stores and ledger in a folder; nothing is pulled yet.
    ///
    /// # Errors
    /// As [`Demo::play`].
    pub async fn open(&self, out: &Path, faults: FaultPlan) -> Result<Stage> {
        self.open_with(out, self.regions(faults)).await
    }

    /// How the regions of this demo behave.
    pub fn regions(&self, faults: FaultPlan) -> SimulatorConfig {
        SimulatorConfig { seed: self.seed, faults, corrections: self.corrections(), ..SimulatorConfig::default() }
    }

    /// The same, with regions that behave as `regions` says.
    ///
    /// # Errors
    /// As [`Demo::play`].
    pub async fn open_with(&self, out: &Path, regions: SimulatorConfig) -> Result<Stage> {
        self.open_at(out, &Places::default(), regions).await
    }

    /// The same, with what it keeps in other places than the folder.
    ///
    /// # Errors
    /// As [`Demo::play`].
    pub async fn open_at(&self, out: &Path, places: &Places, regions: SimulatorConfig) -> Result<Stage> {
        if self.to < self.from {
            return Err(Usage(format!("--to {} lies before --from {}", self.to, self.from)).into());
        }
        let (first, last) = vt_simulator::months();
        if self.from < first || self.to > last {
            return Err(Usage(format!("the simulated regions deliver {first} to {last}")).into());
        }
        // Each revision falls on the publication day of a next month, which regions deliver too.
        let beyond = std::iter::successors(Some(self.to), |month| Some(month.next())).nth(self.revisions as usize);
        if beyond.is_none_or(|month| month > last) {
            let revisions = self.revisions;
            return Err(Usage(format!("--revisions {revisions} after {} goes beyond {last}", self.to)).into());
        }
        self.claim(out, places)?;
        let manual = Arc::new(ManualClock::at(self.instant()));
        let clock: Arc<dyn Clock> = Arc::clone(&manual) as _;
        let simulator = Simulator::start(regions, Arc::clone(&clock)).await?;
        let secrets = tempfile::tempdir()?;
        let mut app =
            App::open(self.config_at(out, places), out, clock).await?.with_key(MasterKey::demo(self.seed)).await?;
        app.sources = sources::sources(simulator.regions(), secrets.path())?;
        Ok(Stage { app, simulator, clock: manual, _secrets: secrets })
    }

    /// Has the private store of this demo encrypted, with a key that is made for it; before it is played.
    ///
    /// # Errors
    /// When the folder holds something else, or this demo, played without encryption.
    pub fn encrypt(&self, out: &Path, places: &Places) -> Result<()> {
        self.claim(out, places)?;
        let key = out.join(STORE_KEY);
        if key.is_file() {
            return Ok(());
        }
        if out.join("private").exists() {
            bail!("`{}` holds this demo, played without encryption; choose another folder with --out", out.display());
        }
        create_file(&key, &StoreKey::generate().secret_text(), |file| open_key(&KeyPlace::File(file.to_owned())))?;
        self.claim(out, places)
    }

    /// The folder is ours when it is empty, absent, or holds this very demo.
    fn claim(&self, out: &Path, places: &Places) -> Result<()> {
        let note = out.join(NOTE);
        match std::fs::read_to_string(&note) {
            Ok(text) => self.same_as(&text, out)?,
            Err(_) if holds_other_files(out)? => {
                bail!("`{}` is not empty and holds no demo; choose another folder with --out", out.display())
            }
            Err(_) => {
                std::fs::create_dir_all(out).with_context(|| format!("`{}` can't be made", out.display()))?;
                write_whole(&note, &serde_json::to_string_pretty(self)?, 0o644)?;
            }
        }
        // Also after a crash between these: each is written again, the same.
        write_whole(&out.join("key"), &MasterKey::demo_note(self.seed), 0o600)?;
        write_whole(&out.join(PUBLIC_KEY), &MasterKey::demo(self.seed).public_key().file(), 0o644)?;
        let config = out.join("config");
        std::fs::create_dir_all(&config)?;
        // An address of a server may hold a password.
        let mode = if places.ledger.is_some() { 0o600 } else { 0o644 };
        write_whole(&config.join("service.toml"), &self.service_toml(out, places)?, mode)
    }

    fn same_as(&self, note: &str, out: &Path) -> Result<()> {
        let present: Self =
            serde_json::from_str(note).with_context(|| format!("`{}/{NOTE}` is damaged", out.display()))?;
        if present == *self {
            return Ok(());
        }
        bail!(
            "`{}` holds a demo of {} to {} with seed {}, {} revisions{}; choose another folder with --out, or remove it",
            out.display(),
            present.from,
            present.to,
            present.seed,
            present.revisions,
            if present.faults { " and faults" } else { "" },
        )
    }

    /// A configuration by which the other commands look at the demo.
    fn service_toml(&self, out: &Path, places: &Places) -> Result<String> {
        let path = |name: &str| -> Result<String> { Ok(serde_json::to_string(&std::path::absolute(out)?.join(name))?) };
        let encryption = match out.join(STORE_KEY).is_file() {
            true => format!("[store.encryption]\nfile = {}\n\n", path(STORE_KEY)?),
            false => String::new(),
        };
        Ok(format!(
            "# Written by `vt-monitor demo`: lets the other commands look at this demo. The key is the demo's, so nothing more can be pulled or published.\n\
             {}\n{encryption}[ledger]\nurl = {}\n\n[key]\nfile = {}\n\n[schedule]\nfirst_month = \"{}\"\n",
            places.store_toml(out)?,
            serde_json::to_string(&places.ledger(&std::path::absolute(out)?).url)?,
            path("key")?,
            self.from
        ))
    }

    /// The embedded configuration of a demo in a folder.
    pub fn config(&self, out: &Path) -> Config {
        self.config_at(out, &Places::default())
    }

    /// The same, with what it keeps in other places than the folder.
    pub fn config_at(&self, out: &Path, places: &Places) -> Config {
        let path = |name: &str| -> PathBuf { out.join(name) };
        Config {
            store: StoreConfig { encryption: encryption(out), ..places.store(out) },
            ledger: places.ledger(out),
            key: KeyConfig { file: Some(path("key")), ..KeyConfig::default() },
            schedule: ScheduleConfig { first_month: self.from, ..ScheduleConfig::default() },
            ..Config::embedded()
        }
    }

    fn plan(&self) -> FaultPlan {
        if self.faults { FaultPlan::showcase(self.from, self.to) } else { FaultPlan::default() }
    }

    /// The instant at which the whole job is played, before any revision: the morning of the day on which the last periods are
    /// published whatever is missing. The same demo gives the same bytes on any day.
    pub fn instant(&self) -> DateTime<Utc> {
        revisions::publication_day(self.to)
    }
}

/// The encryption of a demo that has a key for it.
fn encryption(out: &Path) -> Option<EncryptionConfig> {
    let file = out.join(STORE_KEY);
    file.is_file().then(|| EncryptionConfig { file: Some(file), ..EncryptionConfig::default() })
}

/// Whether a folder holds anything but what a demo that was killed at its very start leaves.
fn holds_other_files(out: &Path) -> Result<bool> {
    if !out.is_dir() {
        return Ok(false);
    }
    for entry in std::fs::read_dir(out)? {
        let name = entry?.file_name();
        if !name.to_string_lossy().starts_with(&format!("{NOTE}.partial-")) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Writes a file so that it is there whole or not at all, also when two processes do it at once.
fn write_whole(path: &Path, text: &str, mode: u32) -> Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".partial-{}", std::process::id()));
    let written = std::fs::write(&partial, text)
        .and_then(|()| std::fs::set_permissions(&partial, std::fs::Permissions::from_mode(mode)))
        .and_then(|()| std::fs::rename(&partial, path));
    written.with_context(|| format!("`{}` can't be written", path.display()))
}
