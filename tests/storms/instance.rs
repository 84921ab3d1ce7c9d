//! One process of the service, as far as a process can be had within a test: its own stores, its own connections to the ledger, and
//! an end without farewell.

use std::sync::{Arc, Mutex};

use anyhow::Result;
use object_store::ObjectStore;
use vt_domain::{Clock, ManualClock};
use vt_intake::source::SourceConfig;
use vt_ledger::{Ledger, RunOutcome};
use vt_monitor::app::App;
use vt_monitor::config::Config;
use vt_publication::keys::MasterKey;
use vt_servers::faulty::FaultyStore;
use vt_vault::Vault;

/// What is done to a store before it is used.
type Change = Box<dyn Fn(FaultyStore) -> FaultyStore + Send + Sync>;

/// What is done to both stores.
pub struct Stores {
    pub published: Change,
    pub private: Change,
    /// Those that were made so, for whoever looks at them when the instance is gone.
    pub made: Made,
}

/// Stores of an instance, that may be gone.
pub type Made = Arc<Mutex<Vec<FaultyStore>>>;

impl Stores {
    /// Stores that do not fail.
    pub fn sound() -> Self {
        Self { published: Box::new(|store| store), private: Box::new(|store| store), made: Made::default() }
    }
}

/// An instance at work.
pub struct Instance {
    pub app: App,
    pub published: FaultyStore,
    pub private: FaultyStore,
}

impl Instance {
    /// Begins as the service does; the stores fail from its first look on.
    pub async fn open(
        config: Config,
        sources: Vec<SourceConfig>,
        clock: Arc<ManualClock>,
        stores: Stores,
    ) -> Result<Self> {
        let clock: Arc<dyn Clock> = clock;
        let mut app = App::open(config, std::path::Path::new("/"), clock).await?;
        let published = (stores.published)(FaultyStore::new(Arc::clone(&app.published)));
        let private = (stores.private)(FaultyStore::new(Arc::clone(app.vault.store())));
        stores.made.lock().unwrap().extend([published.clone(), private.clone()]);
        app.published = Arc::new(published.clone()) as Arc<dyn ObjectStore>;
        app.vault = Vault::new(Arc::new(private.clone()));
        app.sources = sources;
        let app = app.with_key(MasterKey::demo(2020)).await?;
        Ok(Self { app, published, private })
    }

    /// Ends, and closes the ledger.
    pub async fn close(self) {
        self.app.ledger.close().await;
    }
}

/// Clears up in a ledger what an instance left that came to its end without farewell: the next process sees that it is gone, which it
/// can't of one within the same process.
pub async fn bury(config: &Config, clock: &ManualClock) -> Result<()> {
    let ledger: Ledger = config.ledger.open().await?;
    for lease in ledger.leases().await? {
        ledger.release(&lease).await?;
    }
    for run in ledger.latest_runs(100).await?.into_iter().filter(|run| run.ended.is_none()) {
        let _ = ledger.finish_run(run.id, clock.now(), RunOutcome::Stopped).await?;
    }
    ledger.close().await;
    Ok(())
}
