//! Keys with which the private store is encrypted: made, and shown by fingerprint and public part.

use std::path::PathBuf;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde::Serialize;
use vt_publication::keys::create_file;
use vt_vault::{EncryptionHistory, StoreKey};

use crate::cli::KeyNewEncryptionArgs;
use crate::config::{Config, KeyConfig};
use crate::encryption::{held_against, open_key, open_keys};
use crate::exit::Exit;
use crate::keys::KeyPlace;
use crate::output::{Output, table};

/// A key that was made.
#[derive(Serialize)]
struct Made {
    file: PathBuf,
    fingerprint: String,
    public_key: String,
}

pub(super) fn new(args: &KeyNewEncryptionArgs, output: Output) -> Result<Exit> {
    if let Some(folder) = args.out.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("`{}` can't be made", folder.display()))?;
    }
    let text = StoreKey::generate().secret_text();
    let key = create_file(&args.out, &text, |file| open_key(&KeyPlace::File(file.to_owned())))?;
    let made = Made {
        file: args.out.clone(),
        fingerprint: key.fingerprint().to_owned(),
        public_key: key.recipient().to_owned(),
    };
    output.answer(&made, |made| {
        format!(
            "key {fingerprint} of the private store made: {file}, mode 0600\n\
             public key: {public}\n\
             Now:\n\
             - Put two copies offline, in two places: whoever loses it loses the whole private store, and no backup of that helps.\n\
             - Show it to nobody: whoever has it and the private store reads the registrations.\n\
             - Name it in service.toml: `file` in [store.encryption]. In the place of another key: that one in `previous`, and run\n  \
             `vt-monitor rekey --reason \"…\"`.\n",
            fingerprint = made.fingerprint,
            file = made.file.display(),
            public = made.public_key,
        )
    })?;
    Ok(Exit::Done)
}

/// What `key show` answers of encryption.
#[derive(Serialize)]
pub(super) struct Shown {
    configured: Vec<Configured>,
    history: Vec<Recorded>,
}

#[derive(Serialize)]
struct Configured {
    role: &'static str,
    place: String,
    fingerprint: Option<String>,
    public_key: Option<String>,
}

#[derive(Serialize)]
struct Recorded {
    number: u32,
    fingerprint: String,
    public_key: String,
    since: DateTime<Utc>,
    /// Whether the configuration has it.
    configured: bool,
    reason: String,
}

/// What is configured and recorded; what is wrong goes among the rest of that.
pub(super) fn show(config: &Config, history: &EncryptionHistory, wrong: &mut Vec<String>) -> Shown {
    let places = config.store.encryption.as_ref().map_or_else(KeyConfig::default, |encryption| encryption.keys());
    let current = KeyPlace::current(&places).into_iter().map(|place| ("current", place));
    let places = current.chain(KeyPlace::previous(&places).into_iter().map(|place| ("previous", place)));
    let configured: Vec<Configured> = places
        .map(|(role, place)| {
            let key = open_key(&place).map_err(|error| wrong.push(error.to_string())).ok();
            Configured {
                role,
                place: place.to_string(),
                fingerprint: key.as_ref().map(|key| key.fingerprint().to_owned()),
                public_key: key.map(|key| key.recipient().to_owned()),
            }
        })
        .collect();
    // What can't be read is said above.
    if configured.iter().all(|key| key.fingerprint.is_some()) {
        let keys = config.store.encryption.as_ref().map(open_keys).transpose();
        match keys {
            Ok(keys) => wrong.extend(held_against(history, keys.as_ref()).err().map(|error| error.to_string())),
            Err(error) => wrong.push(format!("{error:#}")),
        }
    }
    let history = history.entries().iter().map(|entry| Recorded {
        number: entry.number,
        fingerprint: entry.fingerprint.clone(),
        public_key: entry.recipient.clone(),
        since: entry.since,
        configured: configured.iter().any(|key| key.fingerprint.as_ref() == Some(&entry.fingerprint)),
        reason: entry.reason.clone(),
    });
    Shown { history: history.collect(), configured }
}

pub(super) fn text(shown: &Shown) -> String {
    if shown.configured.is_empty() && shown.history.is_empty() {
        return "the private store is not encrypted\n".to_owned();
    }
    let or_not = |text: &Option<String>| text.clone().unwrap_or_else(|| "can't be read".into());
    let configured = shown
        .configured
        .iter()
        .map(|key| [key.role.to_owned(), or_not(&key.fingerprint), or_not(&key.public_key), key.place.clone()]);
    let mut text = table(["encryption", "fingerprint", "public key", "from"], configured) + "\n";
    let history = shown.history.iter().map(|key| {
        let state = if key.configured { "here" } else { "not configured" };
        let since = key.since.format("%Y-%m-%d %H:%M UTC").to_string();
        [key.number.to_string(), key.fingerprint.clone(), since, state.to_owned(), key.reason.clone()]
    });
    text += &if shown.history.is_empty() {
        "no history: the first use of the private store with this key begins it\n".to_owned()
    } else {
        table(["number", "fingerprint", "encrypts since", "state", "reason"], history)
    };
    text
}
