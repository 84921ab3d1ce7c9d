//! The simulated regions as sources.

use std::fs;
use std::path::Path;

use anyhow::Result;
use vt_intake::secret::SecretRef;
use vt_intake::source::{Auth, HttpSource, Limits, Source, SourceConfig};
use vt_simulator::{SimAuth, SimRegion};

/// Patience of a demo: everything is on this machine, and faults are meant to show quickly.
fn limits() -> Limits {
    Limits {
        connect_timeout_ms: 2_000,
        idle_timeout_ms: 1_500,
        total_timeout_s: 60,
        attempts: 3,
        backoff_base_ms: 20,
        backoff_max_ms: 200,
        retry_after_max_s: 3,
        ..Limits::default()
    }
}

/// The sources of simulated regions; certificates are written to `folder`, which is private to this run.
pub(super) fn sources(regions: &[SimRegion], folder: &Path) -> Result<Vec<SourceConfig>> {
    regions.iter().map(|region| source(region, folder)).collect()
}

fn source(region: &SimRegion, folder: &Path) -> Result<SourceConfig> {
    let write = |name: &str, content: &str| -> Result<std::path::PathBuf> {
        let path = folder.join(format!("{}-{name}.pem", region.vt));
        fs::write(&path, content)?;
        Ok(path)
    };
    let auth = match &region.auth {
        SimAuth::Bearer { token } => Auth::Bearer { token: SecretRef::inline(token) },
        SimAuth::OAuth2 { token_url, client_id, client_secret, scope } => Auth::Oauth2 {
            token_url: token_url.parse()?,
            client_id: client_id.clone(),
            client_secret: SecretRef::inline(client_secret),
            scope: Some(scope.clone()),
            credentials_in: Default::default(),
        },
        SimAuth::Mtls { client_cert_pem, client_key_pem } => {
            Auth::Mtls { cert: write("cert", client_cert_pem)?, key: write("key", client_key_pem)? }
        }
    };
    let ca_pem = region.ca_pem.as_deref().map(|ca| write("ca", ca)).transpose()?;
    let http = HttpSource { base: region.base.parse()?, auth, ca_pem, proxy: None };
    Ok(SourceConfig { vt: region.vt.clone(), source: Source::Http(http), limits: limits() })
}
