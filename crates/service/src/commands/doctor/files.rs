//! Whether files with secrets are closed to other users.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use vt_intake::secret::SecretRef;
use vt_intake::source::{Auth, Source, SourceConfig};

use super::Examined;
use crate::config::Config;
use crate::keys::KeyPlace;

/// Every file of the configuration that holds a secret, each found in order or not; one row for all that are.
pub fn examine(config: &Config) -> Vec<Examined> {
    let files = secrets(config);
    let wrong = files.iter().filter_map(|(what, path)| {
        let error = closed(path).err()?;
        Some(Examined::new(&format!("file of {what}"), Err(error)))
    });
    let wrong: Vec<Examined> = wrong.collect();
    if wrong.is_empty() && !files.is_empty() {
        let detail = format!("{}, closed to other users", crate::output::count(files.len(), "file"));
        return vec![Examined::new("files with secrets", Ok(detail))];
    }
    wrong
}

/// The files with secrets, and whose they are. Keys are not among them: reading one refuses an open file.
fn secrets(config: &Config) -> Vec<(String, PathBuf)> {
    let mut files: Vec<(String, PathBuf)> = config.regions.iter().flat_map(of_region).collect();
    files.extend(config.api.tls.iter().map(|tls| ("[api] tls.key".to_owned(), tls.key.clone())));
    let previous = KeyPlace::previous(&config.key).into_iter().filter_map(|place| match place {
        KeyPlace::File(path) => Some(("[key] previous".to_owned(), path)),
        KeyPlace::Env(_) => None,
    });
    files.extend(previous);
    if let Some(path) = crate::stores::local(&config.ledger.url.replace("sqlite:", "")).filter(|path| path.is_file()) {
        files.push(("the ledger (its counts are exact)".to_owned(), path));
    }
    files
}

fn of_region(source: &SourceConfig) -> Vec<(String, PathBuf)> {
    let named = |what: &str, path: &Path| (format!("{} {what}", source.vt), path.to_owned());
    let of_ref = |what: &str, secret: &SecretRef| match secret {
        SecretRef::File(path) => Some(named(what, path)),
        SecretRef::Env(_) | SecretRef::Inline(_) => None,
    };
    let found = match &source.source {
        Source::Http(http) => match &http.auth {
            Auth::None {} => None,
            Auth::Bearer { token } => of_ref("token", token),
            Auth::Oauth2 { client_secret, .. } => of_ref("client_secret", client_secret),
            Auth::Mtls { key, .. } => Some(named("key", key)),
        },
        Source::Inbox(inbox) => inbox.s3.as_ref().and_then(|s3| of_ref("secret_access_key", &s3.secret_access_key)),
    };
    found.into_iter().collect()
}

/// Refuses a file that others may read. One that root owns and a group of ours may read is how secrets are mounted.
fn closed(path: &Path) -> Result<()> {
    let about = std::fs::metadata(path);
    let about = about.with_context(|| format!("`{}` can't be read: does it exist, and may we?", path.display()))?;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o007 != 0 {
        bail!("`{}` can be read by other users (mode {mode:o}): `chmod 600` it", path.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_anybody_may_read_is_named_with_its_mending() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "x").unwrap();
        let with = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            closed(&path)
        };
        assert!(with(0o600).is_ok() && with(0o440).is_ok());
        let error = with(0o644).unwrap_err().to_string();
        assert!(error.contains("mode 644") && error.contains("chmod 600"), "{error}");
        assert!(closed(&folder.path().join("none")).is_err());
    }
}
