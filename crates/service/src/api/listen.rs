//! Where the API listens, and by what right without TLS.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsAcceptor;
use serde::Deserialize;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::certificate::Certificate;
use super::door::{ApiLimits, Door};
use super::{Api, routes};
use crate::oidc::OidcConfig;

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
    /// An issuer whose tokens count beside ours.
    pub oidc: Option<OidcConfig>,
    /// What is put up with from whoever connects.
    pub limits: ApiLimits,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            listen: None,
            tls: None,
            without_tls_beyond_loopback: false,
            failed_logins_per_address: 10,
            oidc: None,
            limits: ApiLimits::default(),
        }
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
            "without `tls` it listens on this machine only (127.0.0.1 or ::1): tokens would cross the network in the clear. Behind a proxy with TLS, set without_tls_beyond_loopback = true",
        )
        .or_else(|| self.limits.broken_rule())
    }
}

/// An address that is taken, and a certificate that was read: nothing that could still go wrong when the service begins.
pub struct Bound {
    listener: std::net::TcpListener,
    tls: Option<Certificate>,
    limits: ApiLimits,
}

impl Bound {
    /// Takes the address of a configuration and reads its certificate; nothing when it has no API.
    ///
    /// # Errors
    /// When the address is taken, or the certificate can't be read.
    pub async fn of(config: &ApiConfig) -> Result<Option<Self>> {
        let Some(address) = config.listen else { return Ok(None) };
        let tls = match &config.tls {
            Some(tls) => Some(Certificate::read(tls).await?),
            None => None,
        };
        let listener = std::net::TcpListener::bind(address);
        let listener = listener.with_context(|| format!("[api] listen: {address} can't be used"))?;
        listener.set_nonblocking(true)?;
        Ok(Some(Self { listener, tls, limits: config.limits }))
    }

    /// The address; it differs from the one asked for when the port is 0.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves the API until told to stop. `again`: read the certificate again now.
    ///
    /// # Errors
    /// When the system refuses to go on.
    pub async fn serve(self, api: Api, stop: CancellationToken, again: Arc<Notify>) -> Result<()> {
        let (router, _) = routes(&api);
        let service = crate::web::routes(&api, &router).into_make_service_with_connect_info::<SocketAddr>();
        let handle = Handle::new();
        let (watch, stopped) = (handle.clone(), stop.clone());
        tokio::spawn(async move {
            stopped.cancelled().await;
            watch.graceful_shutdown(Some(GRACE));
        });
        let (server, door) = (axum_server::from_tcp(self.listener)?.handle(handle), Door::new(self.limits));
        let server = self.limits.hold(server);
        match self.tls {
            Some(certificate) => {
                let acceptor = RustlsAcceptor::new(certificate.config()).acceptor(door);
                tokio::spawn(certificate.watch(stop, again));
                server.acceptor(acceptor).serve(service).await?;
            }
            None => server.acceptor(door).serve(service).await?,
        }
        Ok(())
    }
}
