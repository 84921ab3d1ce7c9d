//! `key`: makes the secret key, shows fingerprints, and replaces the key. Never shows a key.

mod encryption;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use vt_domain::Clock;
use vt_publication::keys::MasterKey;
use vt_vault::{EncryptionHistory, KeyEntry, KeyHistory, Vault};

use super::who;
use crate::belonging::Store;
use crate::cli::{KeyCommand, KeyNewArgs, KeyPublicArgs, KeyRotateArgs};
use crate::config::{Config, StoreConfig};
use crate::error_text::error_text;
use crate::exit::{Exit, Usage};
use crate::keys::{KeyPlace, Keys, RotationRefused, not_configured, open_ring, succession, take_over};
use crate::ops::sound_reason;
use crate::output::{Output, table};
use crate::stores::{self, local};

pub(super) async fn run(what: &KeyCommand, output: Output, directory: &Path, clock: &dyn Clock) -> Result<Exit> {
    match what {
        KeyCommand::New(args) => new(args, output, directory),
        KeyCommand::NewEncryption(args) => encryption::new(args, output),
        KeyCommand::Show => show(output, &Config::load(directory)?).await,
        KeyCommand::Public(args) => public(args, output, &Config::load(directory)?),
        KeyCommand::Rotate(args) => replace(args, output, &Config::load(directory)?, clock).await,
    }
}

/// A key that was made.
#[derive(Serialize)]
struct Made {
    file: PathBuf,
    fingerprint: String,
}

fn new(args: &KeyNewArgs, output: Output, directory: &Path) -> Result<Exit> {
    let file = match &args.out {
        Some(file) => file.clone(),
        None => Config::load(directory)?
            .key
            .file
            .ok_or_else(|| Usage("the configuration names no `key.file`: say where with --out FILE".into()))?,
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("`{}` can't be made", folder.display()))?;
    }
    let made = Made { fingerprint: MasterKey::create(&file)?.fingerprint(), file };
    output.answer(&made, |made| {
        format!(
            "key {fingerprint} made: {file}, mode 0600\n\
             Now:\n\
             - Put a copy offline, in a safe: whoever loses it can't revise what was published with it, ever.\n\
             - Show it to nobody: whoever has it can narrow down the registered counts behind the published ones.\n\
             - For a new private store: name it in service.toml as `key.file`; the first `run` takes it.\n\
             - To replace a key: name this one in `key.file`, the old one in `key.previous`, and run `vt-monitor key rotate --reason \"…\"`.\n",
            fingerprint = made.fingerprint,
            file = made.file.display(),
        )
    })?;
    Ok(Exit::Done)
}

/// What `key public` answers.
#[derive(Serialize)]
struct Public {
    id: String,
    public_key: String,
    file: Option<PathBuf>,
}

/// Gives the public key of what the configured key signs, for readers of the store.
fn public(args: &KeyPublicArgs, output: Output, config: &Config) -> Result<Exit> {
    let key = open_ring(&config.key)?.current().public_key();
    if let Some(file) = &args.out {
        std::fs::write(file, key.file()).with_context(|| format!("`{}` can't be written", file.display()))?;
    }
    let public = Public { id: key.to_string(), public_key: key.line(), file: args.out.clone() };
    output.answer(&public, |public| match &public.file {
        Some(file) => format!("public key {} written to {}\n", public.id, file.display()),
        None => key.file(),
    })?;
    Ok(Exit::Done)
}

/// What `key show` answers.
#[derive(Serialize)]
struct Shown {
    configured: Vec<Configured>,
    history: Vec<Recorded>,
    /// With which the private store is encrypted.
    encryption: encryption::Shown,
    /// Why commands that need the key would refuse, or could not revise everything.
    wrong: Vec<String>,
}

/// A key that the configuration names.
#[derive(Serialize)]
struct Configured {
    role: &'static str,
    place: String,
    fingerprint: Option<String>,
}

/// A key of the private store's history.
#[derive(Serialize)]
struct Recorded {
    number: u32,
    fingerprint: String,
    current_from: Option<DateTime<Utc>>,
    /// Whether the configuration has it.
    configured: bool,
    /// Whether it was recorded as lost.
    lost: bool,
    /// Whether it hashes ids now.
    hashes_ids: bool,
    reason: String,
}

async fn show(output: Output, config: &Config) -> Result<Exit> {
    let mut wrong = Vec::new();
    let (history, encrypted) = histories(&config.store).await.unwrap_or_else(|error| {
        wrong.push(error_text(&error));
        Default::default()
    });
    let current = KeyPlace::current(&config.key).into_iter().map(|place| ("current", place));
    let places = current.chain(KeyPlace::previous(&config.key).into_iter().map(|place| ("previous", place)));
    let configured: Vec<Configured> = places
        .map(|(role, place)| {
            let key = place.open().map_err(|error| wrong.push(error.to_string())).ok();
            Configured { role, place: place.to_string(), fingerprint: key.map(|key| key.fingerprint()) }
        })
        .collect();
    // What can't be read is said above.
    if configured.iter().all(|key| key.fingerprint.is_some()) {
        wrong.extend(faults(config, &history));
    }
    let history = history.entries().iter().map(|entry| recorded(entry, &history, &configured)).collect();
    let encryption = encryption::show(config, &encrypted, &mut wrong);
    let shown = Shown { configured, history, encryption, wrong };
    output.answer(&shown, text)?;
    Ok(if shown.wrong.is_empty() { Exit::Done } else { Exit::Config })
}

/// The private store's histories of keys and of encryption, which are not encrypted; a folder that is not there yet has none, and is
/// not made.
async fn histories(store: &StoreConfig) -> Result<(KeyHistory, EncryptionHistory)> {
    if local(&store.private).is_some_and(|folder| !folder.is_dir()) {
        return Ok(Default::default());
    }
    let vault = Vault::new(stores::open(store, Store::Private)?);
    Ok((vault.key_history().await?, vault.encryption_history().await?))
}

fn faults(config: &Config, history: &KeyHistory) -> Vec<String> {
    let ring = match open_ring(&config.key) {
        Ok(ring) => ring,
        Err(error) => return vec![error_text(&error)],
    };
    if history.newest().is_none() {
        return Vec::new();
    }
    let mut faults: Vec<String> = not_configured(history, &ring)
        .into_iter()
        .map(|entry| {
            format!(
                "key {} (number {}) is not configured: what was first published with it can't be revised",
                entry.fingerprint, entry.number
            )
        })
        .collect();
    faults.extend(Keys::held_against(history.clone(), ring).err().map(|error| error.to_string()));
    faults
}

fn recorded(entry: &KeyEntry, history: &KeyHistory, configured: &[Configured]) -> Recorded {
    let fingerprint = entry.fingerprint.clone();
    Recorded {
        number: entry.number,
        current_from: entry.current_from,
        configured: configured.iter().any(|key| key.fingerprint.as_ref() == Some(&fingerprint)),
        lost: history.lost(&fingerprint).is_some(),
        hashes_ids: history.newest().is_some_and(|newest| newest.ids == fingerprint),
        reason: entry.reason.clone(),
        fingerprint,
    }
}

fn text(shown: &Shown) -> String {
    let configured = shown.configured.iter().map(|key| {
        let fingerprint = key.fingerprint.clone().unwrap_or_else(|| "can't be read".into());
        [key.role.to_owned(), fingerprint, key.place.clone()]
    });
    let mut text = table(["configured", "fingerprint", "from"], configured) + "\n";
    text += &if shown.history.is_empty() {
        "no history: the private store was not used yet\n".to_owned()
    } else {
        table(["number", "fingerprint", "current from", "state", "reason"], shown.history.iter().map(row))
    };
    text += "\n";
    text += &encryption::text(&shown.encryption);
    for wrong in &shown.wrong {
        text += &format!("\nwrong: {wrong}\n");
    }
    text
}

fn row(key: &Recorded) -> [String; 5] {
    let since = key.current_from.map_or_else(|| "not known".into(), |at| at.format("%Y-%m-%d %H:%M UTC").to_string());
    let state = match (key.configured, key.lost) {
        (true, _) => "here",
        (false, true) => "lost",
        (false, false) => "not configured",
    };
    let state = if key.hashes_ids { format!("{state}, hashes ids") } else { state.to_owned() };
    [key.number.to_string(), key.fingerprint.clone(), since, state, key.reason.clone()]
}

async fn replace(args: &KeyRotateArgs, output: Output, config: &Config, clock: &dyn Clock) -> Result<Exit> {
    let ring = open_ring(&config.key)?;
    // A folder that is not there was never used, and is not made.
    let (history, _) = histories(&config.store).await?;
    let change = who::change(clock.now(), args.by.as_deref(), &args.reason);
    sound_reason(&change)?;
    let entry = succession(&history, &ring, &args.reason, args.old_key_lost, change.at)?;
    // A ledger that was lost is made anew: what can't be noted is not done.
    let ledger = config.ledger.open().await?;
    let subject = format!("key {}", entry.number);
    let before = history.newest().map(audited);
    ledger.record_audit(&change.audit("key.rotate", subject.as_str(), before, Some(audited(&entry)))).await?;
    let vault = Vault::new(stores::open(&config.store, Store::Private)?);
    let taken = take_over(&vault, &entry).await;
    if matches!(taken, Err(RotationRefused::Meanwhile)) {
        // The entry before says what was meant; this one, that it did not come to it.
        ledger.record_audit(&change.audit("key.not_rotated", subject, None, None)).await?;
    }
    taken?;
    output.answer(&entry, rotated)?;
    Ok(Exit::Done)
}

/// An entry of the history for the audit log: fingerprints, as `key show` gives them.
fn audited(entry: &KeyEntry) -> Value {
    let KeyEntry { number, fingerprint, ids, lost, .. } = entry;
    json!({ "number": number, "fingerprint": fingerprint, "hashes_ids": ids, "lost": lost })
}

fn rotated(entry: &KeyEntry) -> String {
    let mut text = format!(
        "key {} is number {} and the current one: new periods are published with it.\n\
         Keep the earlier keys in `key.previous`: a period is revised with the key of its first issue.\n",
        entry.fingerprint, entry.number
    );
    if !entry.lost.is_empty() {
        text += &format!(
            "Recorded as lost: {}. Periods first published with it can't be revised any more.\n",
            entry.lost.join(", ")
        );
    }
    text + &if entry.ids == entry.fingerprint {
        "Ids are hashed with the new key from now on: services of new deliveries don't find meldingen of earlier ones. Ask the\n\
         regions to deliver earlier months again, each under a new number (docs/KEYS.md).\n"
            .to_owned()
    } else {
        format!(
            "Ids of registrations are still hashed with key {}, so that months keep finding each other.\n",
            entry.ids
        )
    }
}
