//! Whether the API can listen where it is told to, and with the certificate that it is told to show.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, Result, bail};
use axum_server::tls_rustls::RustlsConfig;
use chrono::{DateTime, TimeDelta, Utc};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::Examined;
use crate::api::{ApiConfig, Tls};
use crate::validity::validity;

/// A certificate that ends sooner is warned of.
const SOON: TimeDelta = TimeDelta::days(21);

/// The address and the certificate; nothing when there is no API.
pub async fn examine(config: &ApiConfig, now: DateTime<Utc>) -> Vec<Examined> {
    let Some(address) = config.listen else { return Vec::new() };
    let mut examined = vec![at(address)];
    if let Some(tls) = &config.tls {
        examined.push(match with(tls, now).await {
            Ok(examined) => examined,
            Err(error) => Examined::new(CERTIFICATE, Err(error)),
        });
    }
    examined
}

const CERTIFICATE: &str = "certificate of the API";

const RENEW: &str = "renew it; a running `serve` takes the new one within a minute, at SIGHUP at once";

/// Listens there for a moment. An address in use is that of the service itself, more often than not.
fn at(address: SocketAddr) -> Examined {
    let what = "address of the API";
    match TcpListener::bind(address) {
        Ok(_) => Examined::new(what, Ok(format!("{address} is free"))),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Examined::warning(
            what,
            format!("{address} is in use: right when `serve` runs here, else choose another port"),
        ),
        Err(error) => {
            let mend = "[api] listen: give an address of this machine, and a port from 1024 up";
            Examined::new(what, Err(anyhow::Error::from(error).context(mend)))
        }
    }
}

async fn with(tls: &Tls, now: DateTime<Utc>) -> Result<Examined> {
    let (cert, key) = (tls.cert.display(), tls.key.display());
    let usable = RustlsConfig::from_pem_file(&tls.cert, &tls.key).await;
    usable.with_context(|| {
        format!("`{cert}` and `{key}` don't go together, or can't be read: give a PEM chain and its key")
    })?;
    let first = CertificateDer::from_pem_file(&tls.cert).map_err(|error| anyhow::anyhow!("`{cert}`: {error:?}"))?;
    let Some((begins, ends)) = validity(&first) else { bail!("`{cert}`: its dates can't be read") };
    let day = ends.format("%Y-%m-%d");
    if now < begins {
        bail!("`{cert}` is valid from {begins} only: give one that is valid now, or set the clock");
    }
    if now >= ends {
        bail!("`{cert}` has expired on {day}: {RENEW}");
    }
    if ends - now < SOON {
        return Ok(Examined::warning(CERTIFICATE, format!("ends on {day}: {RENEW}")));
    }
    Ok(Examined::new(CERTIFICATE, Ok(format!("valid until {day}"))))
}
