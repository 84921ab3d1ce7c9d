//! Where the API listens, and by what right without TLS.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{Api, routes};

/// How long requests that are under way may take when the service stops.
const GRACE: Duration = Duration::from_secs(10);

/// How often the files of the certificate are looked at.
const LOOK: Duration = Duration::from_secs(60);

/// Takes a new certificate up when its files change. One that can't be used leaves the old one in force, and is tried again when it
/// changes again.
async fn renew(tls: RustlsConfig, files: Tls, look: Duration, stop: CancellationToken) {
    let mut seen = files.written().await;
    while tokio::time::timeout(look, stop.cancelled()).await.is_err() {
        let now = files.written().await;
        if now == seen {
            continue;
        }
        seen = now;
        match tls.reload_from_pem_file(&files.cert, &files.key).await {
            Ok(()) => tracing::info!("a new certificate is in force"),
            Err(error) => tracing::error!("[api] tls: the new certificate can't be used, the old one stays: {error}"),
        }
    }
}

/// The API of `serve`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiConfig {
    /// Address and port, such as `127.0.0.1:8471`; without it there is no API.
    pub listen: Option<SocketAddr>,
    /// Certificate and key.
    pub tls: Option<Tls>,
    /// Whether it may listen beyond this machine without TLS: behind a proxy that has it.
    pub without_tls_beyond_loopback: bool,
    /// After so many failed log-ins within five minutes an address waits. 0 for never: behind a proxy, where all come from one
    /// address, and which limits them itself.
    pub failed_logins_per_address: usize,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self { listen: None, tls: None, without_tls_beyond_loopback: false, failed_logins_per_address: 10 }
    }
}

/// A certificate and its key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate, with those that it rests on; PEM.
    pub cert: PathBuf,
    /// Its key; PEM.
    pub key: PathBuf,
}

impl Tls {
    /// When and how large the files were last written; nothing of one that is not there.
    async fn written(&self) -> [Option<(SystemTime, u64)>; 2] {
        [written(&self.cert).await, written(&self.key).await]
    }
}

async fn written(path: &Path) -> Option<(SystemTime, u64)> {
    let meta = tokio::fs::metadata(path).await.ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

impl ApiConfig {
    /// The rule that is broken, if any.
    pub fn broken_rule(&self) -> Option<&'static str> {
        let open = self.listen.is_some_and(|address| !address.ip().is_loopback());
        (open && self.tls.is_none() && !self.without_tls_beyond_loopback).then_some(
            "without `tls` it listens on this machine only (127.0.0.1 or ::1): tokens would cross the network in the clear. Behind a proxy with TLS, set without_tls_beyond_loopback = true",
        )
    }
}

/// An address that is taken, and a certificate that was read: nothing that could still go wrong when the service begins.
pub struct Bound {
    listener: std::net::TcpListener,
    tls: Option<(RustlsConfig, Tls)>,
}

impl Bound {
    /// Takes the address of a configuration and reads its certificate; nothing when it has no API.
    ///
    /// # Errors
    /// When the address is taken, or the certificate can't be read.
    pub async fn of(config: &ApiConfig) -> Result<Option<Self>> {
        let Some(address) = config.listen else { return Ok(None) };
        let tls = match &config.tls {
            Some(files @ Tls { cert, key }) => {
                let tls = RustlsConfig::from_pem_file(cert, key).await;
                let why = || format!("[api] tls: `{}` or `{}` can't be used", cert.display(), key.display());
                Some((tls.with_context(why)?, files.clone()))
            }
            None => None,
        };
        let listener = std::net::TcpListener::bind(address);
        let listener = listener.with_context(|| format!("[api] listen: {address} can't be used"))?;
        listener.set_nonblocking(true)?;
        Ok(Some(Self { listener, tls }))
    }

    /// The address; it differs from the one asked for when the port is 0.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves the API until told to stop.
    ///
    /// # Errors
    /// When the system refuses to go on.
    pub async fn serve(self, api: Api, stop: CancellationToken) -> Result<()> {
        let (router, _) = routes(&api);
        let service = crate::web::routes(&api, &router).into_make_service_with_connect_info::<SocketAddr>();
        let handle = Handle::new();
        let watch = handle.clone();
        if let Some((tls, files)) = &self.tls {
            tokio::spawn(renew(tls.clone(), files.clone(), LOOK, stop.clone()));
        }
        tokio::spawn(async move {
            stop.cancelled().await;
            watch.graceful_shutdown(Some(GRACE));
        });
        match self.tls {
            Some((tls, _)) => axum_server::from_tcp_rustls(self.listener, tls)?.handle(handle).serve(service).await?,
            None => axum_server::from_tcp(self.listener)?.handle(handle).serve(service).await?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn write(files: &Tls) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        std::fs::write(&files.cert, made.cert.pem()).unwrap();
    }

    /// Waits until something is so, at most ten seconds.
    async fn until(is: impl Fn() -> bool) -> bool {
        for _ in 0..1000 {
            if is() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_new_certificate_is_taken_up_and_a_bad_one_is_not() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let files = Tls { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
        write(&files);
        let tls = RustlsConfig::from_pem_file(&files.cert, &files.key).await.unwrap();
        let (first, stop) = (tls.get_inner(), CancellationToken::new());
        let look = Duration::from_millis(20);
        let watch = tokio::spawn(renew(tls.clone(), files.clone(), look, stop.clone()));
        tokio::time::sleep(look * 5).await;
        std::fs::write(&files.cert, "no certificate").unwrap();
        tokio::time::sleep(look * 5).await;
        assert!(Arc::ptr_eq(&first, &tls.get_inner()), "the old one stays");
        write(&files);
        assert!(until(|| !Arc::ptr_eq(&first, &tls.get_inner())).await, "the new one is in force");
        stop.cancel();
        watch.await.unwrap();
    }
}
