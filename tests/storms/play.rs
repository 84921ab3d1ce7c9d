//! Plays one schedule: its storms, then rounds in the calm until nothing is left to do, with readers that look on.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use vt_domain::ManualClock;
use vt_intake::source::SourceConfig;
use vt_monitor::config::Config;
use vt_monitor::exit::Exit;
use vt_monitor::round;
use vt_servers::Proxy;
use vt_servers::faulty::{Fault, FaultyStore};

use crate::draw::{Blow, Company, Counted, End, How, LATEST, LedgerBlow, Schedule, Storm, rain};
use crate::ends;
use crate::instance::{Instance, Made, Stores, bury};
use crate::reader::{Process, Reader};
use crate::world::{REST, World};

/// So many rounds in the calm are enough, whatever came before.
const ROUNDS: usize = 8;

/// What came of a schedule.
#[derive(Debug, Default)]
pub struct Played {
    pub looks: u64,
    pub process_looks: u64,
    /// Operations of stores that met a fault.
    pub struck: usize,
    pub rounds: usize,
    pub went_back: u32,
    /// Whether the end is the undisturbed one byte for byte, or that of another sequence.
    pub same: bool,
}

/// Plays a schedule to its end, and judges that.
pub async fn play(world: &World, schedule: &Schedule) -> Result<Played> {
    let place = world.begin(schedule.start)?;
    let published = place.path().join("published");
    let reader = Reader::start(&published, schedule.keeps_issues().then(|| known(world, schedule)));
    let process = schedule.read_along.then(|| Process::start(&published));
    let course = Course::new(world, schedule, &place);
    let outcome = Box::pin(course.sail()).await;
    let (seen, beside) = (reader.stop(), process.map(Process::stop));
    let mut played = outcome?;
    ensure!(seen.wrong.is_empty(), "a reader saw: {:?}", seen.wrong);
    (played.looks, played.went_back) = (seen.looks.into(), seen.went_back);
    if let Some((looks, wrong)) = beside {
        played.process_looks = looks;
        ensure!(wrong.is_empty() && looks > 0, "{wrong:?}");
    }
    ensure!(schedule.has_rivals() || played.went_back == 0, "latest.json went back {} times", played.went_back);
    played.same = ends::judge(&course).await?;
    Ok(played)
}

/// The manifests of the undisturbed play.
fn known(world: &World, schedule: &Schedule) -> BTreeSet<String> {
    let paths = world.calm(schedule.start).end.paths().map(|path| path.to_string_lossy().into_owned());
    paths.filter(|path| path.starts_with("manifests/") && path.ends_with(".json")).collect()
}

/// A schedule under way.
pub struct Course<'a> {
    pub world: &'a World,
    pub schedule: &'a Schedule,
    pub place: &'a TempDir,
    pub clock: Arc<ManualClock>,
}

impl<'a> Course<'a> {
    fn new(world: &'a World, schedule: &'a Schedule, place: &'a TempDir) -> Self {
        let clock = Arc::new(ManualClock::at(world.instant(schedule.start)));
        Self { world, schedule, place, clock }
    }

    pub fn config(&self, ledger: &str) -> Config {
        self.world.config(self.place.path(), ledger)
    }

    fn sources(&self) -> Result<Vec<SourceConfig>> {
        self.world.sources(self.schedule.start, |_, base| base.to_owned())
    }

    /// An instance for which nothing fails.
    pub async fn calm(&self) -> Result<Instance> {
        let sources = self.sources()?;
        Instance::open(self.config("ledger.sqlite"), sources, Arc::clone(&self.clock), Stores::sound()).await
    }

    async fn sail(&self) -> Result<Played> {
        let mut played = Played::default();
        for storm in &self.schedule.storms {
            self.clock.set(self.world.instant(self.schedule.start));
            played.struck += Box::pin(self.brave(storm)).await?;
            played.rounds += 1;
        }
        // What was still on its way comes in.
        tokio::time::sleep(LATEST).await;
        let rest = if self.schedule.jumps() { REST } else { Default::default() };
        self.clock.set(self.world.instant(self.schedule.start) + rest);
        played.rounds += self.rest().await?;
        Ok(played)
    }

    /// Rounds in the calm, until nothing is left to do; how many.
    async fn rest(&self) -> Result<usize> {
        let mut last = String::new();
        for rounds in 1..=ROUNDS {
            let instance = self.calm().await.context("an instance in the calm")?;
            let (report, exit) = round::all(&instance.app, "calm").await.context("a round in the calm")?;
            instance.close().await;
            let failed: Vec<_> = report.published.iter().filter(|result| result.failure.is_some()).collect();
            ensure!(failed.is_empty(), "in the calm: {failed:?}");
            let pulled = report.pulled.iter().any(|pull| pull.did_something() || pull.failure.is_some());
            if exit == Exit::Done && report.published.is_empty() && !pulled && !report.busy {
                return Ok(rounds);
            }
            last = format!("{exit:?}, {report:?}");
        }
        bail!("it does not come to rest: {last}");
    }

    /// One round in a storm; how many operations met a fault. Whatever comes of it, the next one goes on.
    async fn brave(&self, storm: &Storm) -> Result<usize> {
        let (killed, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let region = self.region(storm)?;
        let stores = self.stores(storm, &killed, &stop)?;
        let sources = region.as_ref().map_or_else(|| self.sources(), |(_, sources)| Ok(sources.clone()))?;
        let made = Arc::clone(&stores.made);
        let work = async {
            let opened = Instance::open(self.config("ledger.sqlite"), sources, Arc::clone(&self.clock), stores).await;
            let Ok(mut instance) = opened else { return };
            instance.app.stop = stop.clone();
            match storm.company {
                Some(Company::DoubleTick) => {
                    let _ = tokio::join!(round::all(&instance.app, "tick"), round::all(&instance.app, "tock"));
                }
                Some(company) => {
                    let _ = tokio::join!(round::all(&instance.app, "storm"), self.other(company));
                }
                None => drop(round::all(&instance.app, "storm").await),
            }
            instance.close().await;
        };
        let ended = tokio::select! {
            () = work => true,
            () = killed.notified() => false,
        };
        let made = std::mem::take(&mut *made.lock().unwrap());
        if !ended {
            made.iter().for_each(FaultyStore::give_up);
            // A ledger that was just taken away can't be opened for a moment; the next round begins a new one.
            let _ = bury(&self.config("ledger.sqlite"), &self.clock).await;
        }
        Ok(made.iter().map(FaultyStore::struck).sum())
    }

    /// Another instance beside the one that the storm strikes.
    async fn other(&self, company: Company) {
        let ledger = if company == Company::OtherLedger { "other.sqlite" } else { "ledger.sqlite" };
        let Ok(sources) = self.sources() else { return };
        let opened = Instance::open(self.config(ledger), sources, Arc::clone(&self.clock), Stores::sound()).await;
        if let Ok(instance) = opened {
            let _ = round::all(&instance.app, "beside").await;
            instance.close().await;
        }
    }

    /// A region behind a proxy, and the sources by which it is reached so.
    fn region(&self, storm: &Storm) -> Result<Option<(Proxy, Vec<SourceConfig>)>> {
        let Some((struck, weather, cut)) = storm.region else { return Ok(None) };
        let proxy = Proxy::start(self.world.port(self.schedule.start, struck)?)?;
        proxy.set(weather);
        if let Some(bytes) = cut {
            proxy.cut_after(bytes);
        }
        let reach = |vt: &str, base: &str| match vt == struck {
            true => format!("http://127.0.0.1:{}", proxy.port()),
            false => base.to_owned(),
        };
        let sources = self.world.sources(self.schedule.start, reach)?;
        Ok(Some((proxy, sources)))
    }

    fn stores(&self, storm: &Storm, killed: &Arc<Notify>, stop: &CancellationToken) -> Result<Stores> {
        let with = |blows: &[Blow], counted: Counted| {
            let (blows, end) = (blows.to_vec(), storm.end.filter(|end| end.by == counted));
            let (killed, stop) = (Arc::clone(killed), stop.clone());
            move |store: FaultyStore| ending(blown(store, &blows), end, &killed, &stop)
        };
        let (published, private) = (with(&storm.published, Counted::Published), with(&storm.private, Counted::Private));
        let (jump, ledger, place) = (storm.clock, storm.ledger, self.place.path().to_owned());
        let (clock, at) = (Arc::clone(&self.clock), self.world.instant(self.schedule.start));
        let private = move |store: FaultyStore| {
            let mut store = private(store);
            if let Some(jump) = jump {
                let clock = Arc::clone(&clock);
                store = store.when(jump.at, move || clock.set(at + jump.by));
            }
            match ledger {
                Some(LedgerBlow::Busy(at, time)) => {
                    let file = place.join("ledger.sqlite");
                    store.when(at, move || hold_ledger(&file, time))
                }
                Some(LedgerBlow::Lost(at)) => {
                    let place = place.clone();
                    store.when(at, move || lose_ledger(&place))
                }
                None => store,
            }
        };
        Ok(Stores { published: Box::new(published), private: Box::new(private), made: Made::default() })
    }
}

fn blown(store: FaultyStore, blows: &[Blow]) -> FaultyStore {
    blows.iter().fold(store, |store, blow| match blow {
        Blow::At(number, fault) => store.at(*number, *fault),
        Blow::Rain(seed, per_mille) => store.seeded(*seed, *per_mille, &rain()),
    })
}

fn ending(store: FaultyStore, end: Option<End>, killed: &Arc<Notify>, stop: &CancellationToken) -> FaultyStore {
    match end {
        Some(End { how: How::Killed, at, .. }) => {
            let killed = Arc::clone(killed);
            store.at(at, Fault::Never).when(at, move || killed.notify_one())
        }
        Some(End { how: How::Stopped, at, .. }) => {
            let stop = stop.clone();
            store.when(at, move || stop.cancel())
        }
        None => store,
    }
}

/// Writes to the ledger as another process does, for so long.
fn hold_ledger(file: &Path, time: Duration) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    tokio::spawn(async move {
        use sqlx::{ConnectOptions, Connection};
        let mut connection = options.connect().await?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await?;
        tokio::time::sleep(time).await;
        sqlx::query("ROLLBACK").execute(&mut connection).await?;
        connection.close().await
    });
}

fn lose_ledger(place: &Path) {
    for end in ["", "-wal", "-shm"] {
        // One that was never made, or is gone already.
        let _ = std::fs::remove_file(place.join(format!("ledger.sqlite{end}")));
    }
}
