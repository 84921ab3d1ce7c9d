//! All that a command works with, opened from a configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use object_store::ObjectStore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vt_domain::Clock;
use vt_domain::codes::CodeLists;
use vt_domain::register::{Register, RegisterSource};
use vt_intake::checks::{Catalogue, CheckException};
use vt_intake::fetch::Fetcher;
use vt_intake::source::SourceConfig;
use vt_ledger::{Lease, Ledger, LedgerError};
use vt_publication::audit::AttackLimits;
use vt_publication::indicators::BaseCache;
use vt_publication::keys::{KeyRing, MasterKey};
use vt_publication::reservation::SnapshotPolicy;
use vt_publication::sign::Signer;
use vt_vault::Vault;

use crate::alerts::Alerting;
use crate::belonging::{self, Found, Store, WrongStore};
use crate::config::{BackfillConfig, Config, PullConfig, RegisterConfig, ScheduleConfig, ServiceConfig};
use crate::encryption;
use crate::health::Health;
use crate::hold::Hold;
use crate::kept::Changes;
use crate::keys::{Keys, MissingKey};
use crate::metrics::Metrics;
use crate::progress::Progress;
use crate::retention::RetentionConfig;
use crate::stores::trial::{Remote, prove};
use crate::stores::{self, local, must_exist};

/// All that a command works with. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The private store.
    pub vault: Vault,
    /// What analysts read.
    pub published: Arc<dyn ObjectStore>,
    /// Runs, verdicts, publications.
    pub ledger: Ledger,
    /// Reaches the regions.
    pub fetcher: Arc<Fetcher>,
    /// Where each region's deliveries are.
    pub sources: Vec<SourceConfig>,
    /// Regions and gemeenten.
    pub register: Arc<Register>,
    /// Code lists.
    pub codes: Arc<CodeLists>,
    /// The checks.
    pub catalogue: Arc<Catalogue>,
    /// Exceptions to checks.
    pub exceptions: Vec<CheckException>,
    keys: Option<Keys>,
    /// When things are due.
    pub schedule: ScheduleConfig,
    /// How deliveries are pulled.
    pub pull: PullConfig,
    /// How backfills are paced.
    pub backfill: BackfillConfig,
    /// How the service runs.
    pub service: ServiceConfig,
    /// Who is told what is wrong.
    pub alerting: Arc<Alerting>,
    /// Whether it only pretends that it is now: other clocks are of no use then.
    pub rehearses: bool,
    /// How long things are kept.
    pub retention: RetentionConfig,
    /// The aggregation engine.
    pub engine: vt_publication::engine::EngineConfig,
    /// Parameters of protection and publication.
    pub policy: SnapshotPolicy,
    /// What was read of published issues.
    pub bases: Arc<BaseCache>,
    /// Limits of the attack before publication.
    pub attack: AttackLimits,
    /// The stores that are directories.
    pub local_stores: Vec<PathBuf>,
    /// The private store, when it is a directory.
    pub local_private: Option<PathBuf>,
    /// The stores that are not: tried before anything is kept there.
    pub remotes: Arc<[Remote]>,
    /// The folder of the ledger, when it is a file.
    pub ledger_folder: Option<PathBuf>,
    /// Cancelled by the first signal: stop at the next step's boundary.
    pub stop: CancellationToken,
    /// What callers ordered and is under way: the service ends when this has come to its safe point.
    pub orders: TaskTracker,
    /// How often something that the pages show was changed.
    pub changes: Changes,
    /// What was done, for whoever watches the service.
    pub metrics: Arc<Metrics>,
    /// Whether it can do its work.
    pub health: Arc<Health>,
    /// What is shown while it works.
    pub progress: Progress,
    /// The lease under which this work is done, when it is done under one.
    pub lease: Option<Lease>,
}

impl App {
    /// Opens everything that a configuration names, but the key: [`App::with_key`] adds it where a command needs one.
    /// `directory` is the configuration's folder: relative paths of replacements are read from there.
    ///
    /// # Errors
    /// Names what can't be opened and how to mend it.
    pub async fn open(config: Config, directory: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_as(config, directory, clock, Encryption::Settled).await
    }

    /// The same for a private store that is to be taken over to another key: its keys are not held against its history.
    ///
    /// # Errors
    /// As [`App::open`].
    pub async fn open_to_rekey(config: Config, directory: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_as(config, directory, clock, Encryption::Changes).await
    }

    async fn open_as(config: Config, directory: &Path, clock: Arc<dyn Clock>, encryption: Encryption) -> Result<Self> {
        let Opened { published, vault, ledger, remotes } = Opened::of(&config, encryption).await?;
        let options = vt_intake::fetch::FetchOptions { concurrency: config.pull.regions_at_once, ..Default::default() };
        Ok(Self {
            fetcher: Arc::new(Fetcher::new(Arc::clone(&clock), options)),
            clock,
            vault,
            published,
            ledger,
            register: Arc::new(register(&config.register, directory)?),
            codes: Arc::new(code_lists(&config.register, directory)?),
            catalogue: Arc::new(catalogue(&config.register, directory)?),
            sources: config.regions,
            exceptions: config.exceptions,
            keys: None,
            schedule: config.schedule,
            pull: config.pull,
            backfill: config.backfill,
            service: config.service,
            alerting: Arc::new(Alerting::of(&config.alerts)?),
            rehearses: false,
            retention: config.retention,
            engine: config.engine,
            policy: SnapshotPolicy { disclosure: config.disclosure.policy, publication: config.disclosure.publication },
            bases: Arc::default(),
            attack: config.disclosure.attack,
            local_stores: [&config.store.published, &config.store.private]
                .into_iter()
                .filter_map(|at| local(at))
                .collect(),
            local_private: local(&config.store.private),
            remotes: remotes.into(),
            ledger_folder: config.ledger.file().and_then(|file| file.parent().map(PathBuf::from)),
            stop: CancellationToken::new(),
            orders: TaskTracker::new(),
            changes: Changes::default(),
            metrics: Arc::default(),
            health: Arc::default(),
            progress: Progress::quiet(),
            lease: None,
        })
    }

    /// The same, with keys: those that the private store was worked with. At its first use the current one begins its history.
    ///
    /// # Errors
    /// [`crate::keys::WrongKey`] when the store was worked with other keys: hashed ids and draws would no longer match.
    /// [`WrongStore`] when a store is not the one that the others know; [`crate::stores::trial::Unfit`] when nothing may rest on one.
    pub async fn with_key(self, ring: impl Into<KeyRing>) -> Result<Self> {
        // First: an empty store in the place of a lost one must not begin a history of its own.
        belonging::check(&self).await?;
        prove(&self.remotes, self.clock.now()).await?;
        encryption::begin(&self.vault, self.clock.now()).await?;
        let keys = Keys::open(&self.vault, ring.into(), self.clock.now()).await?;
        let app = Self { keys: Some(keys), ..self };
        belonging::ensure(&app).await?;
        Ok(app)
    }

    /// The current key: that of new periods.
    ///
    /// # Errors
    /// When this command was opened without one.
    pub fn key(&self) -> Result<&MasterKey, MissingKey> {
        Ok(self.keys()?.current())
    }

    /// The key with a fingerprint, such as a reservation names: a period is revised with the key of its first issue.
    ///
    /// # Errors
    /// [`MissingKey`] says which key is missing and what to do.
    pub fn key_of(&self, fingerprint: &str) -> Result<&MasterKey, MissingKey> {
        self.keys()?.of(fingerprint)
    }

    /// Signs manifests and errata with the current key.
    ///
    /// # Errors
    /// When this command was opened without one.
    pub fn signer(&self) -> Result<&Signer, MissingKey> {
        Ok(self.keys()?.signer())
    }

    /// The key under which ids are hashed and deliveries get their digest; a rotation does not change it.
    ///
    /// # Errors
    /// When this command was opened without keys.
    pub fn id_key(&self) -> Result<[u8; 32], MissingKey> {
        Ok(self.keys()?.id_key())
    }

    fn keys(&self) -> Result<&Keys, MissingKey> {
        self.keys.as_ref().ok_or(MissingKey::NotOpened)
    }

    /// The same, working under a lease: told to stop when that is lost.
    #[must_use]
    pub fn under(&self, hold: &Hold) -> Self {
        Self { stop: hold.stop().clone(), lease: Some(hold.lease().clone()), ..self.clone() }
    }

    /// Waits, but not when told to stop.
    pub async fn pause(&self, time: Duration) {
        let _ = tokio::time::timeout(time, self.stop.cancelled()).await;
    }

    /// Whether the lease under which this work is done is still held, by the database's time. Work under none is nobody else's.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn still_holds(&self) -> Result<bool, LedgerError> {
        match &self.lease {
            Some(lease) => self.ledger.holds(lease).await,
            None => Ok(true),
        }
    }

    /// The same, with another token by which it is told to stop.
    #[must_use]
    pub fn stopped_by(&self, stop: CancellationToken) -> Self {
        Self { stop, ..self.clone() }
    }

    /// The same, at another time.
    #[must_use]
    pub fn at(&self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self.clone() }
    }

    /// The source of a region.
    pub fn source(&self, vt: &str) -> Option<&SourceConfig> {
        self.sources.iter().find(|source| source.vt == vt)
    }

    /// Name and version of the program, as recorded in reservations and manifests.
    pub fn software() -> String {
        format!("vt-monitor {}", env!("CARGO_PKG_VERSION"))
    }
}

/// Whether the keys of the private store are those of its history, or are about to take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    Settled,
    Changes,
}

/// Where things are kept.
struct Opened {
    published: Arc<dyn ObjectStore>,
    vault: Vault,
    ledger: Ledger,
    remotes: Vec<Remote>,
}

impl Opened {
    /// Opens them. A folder is made at the first use only: one that the ledger knows of was lost.
    async fn of(config: &Config, encryption: Encryption) -> Result<Self> {
        // A new ledger may lie in a folder that is made with the stores.
        let known = match config.ledger.file() {
            Some(file) if !file.is_file() => None,
            _ => Some(config.ledger.open().await?),
        };
        let mark = match &known {
            Some(ledger) => ledger.mark_of_stores().await?,
            None => None,
        };
        for store in [Store::Private, Store::Published] {
            if mark.is_some() && must_exist(config.store.address(store)).is_err() {
                return Err(WrongStore { store, expected: mark, found: Found::NoFolder }.into());
            }
        }
        let published = stores::open(&config.store, Store::Published).context("published store")?;
        let private = stores::open(&config.store, Store::Private).context("private store")?;
        let mut remotes = Vec::new();
        for (store, ours) in [(Store::Published, &published), (Store::Private, &private)] {
            if let Some(anybody) = stores::open_as_anybody(&config.store, store).context(store.part())? {
                // Analysts may be anybody; what is private is ours alone.
                let anybody = (store == Store::Private).then_some(anybody);
                remotes.push(Remote { store, ours: Arc::clone(ours), anybody });
            }
        }
        let vault = match encryption {
            Encryption::Settled => encryption::open(private, &config.store).await?,
            Encryption::Changes => encryption::unchecked(private, &config.store)?,
        };
        let ledger = match known {
            Some(ledger) => ledger,
            None => config.ledger.open().await?,
        };
        Ok(Self { published, vault, ledger, remotes })
    }
}

/// The register: the built-in one, or that of the configuration.
///
/// # Errors
/// When a file of it is wrong.
pub fn register(config: &RegisterConfig, directory: &Path) -> Result<Register> {
    let Some(folder) = &config.directory else { return Ok(Register::builtin().clone()) };
    let folder = directory.join(folder);
    if !folder.is_dir() {
        bail!("configuration, register.directory: there is no folder `{}`", folder.display());
    }
    let source = RegisterSource::from_files(|name| std::fs::read_to_string(folder.join(name)).ok());
    Ok(Register::from_source(&source)?)
}

/// The code lists: the built-in ones, or those of the configuration.
///
/// # Errors
/// When the file is wrong.
pub fn code_lists(config: &RegisterConfig, directory: &Path) -> Result<CodeLists> {
    let Some(file) = &config.code_lists else { return Ok(CodeLists::builtin().clone()) };
    Ok(CodeLists::from_csv(&read(&directory.join(file), "register.code_lists")?)?)
}

/// The check catalogue: the built-in one, or that of the configuration.
///
/// # Errors
/// When the file is wrong.
pub fn catalogue(config: &RegisterConfig, directory: &Path) -> Result<Catalogue> {
    let Some(file) = &config.checks else { return Ok(Catalogue::builtin().clone()) };
    Ok(Catalogue::from_toml(&read(&directory.join(file), "register.checks")?)?)
}

fn read(path: &Path, field: &str) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("configuration, {field}: `{}` can't be read", path.display()))
}
