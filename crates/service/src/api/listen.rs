//! Where the API listens, and by what right without TLS.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{Api, routes};

/// How long requests that are under way may take when the service stops.
const GRACE: Duration = Duration::from_secs(10);

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

impl ApiConfig {
    /// The rule that is broken, if any.
    pub fn broken_rule(&self) -> Option<&'static str> {
        let open = self.listen.is_some_and(|address| !address.ip().is_loopback());
        (open && self.tls.is_none() && !self.without_tls_beyond_loopback).then_some(
            "without `tls` it listens on this machine only (127.0.0.1 or ::1): tokens would cross the network in the clear. Behind a              proxy with TLS, set without_tls_beyond_loopback = true",
        )
    }
}

/// Serves the API until told to stop. `ready` gets the address, which differs from the one asked for when the port is 0.
///
/// # Errors
/// When the address is taken, or the certificate can't be read.
pub async fn listen(
    api: Api,
    config: &ApiConfig,
    stop: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<()> {
    let Some(address) = config.listen else {
        stop.cancelled().await;
        return Ok(());
    };
    let listener =
        std::net::TcpListener::bind(address).with_context(|| format!("[api] listen: {address} can't be used"))?;
    listener.set_nonblocking(true)?;
    ready(listener.local_addr()?);
    let (router, _) = routes(&api);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let handle = Handle::new();
    let watch = handle.clone();
    tokio::spawn(async move {
        stop.cancelled().await;
        watch.graceful_shutdown(Some(GRACE));
    });
    match &config.tls {
        Some(Tls { cert, key }) => {
            let tls = RustlsConfig::from_pem_file(cert, key).await;
            let tls =
                tls.with_context(|| format!("[api] tls: `{}` or `{}` can't be used", cert.display(), key.display()))?;
            axum_server::from_tcp_rustls(listener, tls)?.handle(handle).serve(service).await?;
        }
        None => axum_server::from_tcp(listener)?.handle(handle).serve(service).await?,
    }
    Ok(())
}
