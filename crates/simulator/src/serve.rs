//! The regions as HTTP services on loopback: a listener each.

mod answer;
mod http;
mod region;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use vt_domain::Clock;

use crate::auth::{AuthKind, SCOPE};
use crate::calibration::{REGIONS, region_index};
use crate::config::{SimAuth, SimRegion, SimulatorConfig};
use crate::generate::Generator;
use crate::produce::Producer;
use crate::tls::{Authorities, TlsError};
use region::Region;

/// How long a client may take for a TLS handshake or the head of a request.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why the simulator does not run.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// A port could not be listened on.
    #[error("{vt}: cannot listen on 127.0.0.1:{port}: {source}")]
    Listen {
        /// The region.
        vt: &'static str,
        /// The port; 0 is any free one.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// More ports are asked for than there are above the first.
    #[error("first_port {0} leaves no room for {n} ports", n = REGIONS.len())]
    Ports(u16),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The task that plans the regions ended early.
    #[error("planning the regions was cut short")]
    Planning,
}

/// 26 running regions. They stop when this is dropped.
#[derive(Debug)]
pub struct Simulator {
    regions: Vec<SimRegion>,
    states: Vec<Arc<Region>>,
    listeners: JoinSet<()>,
}

impl Simulator {
    /// Starts all regions. `clock` says which deliveries exist by now.
    ///
    /// # Errors
    /// A port that is taken, or no room for 26 of them; certificates that can't be made.
    pub async fn start(config: SimulatorConfig, clock: Arc<dyn Clock>) -> Result<Self, SimulatorError> {
        // Whoever installed a provider before us chose it; ours is named where it is used.
        drop(rustls::crypto::ring::default_provider().install_default());
        let planned = config.clone();
        let producer =
            tokio::task::spawn_blocking(move || Producer::new(Generator::new(&planned), planned.faults.clone()));
        let producer = Arc::new(producer.await.map_err(|_| SimulatorError::Planning)?);
        let authorities = Authorities::new()?;
        let mut simulator = Self { regions: Vec::new(), states: Vec::new(), listeners: JoinSet::new() };
        for region in 0..REGIONS.len() {
            let state = Region::new(region, &config, producer.clone(), clock.clone());
            simulator.open(Arc::new(state), &config, &authorities).await?;
        }
        tracing::info!(regions = simulator.regions.len(), seed = config.seed, "simulated regions are listening");
        Ok(simulator)
    }

    async fn open(
        &mut self,
        state: Arc<Region>,
        config: &SimulatorConfig,
        authorities: &Authorities,
    ) -> Result<(), SimulatorError> {
        let region = state.number();
        let (expired, mtls) = (state.expired_certificate(), state.gate().kind() == AuthKind::Mtls);
        let tls = (expired || mtls).then(|| authorities.listener(expired, mtls)).transpose()?;
        let listener = listen(region, config.first_port).await?;
        let address =
            listener.local_addr().map_err(|source| SimulatorError::Listen { vt: REGIONS[region], port: 0, source })?;
        self.regions.push(describe(&state, address, tls.is_some(), authorities)?);
        self.states.push(state.clone());
        self.listeners.spawn(accept(listener, tls.map(TlsAcceptor::from), state));
        Ok(())
    }

    /// The regions, VT01 first.
    pub fn regions(&self) -> &[SimRegion] {
        &self.regions
    }

    /// A region by code.
    pub fn region(&self, vt: &str) -> Option<&SimRegion> {
        self.regions.get(region_index(vt)?)
    }

    /// How many requests for a file of a region were answered with its bytes, whole or in part.
    pub fn requests(&self, vt: &str) -> u64 {
        self.state(vt).map_or(0, |state| state.files_sent())
    }

    /// How many requests for a listing of a region were let in.
    pub fn listings(&self, vt: &str) -> u64 {
        self.state(vt).map_or(0, |state| state.listings_asked())
    }

    /// How many OAuth2 tokens a region issued.
    pub fn tokens_issued(&self, vt: &str) -> u64 {
        self.state(vt).map_or(0, |state| state.gate().tokens_issued())
    }

    fn state(&self, vt: &str) -> Option<&Arc<Region>> {
        self.states.get(region_index(vt)?)
    }

    /// Stops all regions and waits until they have stopped.
    pub async fn stop(mut self) {
        self.listeners.shutdown().await;
    }
}

async fn listen(region: usize, first_port: Option<u16>) -> Result<TcpListener, SimulatorError> {
    let port = match first_port {
        Some(first) => first.checked_add(region as u16).ok_or(SimulatorError::Ports(first))?,
        None => 0,
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).await.map_err(|source| SimulatorError::Listen { vt: REGIONS[region], port, source })
}

fn describe(state: &Region, address: SocketAddr, tls: bool, authorities: &Authorities) -> Result<SimRegion, TlsError> {
    let base = format!("{}://{address}", if tls { "https" } else { "http" });
    let gate = state.gate();
    let auth = match gate.kind() {
        AuthKind::Bearer => SimAuth::Bearer { token: gate.secret().to_owned() },
        AuthKind::OAuth2 => SimAuth::OAuth2 {
            token_url: format!("{base}/oauth/token"),
            client_id: gate.client_id().to_owned(),
            client_secret: gate.secret().to_owned(),
            scope: SCOPE.to_owned(),
        },
        AuthKind::Mtls => {
            let identity = authorities.client(gate.client_id())?;
            SimAuth::Mtls { client_cert_pem: identity.cert_pem, client_key_pem: identity.key_pem }
        }
    };
    let vt = REGIONS[state.number()].to_owned();
    Ok(SimRegion { vt, base, auth, ca_pem: tls.then(|| authorities.server_pem().to_owned()) })
}

/// Takes connections until it is aborted; the connections end with it.
async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<Region>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, tls.clone(), state.clone()));
                }
                Err(error) => {
                    tracing::debug!(vt = REGIONS[state.number()], %error, "no connection accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, state: Arc<Region>) {
    // Answers are written in one go; waiting for more would only delay them.
    drop(stream.set_nodelay(true));
    let Some(acceptor) = tls else { return speak(stream, state).await };
    match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => speak(stream, state).await,
        Ok(Err(error)) => tracing::debug!(vt = REGIONS[state.number()], %error, "TLS handshake failed"),
        Err(_) => tracing::debug!(vt = REGIONS[state.number()], "TLS handshake took too long"),
    }
}

async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, state: Arc<Region>) {
    let service = TowerToHyperService::new(http::router(state.clone()));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        // Ordinary: clients go away, and some faults cut the connection.
        tracing::debug!(vt = REGIONS[state.number()], %error, "connection ended early");
    }
}

#[cfg(test)]
mod tests;
