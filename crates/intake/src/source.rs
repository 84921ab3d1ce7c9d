//! Where a region's deliveries come from: declarative, one per region (`config/regions.toml`).
//!
//! ```toml
//! [[region]]
//! vt = "VT07"
//! [region.source]
//! kind = "http"
//! base = "https://levering.example.nl/api"
//! auth = { kind = "bearer", token = { file = "/run/secrets/vt07" } }
//! [region.limits]
//! idle_timeout_ms = 10_000
//! ```

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use url::{Host, Url};

use crate::secret::SecretRef;

/// One region's source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// The region, such as `VT07`.
    pub vt: String,
    /// Where its deliveries are.
    pub source: Source,
    /// What we put up with.
    #[serde(default)]
    pub limits: Limits,
}

/// Where a region's deliveries are.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// The region has an API.
    Http(HttpSource),
    /// The region lays its files in a directory or a bucket.
    Inbox(InboxSource),
}

/// An API as in the delivery contract: `GET {base}/v1/leveringen?maand=2020-07`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSource {
    /// The address before `/v1/leveringen`: https, or http on this machine only.
    pub base: Url,
    /// How we make ourselves known.
    pub auth: Auth,
    /// PEM file with the certificate authorities to trust in place of the system's.
    #[serde(default)]
    pub ca_pem: Option<PathBuf>,
    /// A forward proxy, such as `http://proxy.example.nl:3128`. Proxies named in the environment are not used.
    #[serde(default)]
    pub proxy: Option<Url>,
}

/// How we make ourselves known to a region.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// Not at all: only on this machine.
    None {},
    /// A fixed token.
    Bearer {
        /// The token.
        token: SecretRef,
    },
    /// OAuth2 client credentials (RFC 6749, section 4.4).
    Oauth2 {
        /// Where tokens are given out: https, or http on this machine only.
        token_url: Url,
        /// Our name there.
        client_id: String,
        /// Our password there.
        client_secret: SecretRef,
        /// What we ask for.
        #[serde(default)]
        scope: Option<String>,
        /// Where the token server wants id and secret.
        #[serde(default)]
        credentials_in: CredentialsIn,
    },
    /// A client certificate.
    Mtls {
        /// PEM file with the certificate and those between it and the authority.
        cert: PathBuf,
        /// PEM file with the private key.
        key: PathBuf,
    },
}

/// Where an OAuth2 server wants the client's id and secret (RFC 6749, section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialsIn {
    /// In the `Authorization` header, as each server must support.
    #[default]
    Header,
    /// In the form, for servers that know no better.
    Form,
}

/// A directory or bucket with `VT07/2020-07/3/levering.json` and the files that it names beside it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboxSource {
    /// An absolute path, `file:///srv/inbox`, or `s3://bucket/prefix`.
    pub url: String,
    /// Access to a bucket; without it the machine's own role is used.
    #[serde(default)]
    pub s3: Option<S3Access>,
}

/// Access to a bucket.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Access {
    /// The address of the store, when it is not that of AWS: https, or http on this machine only.
    #[serde(default)]
    pub endpoint: Option<Url>,
    /// The store's region.
    #[serde(default)]
    pub region: Option<String>,
    /// Name of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: SecretRef,
}

/// What we put up with from one region.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How long making a connection may take, TLS included.
    pub connect_timeout_ms: u64,
    /// How long a connection may be silent; the answer must begin within it, connecting included.
    pub idle_timeout_ms: u64,
    /// How long one listing or one file may take, retries and their waits included; waiting for a turn is not.
    pub total_timeout_s: u64,
    /// How often one listing or file is tried.
    pub attempts: u32,
    /// The first wait between attempts is at most this; each next one at most twice the former.
    pub backoff_base_ms: u64,
    /// No wait of our own is longer.
    pub backoff_max_ms: u64,
    /// A `Retry-After` up to this is waited for; with a longer one we give up and say when to come back.
    pub retry_after_max_s: u64,
    /// The largest file, in bytes as transferred.
    pub max_file_bytes: u64,
    /// The largest listing, in bytes.
    pub max_listing_bytes: u64,
    /// How many requests to this region are under way at once.
    pub concurrency: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 10_000,
            idle_timeout_ms: 30_000,
            total_timeout_s: 1_800,
            attempts: 5,
            backoff_base_ms: 500,
            backoff_max_ms: 30_000,
            retry_after_max_s: 120,
            max_file_bytes: 1 << 30,
            max_listing_bytes: 1 << 20,
            concurrency: 2,
        }
    }
}

impl Limits {
    /// How long making a connection may take.
    pub fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    /// How long a connection may be silent.
    pub fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_timeout_ms)
    }

    /// How long one listing or file may take.
    pub fn total_timeout(&self) -> Duration {
        Duration::from_secs(self.total_timeout_s)
    }

    fn check(&self) -> Result<(), SourceError> {
        let positive = [
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("idle_timeout_ms", self.idle_timeout_ms),
            ("total_timeout_s", self.total_timeout_s),
            ("attempts", self.attempts.into()),
            ("max_file_bytes", self.max_file_bytes),
            ("max_listing_bytes", self.max_listing_bytes),
            ("concurrency", self.concurrency as u64),
        ];
        if let Some((field, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(rule(&format!("limits.{field}"), "must be at least 1"));
        }
        if self.backoff_max_ms < self.backoff_base_ms {
            return Err(rule("limits.backoff_max_ms", "must be at least backoff_base_ms"));
        }
        Ok(())
    }
}

/// A source breaks a rule, or a file that it names can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("source configuration, {field}: {rule}")]
pub struct SourceError {
    field: String,
    rule: String,
}

pub(crate) fn rule(field: &str, rule: impl Into<String>) -> SourceError {
    SourceError { field: field.to_owned(), rule: rule.into() }
}

impl SourceConfig {
    /// Checks the rules that need neither network nor file; a [`Fetcher`](crate::fetch::Fetcher) refuses a source that breaks one.
    ///
    /// # Errors
    /// [`SourceError`] names field and rule.
    pub fn check(&self) -> Result<(), SourceError> {
        let digits = self.vt.strip_prefix("VT").unwrap_or_default();
        if digits.len() != 2 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(rule("vt", "must be VT and two digits"));
        }
        self.limits.check()?;
        match &self.source {
            Source::Http(http) => http.check(),
            Source::Inbox(inbox) => inbox.check(),
        }
    }
}

impl HttpSource {
    fn check(&self) -> Result<(), SourceError> {
        check_address("source.base", &self.base)?;
        if self.base.query().is_some() {
            return Err(rule("source.base", "must have no query"));
        }
        if let Some(proxy) = &self.proxy
            && (!matches!(proxy.scheme(), "http" | "https") || has_user(proxy))
        {
            return Err(rule("source.proxy", "must be http or https, without user and password"));
        }
        match &self.auth {
            Auth::None {} if !is_this_machine(&self.base) => {
                Err(rule("source.auth", "none is for this machine only: use bearer, oauth2 or mtls"))
            }
            Auth::Mtls { .. } if self.base.scheme() != "https" => Err(rule("source.auth", "mtls needs an https base")),
            Auth::Oauth2 { token_url, .. } => check_address("source.auth.token_url", token_url),
            _ => Ok(()),
        }
    }
}

impl InboxSource {
    fn check(&self) -> Result<(), SourceError> {
        let url = self.address()?;
        match url.scheme() {
            "file" if self.s3.is_some() => Err(rule("source.s3", "is for an s3:// inbox only")),
            "file" => Ok(()),
            "s3" if has_user(&url) => Err(rule("source.url", "must have no user and password; use source.s3")),
            "s3" => self
                .s3
                .as_ref()
                .and_then(|s3| s3.endpoint.as_ref())
                .map_or(Ok(()), |endpoint| check_address("source.s3.endpoint", endpoint)),
            _ => Err(rule("source.url", "must be an absolute path, file:// or s3://")),
        }
    }

    /// The address, a path turned into `file://`.
    pub(crate) fn address(&self) -> Result<Url, SourceError> {
        let wrong = || rule("source.url", "must be an absolute path, file:// or s3://");
        if self.url.contains("://") {
            return Url::parse(&self.url).map_err(|_| wrong());
        }
        Url::from_directory_path(&self.url).map_err(|()| wrong())
    }
}

/// An address that secrets and data may travel to.
fn check_address(field: &str, url: &Url) -> Result<(), SourceError> {
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine(url) => {}
        _ => return Err(rule(field, "must be https (http is for this machine only)")),
    }
    if has_user(url) {
        return Err(rule(field, "must have no user and password; secrets come from files or the environment"));
    }
    if url.fragment().is_some() {
        return Err(rule(field, "must have no fragment"));
    }
    Ok(())
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &str) -> Result<SourceConfig, String> {
        let text = format!(r#"{{"vt":"VT07","source":{source}}}"#);
        let config: SourceConfig = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        config.check().map(|()| config).map_err(|error| error.to_string())
    }

    fn refused(source: &str, because: &str) {
        let error = parse(source).unwrap_err();
        assert!(error.contains(because), "{source}: {error}");
    }

    #[test]
    fn every_kind_of_source_and_auth_is_read() {
        for auth in [
            r#"{"kind":"bearer","token":{"file":"/run/secrets/vt07"}}"#,
            r#"{"kind":"oauth2","token_url":"https://a.nl/t","client_id":"lotc","client_secret":{"env":"S"},"scope":"lezen"}"#,
            r#"{"kind":"mtls","cert":"/etc/vt/c.pem","key":"/etc/vt/k.pem"}"#,
        ] {
            let http =
                format!(r#"{{"kind":"http","base":"https://vt07.nl/api/","auth":{auth},"ca_pem":"/etc/vt/ca.pem"}}"#);
            assert_eq!(parse(&http).unwrap().limits, Limits::default());
        }
        parse(r#"{"kind":"http","base":"http://127.0.0.1:8080","auth":{"kind":"none"}}"#).unwrap();
        parse(r#"{"kind":"inbox","url":"/srv/inbox"}"#).unwrap();
        parse(
            r#"{"kind":"inbox","url":"s3://leveringen/vt","s3":{"access_key_id":"a","secret_access_key":{"env":"K"}}}"#,
        )
        .unwrap();
    }

    #[test]
    fn unknown_fields_are_refused_everywhere() {
        for source in [
            r#"{"kind":"inbox","url":"/srv","x":1}"#,
            r#"{"kind":"http","base":"https://a.nl","auth":{"kind":"none"},"x":1}"#,
            r#"{"kind":"http","base":"https://a.nl","auth":{"kind":"none","x":1}}"#,
            r#"{"kind":"http","base":"https://a.nl","auth":{"kind":"bearer","token":{"env":"T"},"x":1}}"#,
        ] {
            refused(source, "unknown field `x`");
        }
        let limits = r#"{"vt":"VT07","source":{"kind":"inbox","url":"/srv"},"limits":{"x":1}}"#;
        assert!(serde_json::from_str::<SourceConfig>(limits).unwrap_err().to_string().contains("unknown field `x`"));
    }

    #[test]
    fn an_address_where_a_secret_would_leak_is_refused() {
        let bearer = r#""auth":{"kind":"bearer","token":{"env":"T"}}"#;
        refused(&format!(r#"{{"kind":"http","base":"http://vt07.nl",{bearer}}}"#), "must be https");
        refused(&format!(r#"{{"kind":"http","base":"https://u:GEHEIM@vt07.nl",{bearer}}}"#), "no user and password");
        refused(&format!(r#"{{"kind":"http","base":"https://vt07.nl?a=1",{bearer}}}"#), "no query");
        refused(
            &format!(r#"{{"kind":"http","base":"https://vt07.nl","proxy":"http://u:p@p.nl",{bearer}}}"#),
            "source.proxy",
        );
        refused(r#"{"kind":"http","base":"https://vt07.nl","auth":{"kind":"none"}}"#, "this machine only");
        refused(
            r#"{"kind":"http","base":"http://127.0.0.1","auth":{"kind":"mtls","cert":"c","key":"k"}}"#,
            "https base",
        );
        refused(
            r#"{"kind":"http","base":"https://a.nl","auth":{"kind":"oauth2","token_url":"http://a.nl","client_id":"i","client_secret":{"env":"S"}}}"#,
            "source.auth.token_url",
        );
        refused(r#"{"kind":"inbox","url":"gs://bucket"}"#, "source.url");
        refused(r#"{"kind":"inbox","url":"relatief/pad"}"#, "source.url");
    }

    #[test]
    fn limits_that_would_stop_everything_are_refused() {
        let config = |limits: Limits| SourceConfig {
            vt: "VT07".into(),
            source: Source::Inbox(InboxSource { url: "/srv".into(), s3: None }),
            limits,
        };
        let error = config(Limits { attempts: 0, ..Limits::default() }).check().unwrap_err();
        assert_eq!(error.to_string(), "source configuration, limits.attempts: must be at least 1");
        let error = config(Limits { backoff_max_ms: 1, ..Limits::default() }).check().unwrap_err();
        assert!(error.to_string().contains("limits.backoff_max_ms"), "{error}");
        let wrong_region = SourceConfig { vt: "../VT07".into(), ..config(Limits::default()) };
        assert!(wrong_region.check().unwrap_err().to_string().contains("two digits"));
    }

    #[test]
    fn debug_shows_no_secret() {
        let config = HttpSource {
            base: "https://vt07.nl".parse().unwrap(),
            auth: Auth::Bearer { token: SecretRef::inline("GEHEIM") },
            ca_pem: None,
            proxy: None,
        };
        assert!(!format!("{config:?}").contains("GEHEIM"));
    }
}
