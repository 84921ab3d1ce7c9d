//! Whether there is room where things are kept on disks.

use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::Examined;
use crate::config::Config;
use crate::stores::local;

/// Below this a round may not come to its end.
const FULL: u64 = 200 << 20;

/// Below this somebody should look.
const LOW: u64 = 2 << 30;

/// The room on the disks of the stores and the ledger, where these are directories.
pub fn examine(config: &Config) -> Vec<Examined> {
    let ledger = config.ledger.file().and_then(|file| file.parent().map(Path::to_owned));
    let places = [
        ("published store", local(&config.store.published)),
        ("private store", local(&config.store.private)),
        ("ledger", ledger),
    ];
    let here = |path: PathBuf| if path.as_os_str().is_empty() { PathBuf::from(".") } else { path };
    let looked = places.into_iter().filter_map(|(name, path)| Some((name, free(&here(path?))?)));
    looked.map(|(name, free)| verdict(&format!("disk of the {name}"), free)).collect()
}

/// How much is free for us; nothing where the system does not tell.
fn free(path: &Path) -> Option<u64> {
    let seen = rustix::fs::statvfs(path).ok()?;
    Some(seen.f_bavail.saturating_mul(seen.f_frsize))
}

fn verdict(what: &str, free: u64) -> Examined {
    let mebibytes = free >> 20;
    if free < FULL {
        return Examined::new(what, Err(anyhow!("{mebibytes} MiB free: make room, or nothing can be kept")));
    }
    if free < LOW {
        return Examined::warning(what, format!("{mebibytes} MiB free: make room before it is full"));
    }
    Examined::new(what, Ok(format!("{} GiB free", free >> 30)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::Verdict;

    #[test]
    fn a_disk_that_runs_full_warns_before_it_is_wrong() {
        assert_eq!(verdict("disk", 100 << 20).verdict, Verdict::Wrong);
        assert_eq!(verdict("disk", 1 << 30).verdict, Verdict::Warning);
        assert_eq!(verdict("disk", 50 << 30).verdict, Verdict::Ok);
        assert!(free(Path::new("/")).is_some() && free(Path::new("/no/such/place")).is_none());
    }
}
