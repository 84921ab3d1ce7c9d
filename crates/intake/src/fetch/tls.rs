//! The HTTP client of one region, with its own trust and identity, and what its failures mean.

use std::error::Error;
use std::io;
use std::path::Path;

use reqwest::{Certificate, Client, Identity, Proxy, redirect};
use rustls::{AlertDescription, CertificateError};

use crate::fetch::error::{Fault, TimeLimit};
use crate::source::{Auth, HttpSource, Limits, SourceError, rule};

/// Why a connection is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    /// Past its end date.
    #[error("the server's certificate has expired")]
    Expired,
    /// Before its begin date.
    #[error("the server's certificate is not valid yet")]
    NotValidYet,
    /// For another name.
    #[error("the server's certificate is for another host name")]
    WrongName,
    /// Signed by somebody we don't know.
    #[error("the server's certificate is of an authority that we do not trust (see ca_pem)")]
    UnknownIssuer,
    /// Withdrawn.
    #[error("the server's certificate was revoked")]
    Revoked,
    /// Any other fault in it.
    #[error("the server's certificate is invalid")]
    Invalid,
    /// The server wants a client certificate, or another one.
    #[error("the server refuses our client certificate, or wants one (see auth mtls)")]
    ClientRefused,
    /// No common language.
    #[error("the TLS handshake failed")]
    Handshake,
}

/// The client of one region. It follows no redirect and unpacks nothing: we want the bytes as they travel.
pub(super) fn client(source: &HttpSource, limits: &Limits) -> Result<Client, SourceError> {
    let mut builder = Client::builder()
        .tls_backend_rustls()
        .user_agent(concat!("vt-monitor/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_gzip()
        .no_proxy()
        .connect_timeout(limits.connect_timeout())
        .read_timeout(limits.idle_timeout())
        .pool_max_idle_per_host(limits.concurrency);
    if let Some(proxy) = &source.proxy {
        builder = builder.proxy(Proxy::all(proxy.clone()).map_err(|_| rule("source.proxy", "can't be used"))?);
    }
    if let Some(path) = &source.ca_pem {
        builder = builder.tls_certs_only(authorities(path)?);
    } else if !speaks_tls(source) {
        // Loading the system's authorities is slow, and nobody will ask them anything.
        builder = builder.tls_certs_only([]);
    }
    if let Auth::Mtls { cert, key } = &source.auth {
        builder = builder.identity(identity(cert, key)?);
    }
    builder.build().map_err(|_| {
        rule("source", "no HTTPS client can be made of it: are there certificate authorities on this system?")
    })
}

fn speaks_tls(source: &HttpSource) -> bool {
    let token_server = match &source.auth {
        Auth::Oauth2 { token_url, .. } => token_url.scheme() == "https",
        _ => false,
    };
    token_server || source.base.scheme() == "https"
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, SourceError> {
    let wrong = |what| rule("source.ca_pem", format!("{} {what}", path.display()));
    let pem = std::fs::read(path).map_err(|_| wrong("can't be read"))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(wrong("holds no PEM certificate")),
    }
}

fn identity(cert: &Path, key: &Path) -> Result<Identity, SourceError> {
    let read = |field: &str, path: &Path| {
        std::fs::read(path).map_err(|_| rule(field, format!("{} can't be read", path.display())))
    };
    let mut pem = read("source.auth.key", key)?;
    pem.push(b'\n');
    pem.extend(read("source.auth.cert", cert)?);
    Identity::from_pem(&pem).map_err(|_| rule("source.auth", "cert and key are no PEM certificate and private key"))
}

/// What a failure of the client means. Its own text is not passed on: it holds the address, query included.
pub(super) fn classify(error: &reqwest::Error, received: u64) -> Fault {
    if let Some(fault) = causes(error).find_map(rustls_cause).map(tls_fault) {
        return Fault::Tls(fault);
    }
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => Fault::Timeout(TimeLimit::Connect),
        (false, true) => Fault::Timeout(TimeLimit::Idle),
        (true, false) => Fault::Connect(connect_reason(error)),
        (false, false) => Fault::Cut { received },
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |error| (*error).source())
}

fn connect_reason(error: &reqwest::Error) -> &'static str {
    if error.is_dns() {
        return "the host name can't be resolved";
    }
    match causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "refused",
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => "the host can't be reached",
        _ => "lost while it was made",
    }
}

fn rustls_cause<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    // An io::Error passes over its own content when asked for its source, and they stand in one another.
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => rustls_cause(inner),
        None => cause.downcast_ref(),
    }
}

fn tls_fault(error: &rustls::Error) -> TlsFault {
    match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFault::NotValidYet,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsFault::WrongName,
            CertificateError::UnknownIssuer => TlsFault::UnknownIssuer,
            CertificateError::Revoked => TlsFault::Revoked,
            _ => TlsFault::Invalid,
        },
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied,
        ) => TlsFault::ClientRefused,
        _ => TlsFault::Handshake,
    }
}
