//! Whether private store, published store and ledger belong together. Both stores bear one mark of identity, and the ledger remembers
//! it: an empty folder, a mistyped address or another service's store is told from the one that was worked with, and not filled anew.
//!
//! The mark follows from the first entry of the private store's history of keys. At the first use the published store gets it
//! (`kenmerk.json`), then the private store notes that it did (`published.json`), last the ledger remembers it. What was there before
//! marks were kept is taken up when all that the ledger says was published is there.

use std::collections::BTreeSet;

use anyhow::Result;
use object_store::ObjectStore;
use vt_domain::PeriodKind;
use vt_ledger::{DeliveryFilter, Ledger, PublicationStatus};
use vt_publication::publish::{read_mark, write_mark};
use vt_publication::shelf::Shelf;
use vt_vault::Vault;

use crate::app::App;
use crate::issues::manifests;

/// A store of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// What nobody else may read.
    Private,
    /// What analysts read.
    Published,
}

impl Store {
    /// As health and errors call it.
    pub fn part(self) -> &'static str {
        match self {
            Self::Private => "private store",
            Self::Published => "published store",
        }
    }

    /// The field of the configuration.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Private => "store.private",
            Self::Published => "store.published",
        }
    }
}

impl std::fmt::Display for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.part())
    }
}

/// What stands where a store should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No folder.
    NoFolder,
    /// A store that bears no mark, or in which nothing is.
    Nothing,
    /// A store with another mark.
    Other(String),
    /// A store that lacks what was published.
    Less,
}

/// A store is not the one that was worked with. Its text names no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {store} {}: nothing is pulled or published, so that nothing is lost or made anew. Bring its folder or bucket back \
     (is a disk not mounted, or `{}` mistyped?), or restore its newest copy; to begin anew, give addresses of a new private \
     store, a new published store and a new ledger", self.said(), store.field()
)]
pub struct WrongStore {
    /// Which.
    pub store: Store,
    /// The mark that it should bear, where that is known.
    pub expected: Option<String>,
    /// What is there.
    pub found: Found,
}

impl WrongStore {
    fn new(store: Store, expected: Option<&String>, found: Found) -> Self {
        Self { store, expected: expected.cloned(), found }
    }

    /// What is wrong, in a few words.
    pub fn said(&self) -> String {
        let expected = self.expected.as_ref().map_or_else(String::new, |mark| format!(" (mark {mark})"));
        match &self.found {
            Found::NoFolder => format!("is not there, and the ledger knows what was kept in it{expected}"),
            Found::Nothing => format!("is empty or bears no mark, and is known to be in use{expected}"),
            Found::Other(mark) => format!("is another one (mark {mark}) than was worked with{expected}"),
            Found::Less => "lacks what the ledger says was published".to_owned(),
        }
    }
}

/// What is known of how they belong together.
#[derive(Debug, Default)]
struct Seen {
    /// Of the private store.
    private: Option<String>,
    /// Of the published store.
    published: Option<String>,
    /// Of the published store, as the private one notes.
    noted: Option<String>,
    /// As the ledger remembers.
    remembered: Option<String>,
    /// Whether a ledger that remembers no mark has judged deliveries.
    ledger_was_used: bool,
    /// Whether an unmarked store lacks what the ledger says was published.
    lacks: bool,
}

impl Seen {
    async fn now(ledger: &Ledger, vault: &Vault, published: &dyn ObjectStore) -> Result<Self> {
        let mut seen = Self {
            remembered: ledger.mark_of_stores().await?,
            private: vault.mark().await?,
            noted: vault.published_mark().await?,
            published: read_mark(published).await?,
            ..Self::default()
        };
        if seen.remembered.is_none() {
            seen.ledger_was_used = !ledger.deliveries(&DeliveryFilter::default()).await?.is_empty();
            seen.lacks = lacks(ledger, published).await?;
        }
        Ok(seen)
    }

    fn judge(&self) -> Result<(), WrongStore> {
        let known = self.remembered.as_ref().or(self.published.as_ref());
        match (&self.private, known) {
            (None, Some(_)) => return Err(WrongStore::new(Store::Private, known, Found::Nothing)),
            (None, None) if self.ledger_was_used => {
                return Err(WrongStore::new(Store::Private, None, Found::Nothing));
            }
            (Some(private), Some(_)) if self.remembered.as_ref().is_some_and(|mark| mark != private) => {
                return Err(WrongStore::new(Store::Private, known, Found::Other(private.clone())));
            }
            _ => {}
        }
        match &self.published {
            Some(mark) if Some(mark) != self.private.as_ref() => {
                Err(WrongStore::new(Store::Published, self.private.as_ref(), Found::Other(mark.clone())))
            }
            None if self.noted.is_some() || self.remembered.is_some() => {
                Err(WrongStore::new(Store::Published, self.private.as_ref(), Found::Nothing))
            }
            _ if self.lacks => Err(WrongStore::new(Store::Published, self.private.as_ref(), Found::Less)),
            _ => Ok(()),
        }
    }

    /// Whether everything that can bear or know the mark does.
    fn is_taken_up(&self) -> bool {
        self.private.is_some() && [&self.published, &self.noted, &self.remembered].iter().all(|mark| mark.is_some())
    }
}

/// Whether a manifest is missing of what a ledger says was published.
async fn lacks(ledger: &Ledger, published: &dyn ObjectStore) -> Result<bool> {
    let recorded = ledger.publications(None).await?;
    let recorded: Vec<_> = recorded.iter().filter(|it| it.status == PublicationStatus::Published).collect();
    if recorded.is_empty() {
        return Ok(false);
    }
    let mut there = BTreeSet::new();
    for kind in PeriodKind::ALL {
        there.extend(manifests(published, kind).await?.into_iter().map(|issue| (issue.periode, issue.uitgave)));
    }
    Ok(recorded.iter().any(|it| !there.contains(&(it.period, it.issue))))
}

/// Sees whether stores and ledger belong together; changes nothing.
///
/// # Errors
/// [`WrongStore`]; when one of them can't be read.
pub async fn check_all(ledger: &Ledger, vault: &Vault, published: &dyn ObjectStore) -> Result<()> {
    Ok(Seen::now(ledger, vault, published).await?.judge()?)
}

/// The same, of what a command works with.
///
/// # Errors
/// As [`check_all`].
pub async fn check(app: &App) -> Result<()> {
    check_all(&app.ledger, &app.vault, app.published.as_ref()).await
}

/// The same, before something is kept or published: what bears no mark yet is marked.
///
/// # Errors
/// As [`check_all`]; when something can't be written.
pub async fn ensure(app: &App) -> Result<()> {
    let seen = Seen::now(&app.ledger, &app.vault, app.published.as_ref()).await?;
    seen.judge()?;
    // Without a key nothing is kept yet.
    let Some(mark) = seen.private.as_ref().filter(|_| !seen.is_taken_up()) else { return Ok(()) };
    if seen.noted.is_some() {
        tracing::warn!(
            "this ledger is new to stores that were worked with: taken up; what it knew of runs and orders is gone"
        );
    }
    write_mark(app.published.as_ref(), mark).await?;
    app.vault.note_published(mark).await?;
    let _ = app.ledger.remember_stores(mark, app.clock.now()).await?;
    Ok(())
}

/// What is published, of a store that is the right one.
///
/// # Errors
/// As [`check_all`].
pub async fn shelf(app: &App) -> Result<Shelf> {
    check(app).await?;
    Ok(Shelf::read(app.published.as_ref()).await?)
}

#[cfg(test)]
mod tests;
