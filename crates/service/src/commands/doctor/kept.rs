//! Whether both stores and the ledger can be used, and are those of one service. Nothing is made that is not there.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use object_store::ObjectStore;
use vt_ledger::{AuditVerdict, Ledger};
use vt_vault::Vault;

use super::Examined;
use crate::belonging::{self, Found, Store, WrongStore};
use crate::config::{Config, LedgerConfig};
use crate::stores::{self, must_exist, trial};

/// A store, where it should be.
struct Place {
    store: Store,
    address: String,
    /// Nothing when there is no folder.
    opened: Option<Result<Arc<dyn ObjectStore>>>,
    /// As somebody without credentials reaches it, when nobody may.
    anybody: Option<Arc<dyn ObjectStore>>,
}

/// What is kept, as far as it is there.
pub struct Kept {
    places: [Place; 2],
    ledger: Option<Result<Ledger>>,
    /// The mark that the ledger remembers.
    mark: Option<String>,
    /// Whether the ledger is at a server that is reached without TLS.
    is_open: bool,
}

impl Kept {
    /// Opens what is there.
    pub async fn open(config: &Config) -> Self {
        let place = |store: Store| {
            let address = config.store.address(store);
            let opened = must_exist(address).is_ok().then(|| stores::open_existing(&config.store, store));
            let anybody = stores::open_as_anybody(&config.store, store).ok().flatten();
            let anybody = anybody.filter(|_| store == Store::Private);
            Place { store, address: address.to_owned(), opened, anybody }
        };
        let ledger = opened(&config.ledger).await.transpose();
        let mark = match &ledger {
            Some(Ok(ledger)) => ledger.mark_of_stores().await.ok().flatten(),
            _ => None,
        };
        let places = [place(Store::Published), place(Store::Private)];
        let location = config.ledger.location().ok();
        let is_open = location.as_ref().and_then(|location| location.server()).is_some_and(|server| server.is_open());
        Self { places, ledger, mark, is_open }
    }

    /// The ledger, when it could be opened.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()?.as_ref().ok()
    }

    /// The private store, when it could be opened.
    pub fn vault(&self) -> Option<Vault> {
        Some(Vault::new(Arc::clone(self.store(Store::Private)?)))
    }

    fn store(&self, which: Store) -> Option<&Arc<dyn ObjectStore>> {
        self.places.iter().find(|place| place.store == which)?.opened.as_ref()?.as_ref().ok()
    }

    /// Tries each, and whether they belong together.
    pub async fn examine(&self, now: DateTime<Utc>) -> Vec<Examined> {
        let wrong = self.belong().await.err();
        let mut examined = Vec::new();
        for Place { store, address, opened, anybody } in &self.places {
            examined.push(match opened {
                None => self.missing(*store, address),
                Some(Err(error)) => Examined::new(store.part(), Err(anyhow::anyhow!("{error:#}"))),
                Some(Ok(opened)) => {
                    let tried = trial::examine(opened.as_ref(), anybody.as_deref(), now, trial::PATIENCE).await;
                    Examined::new(store.part(), tried.map(|detail| format!("{address}: {detail}")))
                }
            });
        }
        match wrong.map(|error| error.downcast::<WrongStore>()) {
            Some(Ok(wrong)) => examined.push(Examined::new(wrong.store.part(), Err(wrong.into()))),
            Some(Err(error)) => examined.push(Examined::new("stores and ledger", Err(error))),
            None => {}
        }
        examined.push(match &self.ledger {
            None => Examined::warning("ledger", "is not there yet: the first `run` makes it".to_owned()),
            Some(Err(error)) => Examined::new("ledger", Err(anyhow::anyhow!("{error:#}"))),
            Some(Ok(ledger)) => Examined::new("ledger", examine_ledger(ledger).await),
        });
        if self.is_open {
            let detail =
                "what goes to and from its server can be read on the way (sslmode=disable): use sslmode=verify-full";
            examined.push(Examined::warning("way to the ledger", detail.to_owned()));
        }
        examined
    }

    /// A folder that is not there.
    fn missing(&self, store: Store, address: &str) -> Examined {
        match &self.mark {
            Some(mark) => {
                let wrong = WrongStore { store, expected: Some(mark.clone()), found: Found::NoFolder };
                Examined::new(store.part(), Err(anyhow::anyhow!("`{address}`: {wrong}")))
            }
            None => {
                let detail = format!(
                    "there is no folder `{address}`: right when nothing was done yet, the first `run` makes it"
                );
                Examined::warning(store.part(), detail)
            }
        }
    }

    /// Whether what is there belongs together; what can't be opened is told of for itself.
    async fn belong(&self) -> Result<()> {
        let (Some(ledger), Some(vault), Some(published)) = (self.ledger(), self.vault(), self.store(Store::Published))
        else {
            return Ok(());
        };
        let checked = belonging::check_all(ledger, &vault, published.as_ref());
        tokio::time::timeout(trial::PATIENCE, checked).await.context("no answer in time")?
    }
}

/// The ledger, when there is one already.
async fn opened(config: &LedgerConfig) -> Result<Option<Ledger>> {
    let location = config.with_password()?;
    match Ledger::schema_at(&location).await? {
        Some(_) => Ok(Some(Ledger::open_at(&location).await?)),
        None => Ok(None),
    }
}

/// Written, with a lease that is given back at once; and its audit log, whether it is whole.
async fn examine_ledger(ledger: &Ledger) -> Result<String> {
    let mend = "is its disk full, or do others hold it? docs/OPERATING.md";
    let schema = ledger.schema().await.context(mend)?;
    let holder = crate::runs::holder();
    let lease = ledger.claim("doctor", &holder, Duration::from_secs(10)).await.context(mend)?;
    if let Some(lease) = lease {
        ledger.release(&lease).await.context(mend)?;
    }
    match ledger.verify_audit().await.context("its audit log can't be read: restore the newest copy of the ledger")? {
        AuditVerdict::Whole { entries, .. } => {
            Ok(format!("schema {schema}; can be read and written; its audit log is whole, with {entries} entries"))
        }
        AuditVerdict::Broken { seq, rule } => bail!(
            "its audit log is broken: entry {seq} {rule}. Keep a copy of the ledger as it is, and see `audit-log --verify` in \
             docs/OPERATING.md"
        ),
        AuditVerdict::Lacks { .. } => {
            bail!("its audit log lacks entries; see `audit-log --verify` in docs/OPERATING.md")
        }
    }
}
