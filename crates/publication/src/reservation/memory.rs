//! The guard against a restored old backup: what was published, the disclosure memory must know (DESIGN §7).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStore;
use serde::Deserialize;
use vt_domain::snapshot::{Issue, Manifest};
use vt_domain::{Period, PeriodKind};
use vt_vault::{ReservationKey, Vault};

use crate::error::PublicationError;
use crate::gate::Input;
use crate::publish::store::{self, StoreError};

/// Reservations read at once.
const CONCURRENT_READS: usize = 8;

/// What [`check_memory`] found in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryCheck {
    /// Issues that have a manifest and the reservation it was made from.
    pub published: usize,
    /// Reservations without a manifest that are not void: to be finished exactly as they are.
    pub unfinished: Vec<ReservationKey>,
    /// Reservations that are void: never finished, and bind all the same.
    pub void: Vec<ReservationKey>,
}

/// The part of a reservation that its manifest repeats.
#[derive(Debug, PartialEq, Deserialize)]
struct Repeated {
    gepubliceerd_op: DateTime<Utc>,
    software: String,
    register: String,
    invoer: Vec<Input>,
}

/// The part of a reservation that this check looks at; whoever uses its counts reads and checks it as a whole.
#[derive(Debug, Deserialize)]
struct Outline {
    #[serde(flatten)]
    repeated: Repeated,
    uitgave: u32,
    periode: Period,
    sleutel_kenmerk: String,
}

/// Checks that every manifest and every draft in the published store has the reservation in the vault that it was made from, and
/// that the reservations are all there, or what stays of those whose term was over: numbered without gaps, each readable and made with one of `keys` (fingerprints of the
/// history of keys; not checked when not given), and none but the newest of a period neither published nor void.
///
/// # Errors
/// [`PublicationError::MemoryLost`], [`PublicationError::MemoryDamaged`] or [`PublicationError::OtherKey`] when not: nothing may be
/// published then. [`PublicationError::Store`] and [`PublicationError::Vault`] when a store fails.
pub async fn check_memory(
    vault: &Vault,
    published: &dyn ObjectStore,
    keys: Option<&BTreeSet<String>>,
) -> Result<MemoryCheck, PublicationError> {
    let (mut reserved, mut removed, mut void) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for kind in PeriodKind::ALL {
        reserved.extend(vault.reservations(kind).await?);
        removed.extend(vault.removed_reservations(kind).await?);
        void.extend(vault.voids(kind).await?);
    }
    reserved.extend(&removed);
    for (path, issue) in drafts(published).await? {
        if !reserved.contains(&key(issue)) {
            return Err(lost(path, "it is not reserved"));
        }
    }
    let manifests = manifests(published).await?;
    for (&issue, path) in &manifests {
        if !reserved.contains(&key(issue)) {
            return Err(lost(path.clone(), "it is not reserved"));
        }
    }
    check_numbers(&reserved, &void)?;
    let outlines = stream::iter(reserved.iter().copied()).map(|key| outline(vault, key)).buffered(CONCURRENT_READS);
    let outlines: Vec<(ReservationKey, Option<Outline>)> = outlines.try_collect().await?;
    for (key, outline) in outlines {
        let manifest = manifests.get(&issue_of(key));
        if let (Some(outline), Some(keys)) = (&outline, keys)
            && !keys.contains(&outline.sleutel_kenmerk)
        {
            let fingerprint = outline.sleutel_kenmerk.clone();
            return Err(PublicationError::OtherKey { path: memory_path(key), fingerprint });
        }
        match (outline, manifest) {
            (Some(outline), Some(path)) => compare(published, &outline.repeated, path).await?,
            (None, Some(path)) => return Err(lost(path.clone(), "its reservation cannot be read")),
            (Some(_), None) => {}
            (None, None) => return Err(damaged(key, "it cannot be read, or is of another period or issue")),
        }
    }
    let open = reserved.iter().filter(|key| !manifests.contains_key(&issue_of(**key)) && !void.contains(key));
    let unfinished: Vec<ReservationKey> = open.copied().collect();
    if let Some(key) = unfinished.iter().find(|key| removed.contains(key)) {
        let rule = "it was removed after its term, and its manifest is not there: restore the published store";
        return Err(lost(issue_of(*key).manifest(), rule));
    }
    let newest = |key: &ReservationKey| reserved.contains(&ReservationKey { issue: key.issue + 1, ..*key });
    if let Some(key) = unfinished.iter().find(|key| newest(key)) {
        return Err(damaged(*key, "there is a later issue of the period, and this one is neither published nor void"));
    }
    Ok(MemoryCheck { published: manifests.len(), unfinished, void: void.into_iter().collect() })
}

/// Issues are numbered from 1 without a gap, and only what is reserved is void.
fn check_numbers(reserved: &BTreeSet<ReservationKey>, void: &BTreeSet<ReservationKey>) -> Result<(), PublicationError> {
    for key in reserved.iter().filter(|key| key.issue != 1) {
        let before = ReservationKey { issue: key.issue.saturating_sub(1), ..*key };
        if !reserved.contains(&before) {
            return Err(damaged(before, "it is missing, and a later issue of the period is there"));
        }
    }
    match void.iter().find(|key| !reserved.contains(key)) {
        Some(key) => Err(damaged(*key, "it is marked as void, and is missing")),
        None => Ok(()),
    }
}

/// Issues with a data file, each with the path of one.
async fn drafts(published: &dyn ObjectStore) -> Result<BTreeMap<String, Issue>, PublicationError> {
    let listed = store::list(published, "snapshots").await.map_err(failed)?;
    let folders = listed.iter().filter_map(|(path, _)| Issue::of_file(path)).map(|(issue, _)| (issue.folder(), issue));
    Ok(folders.collect())
}

async fn manifests(published: &dyn ObjectStore) -> Result<BTreeMap<Issue, String>, PublicationError> {
    let listed = store::list(published, "manifests").await.map_err(failed)?;
    Ok(listed.into_iter().filter_map(|(path, _)| Issue::of_manifest(&path).map(|issue| (issue, path))).collect())
}

/// A reservation's outline, also of one that was removed after its term; nothing when it cannot be read, or is of another name.
async fn outline(vault: &Vault, key: ReservationKey) -> Result<(ReservationKey, Option<Outline>), PublicationError> {
    let bytes = match vault.reservation(key).await? {
        None => vault.removed_reservation(key).await?,
        some => some,
    };
    let outline = bytes.and_then(|bytes| serde_json::from_slice::<Outline>(&bytes).ok());
    Ok((key, outline.filter(|outline| (outline.periode, outline.uitgave) == (key.period, key.issue))))
}

async fn compare(published: &dyn ObjectStore, reserved: &Repeated, path: &str) -> Result<(), PublicationError> {
    let Some(manifest) = store::read(published, path).await.map_err(failed)? else {
        return Err(lost(path.to_owned(), "it vanished"));
    };
    let manifest: Manifest =
        serde_json::from_slice(&manifest).map_err(|_| lost(path.to_owned(), "it cannot be read as a manifest"))?;
    if *reserved != repeated(manifest) {
        return Err(lost(path.to_owned(), "the reservation of that name is another one"));
    }
    Ok(())
}

fn repeated(manifest: Manifest) -> Repeated {
    let input = |entry: vt_domain::snapshot::InputEntry| Input {
        regio: entry.regio,
        maand: entry.maand,
        levering_nr: entry.levering_nr,
        kenmerk: entry.kenmerk,
    };
    Repeated {
        gepubliceerd_op: manifest.gepubliceerd_op,
        software: manifest.software,
        register: manifest.register,
        invoer: manifest.invoer.into_iter().map(input).collect(),
    }
}

fn key(issue: Issue) -> ReservationKey {
    ReservationKey { period: issue.periode, issue: issue.uitgave }
}

fn issue_of(key: ReservationKey) -> Issue {
    Issue { periode: key.period, uitgave: key.issue }
}

fn lost(path: String, rule: &str) -> PublicationError {
    PublicationError::MemoryLost { path, rule: rule.to_owned() }
}

fn damaged(key: ReservationKey, rule: &str) -> PublicationError {
    PublicationError::MemoryDamaged { path: memory_path(key), rule: rule.to_owned() }
}

fn memory_path(key: ReservationKey) -> String {
    format!("memory/{}/{}/{}.json", key.period.kind(), key.period, key.issue)
}

fn failed(StoreError { path, source }: StoreError) -> PublicationError {
    PublicationError::Store { path, source }
}
