//! Where things are kept, and how a store beyond this machine is reached.
//!
//! A table is for every store of its kind; what stands in its `published` or `private` part is for that store alone. Credentials go
//! together: a part that names one of them gets none of the others from the table. What is left out comes from the environment.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;
use vt_intake::secret::SecretRef;

use super::EncryptionConfig;
use crate::address::is_safe;
use crate::belonging::Store;
use crate::stores::address::Kind;

mod named;

pub use named::Named;

/// Where things are kept: a directory, or an address such as `file:///srv/vt`, `s3://bucket/prefix`, `az://container/prefix` or
/// `gs://bucket/prefix`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// What analysts read.
    pub published: String,
    /// What nobody else may read: raw deliveries, registrations, the memory of disclosure control.
    pub private: String,
    /// The keys with which the private store is encrypted. Without it is not.
    #[serde(default)]
    pub encryption: Option<EncryptionConfig>,
    /// How any store beyond this machine is spoken to.
    #[serde(default)]
    pub connection: ConnectionConfig,
    /// Stores that speak S3.
    #[serde(default)]
    pub s3: S3Config,
    /// Stores of Azure.
    #[serde(default)]
    pub azure: AzureConfig,
    /// Stores of Google Cloud.
    #[serde(default)]
    pub gcs: GcsConfig,
}

/// How a store beyond this machine is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConnectionConfig {
    /// Certificates of authorities (PEM) that are trusted beside those of this machine.
    pub ca_file: Option<PathBuf>,
    /// Whether data may go to another machine without TLS.
    pub allow_http: bool,
    /// How long making a connection may take.
    pub connect_timeout_seconds: u64,
    /// How long a request may take with its answer.
    pub request_timeout_seconds: u64,
    /// How often a request is sent again after the server failed or the connection broke.
    pub retries: usize,
    /// After so long nothing is sent again.
    pub retry_timeout_seconds: u64,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self {
            ca_file: None,
            allow_http: false,
            connect_timeout_seconds: 5,
            request_timeout_seconds: 120,
            retries: 5,
            retry_timeout_seconds: 60,
        }
    }
}

/// How the server encrypts what it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Encryption {
    /// With a key of the server.
    #[serde(rename = "AES256")]
    Aes256,
    /// With a key of its key service.
    #[serde(rename = "aws:kms")]
    Kms,
}

/// Stores that speak S3.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct S3Config {
    /// The address of the server, when it is not that of AWS.
    pub endpoint: Option<Url>,
    /// Its region.
    pub region: Option<String>,
    /// Whether the bucket stands in the path of an address, or before its host.
    pub path_style: Option<bool>,
    /// The name of the key.
    pub access_key_id: Option<Named>,
    /// The key.
    pub secret_access_key: Option<SecretRef>,
    /// Its token, when it holds for a while only.
    pub session_token: Option<SecretRef>,
    /// How the server encrypts what it keeps; by default as the bucket says.
    pub encryption: Option<Encryption>,
    /// The key of its key service.
    pub kms_key_id: Option<String>,
    /// What is for the published store alone.
    pub published: Option<Box<S3Config>>,
    /// What is for the private store alone.
    pub private: Option<Box<S3Config>>,
}

/// Stores of Azure.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AzureConfig {
    /// The storage account.
    pub account: Option<String>,
    /// The address of the server, when it does not follow from the account.
    pub endpoint: Option<Url>,
    /// The key of the account.
    pub access_key: Option<SecretRef>,
    /// A shared access signature.
    pub sas_token: Option<SecretRef>,
    /// The tenant of an application.
    pub tenant_id: Option<String>,
    /// The application.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<SecretRef>,
    /// What is for the published store alone.
    pub published: Option<Box<AzureConfig>>,
    /// What is for the private store alone.
    pub private: Option<Box<AzureConfig>>,
}

/// Stores of Google Cloud.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GcsConfig {
    /// The address of the server, when it is not that of Google.
    pub endpoint: Option<Url>,
    /// The key of a service account, as the JSON that Google gives.
    pub service_account: Option<SecretRef>,
    /// What is for the published store alone.
    pub published: Option<Box<GcsConfig>>,
    /// What is for the private store alone.
    pub private: Option<Box<GcsConfig>>,
}

/// A table with parts for one store each.
pub(crate) trait Parted: Clone + Default {
    /// The part for one store.
    fn part(&self, store: Store) -> Option<&Self>;
    /// What a part says, and where it says nothing the table.
    fn within(&self, table: &Self) -> Self;

    /// What holds for one store.
    fn of(&self, store: Store) -> Self {
        self.part(store).map_or_else(|| Self::default().within(self), |part| part.within(self))
    }

    /// Whether a part has parts of its own.
    fn is_nested(&self) -> bool {
        let parts = [Store::Published, Store::Private].map(|store| self.part(store));
        parts.into_iter().flatten().any(|part| part.part(Store::Published).or(part.part(Store::Private)).is_some())
    }
}

impl Parted for S3Config {
    fn part(&self, store: Store) -> Option<&Self> {
        if store == Store::Private { self.private.as_deref() } else { self.published.as_deref() }
    }

    fn within(&self, table: &Self) -> Self {
        let keys = if self.has_keys() { self } else { table };
        let encryption = if self.encryption.is_some() { self } else { table };
        Self {
            endpoint: self.endpoint.clone().or_else(|| table.endpoint.clone()),
            region: self.region.clone().or_else(|| table.region.clone()),
            path_style: self.path_style.or(table.path_style),
            access_key_id: keys.access_key_id.clone(),
            secret_access_key: keys.secret_access_key.clone(),
            session_token: keys.session_token.clone(),
            encryption: encryption.encryption,
            kms_key_id: encryption.kms_key_id.clone(),
            published: None,
            private: None,
        }
    }
}

impl S3Config {
    fn has_keys(&self) -> bool {
        self.access_key_id.is_some() || self.secret_access_key.is_some() || self.session_token.is_some()
    }

    fn secrets(&self) -> [Option<&SecretRef>; 3] {
        let named = self.access_key_id.as_ref().and_then(Named::place);
        [named, self.secret_access_key.as_ref(), self.session_token.as_ref()]
    }

    fn broken_rule(&self) -> Option<&'static str> {
        if self.access_key_id.is_some() != self.secret_access_key.is_some() {
            return Some(
                "give access_key_id and secret_access_key, both or neither: without them the environment's or the machine's own are used",
            );
        }
        if self.session_token.is_some() && self.secret_access_key.is_none() {
            return Some("session_token goes with access_key_id and secret_access_key");
        }
        if self.kms_key_id.is_some() && self.encryption != Some(Encryption::Kms) {
            return Some("kms_key_id goes with encryption = \"aws:kms\"");
        }
        None
    }
}

impl Parted for AzureConfig {
    fn part(&self, store: Store) -> Option<&Self> {
        if store == Store::Private { self.private.as_deref() } else { self.published.as_deref() }
    }

    fn within(&self, table: &Self) -> Self {
        let keys = if self.has_keys() { self } else { table };
        Self {
            account: self.account.clone().or_else(|| table.account.clone()),
            endpoint: self.endpoint.clone().or_else(|| table.endpoint.clone()),
            access_key: keys.access_key.clone(),
            sas_token: keys.sas_token.clone(),
            tenant_id: keys.tenant_id.clone(),
            client_id: keys.client_id.clone(),
            client_secret: keys.client_secret.clone(),
            published: None,
            private: None,
        }
    }
}

impl AzureConfig {
    fn has_keys(&self) -> bool {
        let application = self.tenant_id.is_some() || self.client_id.is_some() || self.client_secret.is_some();
        self.access_key.is_some() || self.sas_token.is_some() || application
    }

    fn secrets(&self) -> [Option<&SecretRef>; 3] {
        [self.access_key.as_ref(), self.sas_token.as_ref(), self.client_secret.as_ref()]
    }

    fn broken_rule(&self) -> Option<&'static str> {
        let application = [self.tenant_id.is_some(), self.client_id.is_some(), self.client_secret.is_some()];
        let ways = [self.access_key.is_some(), self.sas_token.is_some(), application.contains(&true)];
        if ways.iter().filter(|way| **way).count() > 1 {
            return Some("give access_key, sas_token, or tenant_id with client_id and client_secret: one of the three");
        }
        let whole = application.iter().all(|given| *given == application[0]);
        (!whole).then_some("give tenant_id, client_id and client_secret, all or none")
    }
}

impl Parted for GcsConfig {
    fn part(&self, store: Store) -> Option<&Self> {
        if store == Store::Private { self.private.as_deref() } else { self.published.as_deref() }
    }

    fn within(&self, table: &Self) -> Self {
        Self {
            endpoint: self.endpoint.clone().or_else(|| table.endpoint.clone()),
            service_account: self.service_account.clone().or_else(|| table.service_account.clone()),
            published: None,
            private: None,
        }
    }
}

impl StoreConfig {
    /// Two places, reached as the environment says.
    pub fn at(published: impl Into<String>, private: impl Into<String>) -> Self {
        Self { published: published.into(), private: private.into(), ..Self::default() }
    }

    /// The address of a store.
    pub fn address(&self, store: Store) -> &str {
        if store == Store::Private { &self.private } else { &self.published }
    }

    /// The secrets that are in files, and whose they are.
    pub(super) fn secret_files(&self) -> Vec<(String, PathBuf)> {
        let mut files = Vec::new();
        let mut add = |table: &str, store: Store, secrets: [Option<&SecretRef>; 3]| {
            for secret in secrets.into_iter().flatten() {
                if let SecretRef::File(path) = secret {
                    files.push((format!("store.{table} ({store})"), path.clone()));
                }
            }
        };
        for store in [Store::Published, Store::Private] {
            add("s3", store, self.s3.of(store).secrets());
            add("azure", store, self.azure.of(store).secrets());
            add("gcs", store, [self.gcs.of(store).service_account.as_ref(), None, None]);
        }
        files.dedup_by(|one, other| one.1 == other.1);
        files
    }

    /// The rules that are broken: of which field, and the rule.
    pub(super) fn broken_rules(&self) -> Vec<(String, String)> {
        let mut broken = Vec::new();
        for store in [Store::Published, Store::Private] {
            let address = self.address(store);
            if let Err(rule) = crate::stores::address::Address::parse(address) {
                broken.push((store.field().to_owned(), rule.to_owned()));
            }
            let (s3, azure, gcs) = (self.s3.of(store), self.azure.of(store), self.gcs.of(store));
            let tables = [
                (Kind::S3, &s3.endpoint, s3.broken_rule()),
                (Kind::Azure, &azure.endpoint, azure.broken_rule()),
                (Kind::Gcs, &gcs.endpoint, None),
            ];
            for (kind, endpoint, rule) in tables {
                let field = format!("store.{} ({store})", kind.table());
                broken.extend(rule.map(|rule| (field.clone(), rule.to_owned())));
                let endpoint = endpoint.as_ref().and_then(|endpoint| self.connection.refuses(endpoint));
                broken.extend(endpoint.map(|rule| (format!("{field}.endpoint"), rule.to_owned())));
            }
        }
        if self.s3.is_nested() || self.azure.is_nested() || self.gcs.is_nested() {
            broken.push(("store".into(), "the part of a table for one store has no parts of its own".into()));
        }
        let ConnectionConfig { connect_timeout_seconds, request_timeout_seconds, retries, .. } = self.connection;
        if connect_timeout_seconds == 0 || request_timeout_seconds == 0 || retries > 20 {
            broken.push(("store.connection".into(), "time-outs are at least 1 second, retries at most 20".into()));
        }
        // What is wrong of both stores is said once.
        broken.dedup_by(|one, other| one.1 == other.1 && one.0.split(" (").next() == other.0.split(" (").next());
        broken
    }
}

impl ConnectionConfig {
    /// Why nothing may be sent to an address, if so.
    pub(crate) fn refuses(&self, endpoint: &Url) -> Option<&'static str> {
        if !endpoint.username().is_empty() || endpoint.password().is_some() {
            return Some("must have no user and password; credentials have fields of their own");
        }
        let plain = endpoint.scheme() == "http" && (self.allow_http || is_safe(endpoint));
        let wrong = endpoint.scheme() != "https" && !plain;
        wrong.then_some("must be https; http only to this machine, or with store.connection.allow_http where the network itself is closed")
    }
}

#[cfg(test)]
mod tests;
