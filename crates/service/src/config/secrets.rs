//! Where the secrets of a configuration are.

use std::path::PathBuf;

use vt_intake::secret::SecretRef;
use vt_intake::source::{Auth, Source, SourceConfig};

use super::Config;
use crate::alerts::Alerting;

impl Config {
    /// The files with secrets, and whose they are.
    pub fn secret_files(&self) -> Vec<(String, PathBuf)> {
        let keys = self.key.file.iter().map(|path| ("key.file", path));
        let keys = keys.chain(self.key.previous.iter().map(|path| ("key.previous", path)));
        let store = self.store.encryption.iter().flat_map(|store| {
            let current = store.file.iter().map(|path| ("store.encryption.file", path));
            current.chain(store.previous.iter().map(|path| ("store.encryption.previous", path)))
        });
        let tls = self.api.tls.iter().map(|tls| ("api.tls.key", &tls.key));
        let mut files: Vec<(String, PathBuf)> =
            keys.chain(store).chain(tls).map(|(field, path)| (field.to_owned(), path.clone())).collect();
        let password = self.ledger.password.as_ref().and_then(file);
        files.extend(password.map(|path| ("ledger.password".to_owned(), path)));
        let client_key = self.ledger.location().ok().and_then(|location| location.server()?.client_key());
        files.extend(client_key.map(|path| ("ledger.url sslkey".to_owned(), path)));
        files.extend(self.store.secret_files());
        files.extend(self.regions.iter().filter_map(of_region));
        if let Ok(alerting) = Alerting::of(&self.alerts) {
            let secrets = alerting.secrets();
            files.extend(secrets.into_iter().filter_map(|secret| Some(("alerts".to_owned(), file(secret)?))));
        }
        files
    }
}

fn file(secret: &SecretRef) -> Option<PathBuf> {
    match secret {
        SecretRef::File(path) => Some(path.clone()),
        SecretRef::Env(_) | SecretRef::Inline(_) => None,
    }
}

fn of_region(source: &SourceConfig) -> Option<(String, PathBuf)> {
    let (what, path) = match &source.source {
        Source::Http(http) => match &http.auth {
            Auth::None {} => return None,
            Auth::Bearer { token } => ("token", file(token)?),
            Auth::Oauth2 { client_secret, .. } => ("client_secret", file(client_secret)?),
            Auth::Mtls { key, .. } => ("key", key.clone()),
        },
        Source::Inbox(inbox) => ("secret_access_key", file(&inbox.s3.as_ref()?.secret_access_key)?),
    };
    Some((format!("{} {what}", source.vt), path))
}
