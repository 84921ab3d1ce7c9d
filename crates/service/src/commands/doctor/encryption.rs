//! How the private store is encrypted: by its own history and by what each object says.

use anyhow::{Context, Result, bail};
use vt_vault::Vault;

use super::{Examined, Verdict};
use crate::config::StoreConfig;
use crate::encryption::{held_against, open_keys};
use crate::output::count;
use crate::stores::{local, trial};

const WHAT: &str = "private store's encryption";

/// Nothing is opened for it; the store is read as it stands.
pub async fn examine(config: &StoreConfig, vault: Option<&Vault>) -> Examined {
    match look(config, vault).await {
        Ok((Verdict::Warning, detail)) => Examined::warning(WHAT, detail),
        Ok((_, detail)) => Examined::new(WHAT, Ok(detail)),
        Err(error) => Examined::new(WHAT, Err(error)),
    }
}

async fn look(config: &StoreConfig, vault: Option<&Vault>) -> Result<(Verdict, String)> {
    let keys = config.encryption.as_ref().map(open_keys).transpose()?;
    let Some(vault) = vault else { return Ok((Verdict::Ok, "there is no private store to look at yet".to_owned())) };
    let history =
        tokio::time::timeout(trial::PATIENCE, vault.encryption_history()).await.context("no answer in time")?;
    held_against(&history?, keys.as_ref())?;
    let census = vault.census().await?;
    if let Some(strange) = census.strange.first() {
        bail!(
            "{} can't be told to be encrypted or not, {strange} among them: restore them from the backup",
            objects(census.strange.len() as u64)
        );
    }
    let Some(keys) = keys else {
        return Ok(match local(&config.private) {
            Some(_) => (Verdict::Ok, "none: its folder is closed to other users; the disk and its backups are not our doing".to_owned()),
            None => (
                Verdict::Warning,
                "none, and it is a bucket: whoever can read that reads raw deliveries and counts; `vt-monitor key new-encryption` and \
                 [store.encryption] (docs/KEYS.md)"
                    .to_owned(),
            ),
        });
    };
    let current = keys.current().fingerprint();
    for (fingerprint, n) in &census.sealed {
        if keys.get(fingerprint).is_none() {
            bail!(
                "{} take key {fingerprint}, which is not configured: restore it and name it in `previous`",
                objects(*n)
            );
        }
    }
    let sealed = census.sealed.get(current).copied().unwrap_or_default();
    let mut said = vec![format!("key {current}: {}", objects(sealed))];
    let others = census.sealed.iter().filter(|(fingerprint, _)| *fingerprint != current);
    said.extend(others.map(|(fingerprint, n)| format!("earlier key {fingerprint}: {}", objects(*n))));
    if let Some(plain) = &census.a_plain_one {
        let plain = format!("not encrypted: {}, {plain} among them", objects(census.plain));
        if !keys.accepts_plain() {
            bail!(
                "{}; {plain}: these are refused. In a store that was begun without, {TAKE_OVER} while `accept_plain = true`; \
                 otherwise restore them from the backup",
                said.join("; ")
            );
        }
        said.push(plain);
    }
    let mixed = said.len() > 1 || census.not_left_yet > 0;
    if census.not_left_yet > 0 {
        said.push(format!("not left to the bucket yet, as `registrations` asks: {}", objects(census.not_left_yet)));
    }
    if keys.leaves_registrations() {
        said.push(format!("registrations left to the bucket's own encryption: {}", objects(census.left_to_bucket)));
    }
    let open = keys.accepts_plain();
    if mixed {
        said.push(TAKE_OVER.to_owned());
    } else if open {
        said.push(
            "all is encrypted: take `accept_plain` out of [store.encryption], so that nobody can slip in what is not"
                .to_owned(),
        );
    }
    Ok((if mixed || open { Verdict::Warning } else { Verdict::Ok }, said.join("; ")))
}

const TAKE_OVER: &str = "`vt-monitor rekey` takes them over";

fn objects(n: u64) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), "object")
}
