//! `rekey`: takes everything in the private store over to the configured key, or says what would be.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use serde::Serialize;
use serde_json::{Value, json};
use vt_domain::Clock;
use vt_ledger::Change;
use vt_vault::{Census, EncryptionEntry, Rekeyed, StoreKeys};

use crate::app::App;
use crate::belonging;
use crate::cli::RekeyArgs;
use crate::config::Config;
use crate::encryption::{RekeyRefused, may_begin, succession};
use crate::exit::Exit;
use crate::hold::Hold;
use crate::ops::sound_reason;
use crate::output::{Output, count};
use crate::progress::{Progress, say};
use crate::serve::LEADER;
use crate::signals;

/// How many of the objects that are left are named to people.
const LEFT_SHOWN: usize = 10;

/// What `rekey` answers.
#[derive(Debug, Serialize)]
struct Answer {
    /// Whether nothing was changed, as was asked.
    dry_run: bool,
    /// The key that everything is to take.
    fingerprint: String,
    /// What stood there before.
    before: Census,
    /// What came of it.
    #[serde(flatten)]
    done: Option<Rekeyed>,
}

pub(super) async fn run(args: &RekeyArgs, output: Output, directory: &Path, clock: Arc<dyn Clock>) -> Result<Exit> {
    let config = Config::load(directory)?;
    if config.store.encryption.is_none() {
        return Err(RekeyRefused::NoKey.into());
    }
    let mut app = App::open_to_rekey(config, directory, clock).await?;
    app.stop = signals::watch(None)?;
    app.progress = if output.is_json() { Progress::quiet() } else { Progress::for_stderr() };
    belonging::check(&app).await?;
    let Some(keys) = app.vault.keys() else { return Err(RekeyRefused::NoKey.into()) };
    let change = args.why.change(app.clock.now());
    sound_reason(&change)?;
    let entry = succession(&app.vault.encryption_history().await?, keys, &change.reason, change.at)?;
    let before = app.vault.census().await?;
    let fingerprint = keys.current().fingerprint().to_owned();
    if args.dry_run {
        let answer = Answer { dry_run: true, fingerprint, before, done: None };
        output.answer(&answer, text)?;
        return Ok(Exit::Done);
    }
    may_begin(&before, keys)?;
    may_open(&before, keys, args.old_key_lost)?;
    let done = held(&app, &change, entry, &before).await?;
    let exit = match (done.whole, done.left.is_empty()) {
        (false, _) => Exit::Interrupted,
        (true, false) => Exit::Partial,
        (true, true) => Exit::Done,
    };
    output.answer(&Answer { dry_run: false, fingerprint, before, done: Some(done) }, text)?;
    Ok(exit)
}

/// Every object takes a key that is at hand, unless its key is lost.
fn may_open(census: &Census, keys: &StoreKeys, old_key_lost: bool) -> Result<(), RekeyRefused> {
    let missing = census.sealed.iter().find(|(fingerprint, _)| keys.get(fingerprint).is_none());
    match (missing, old_key_lost) {
        (Some((fingerprint, objects)), false) => {
            Err(RekeyRefused::OldKeyMissing { fingerprint: fingerprint.clone(), objects: *objects })
        }
        (None, true) => Err(RekeyRefused::NothingLost),
        _ => Ok(()),
    }
}

/// Does it while nobody else writes.
async fn held(app: &App, change: &Change, entry: Option<EncryptionEntry>, before: &Census) -> Result<Rekeyed> {
    let Some(leader) = Hold::take(app, LEADER).await? else {
        return Err(RekeyRefused::AtWork("a service leads").into());
    };
    let done = match Hold::take(app, "run").await? {
        None => Err(RekeyRefused::AtWork("a run is at work").into()),
        Some(run) => {
            let done = take_over(&app.under(&run), &leader, change, entry, before).await;
            run.release().await;
            done
        }
    };
    leader.release().await;
    done
}

async fn take_over(
    app: &App,
    leader: &Hold,
    change: &Change,
    entry: Option<EncryptionEntry>,
    before: &Census,
) -> Result<Rekeyed> {
    let Some(keys) = app.vault.keys() else { return Err(RekeyRefused::NoKey.into()) };
    let subject = format!("encryption key {}", keys.current().fingerprint());
    // What can't be noted is not done.
    app.ledger.record_audit(&change.audit("encryption.rekey", subject.as_str(), Some(counted(before)), None)).await?;
    if let Some(entry) = entry
        && !app.vault.append_encryption(&entry).await?
    {
        return Err(RekeyRefused::Meanwhile.into());
    }
    let mut task = None;
    let done = app
        .vault
        .rekey(
            || app.stop.is_cancelled() || leader.is_lost(),
            |come_to, total| {
                let task = task.get_or_insert_with(|| {
                    app.progress.task("taking over", usize::try_from(total).unwrap_or(usize::MAX))
                });
                if come_to > 0 {
                    task.step("objects");
                }
                if come_to == total {
                    task.finish();
                }
            },
        )
        .await?;
    let ended = Change { at: app.clock.now(), ..change.clone() };
    app.ledger.record_audit(&ended.audit("encryption.rekeyed", subject, None, Some(outcome(&done)))).await?;
    if !done.whole {
        say("stopped; the same command goes on where it was");
    }
    Ok(done)
}

/// A census for the audit log.
fn counted(census: &Census) -> Value {
    json!({ "encrypted": census.sealed, "plain": census.plain, "strange": census.strange.len() })
}

fn outcome(done: &Rekeyed) -> Value {
    json!({ "whole": done.whole, "taken_over": done.taken_over, "current": done.current, "left": done.left.len() })
}

fn text(answer: &Answer) -> String {
    let mut text = String::new();
    let Some(done) = &answer.done else {
        let current = answer.before.sealed.get(&answer.fingerprint).copied().unwrap_or_default();
        for (fingerprint, objects) in &answer.before.sealed {
            text += &format!("encrypted with key {fingerprint}: {}\n", objects_of(*objects));
        }
        text += &format!("not encrypted: {}\n", objects_of(answer.before.plain));
        let others: u64 = answer.before.sealed.values().sum::<u64>() + answer.before.plain - current;
        return text + &format!("would be taken over to key {}: {}\n", answer.fingerprint, objects_of(others));
    };
    text += &format!("taken over to key {}: {}\n", answer.fingerprint, objects_of(done.taken_over));
    text += &format!("took it already: {}\n", objects_of(done.current));
    for (_, why) in done.left.iter().take(LEFT_SHOWN) {
        text += &format!("left as it is: {why}\n");
    }
    if done.left.len() > LEFT_SHOWN {
        text += &format!("left as they are: {} more; --json names all\n", done.left.len() - LEFT_SHOWN);
    }
    if done.whole && done.left.is_empty() {
        text += if answer.before.plain > 0 {
            "Nothing of this store is readable without the key any more: take `accept_plain` out of the configuration. Copies and\n\
             backups from before are not encrypted.\n"
        } else {
            "Every other key opens nothing of this store any more: take it out of the configuration. Keep it offline for as\n\
             long as there are backups from before, which take it.\n"
        };
    }
    text
}

fn objects_of(n: u64) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), "object")
}
