//! What the simulator is asked to do, and what a client needs to reach a region.

use std::fmt;

use chrono::NaiveDate;
use vt_domain::Month;

use crate::faults::FaultPlan;

/// Begins every secret that the simulator hands out, so that a search of logs can look for it.
pub const SECRET_PREFIX: &str = "simgeheim-";

/// How the simulator behaves. The same values give the same deliveries, byte for byte.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// Decides everything that is drawn.
    pub seed: u64,
    /// Which region fails in which month, and how.
    pub faults: FaultPlan,
    /// Days on which regions correct what they delivered before; with none, nothing but the usual corrections.
    pub corrections: Vec<CorrectionWave>,
    /// Whether regions deliver month-to-date every Monday as well.
    pub tussentijds: bool,
    /// The first month with month-to-date deliveries, when [`Self::tussentijds`] is set; none means every month.
    pub tussentijds_from: Option<Month>,
    /// Mixes bearer tokens with OAuth2 (VT09, VT13, VT20) and mTLS (VT18). False: bearer tokens over plain HTTP everywhere.
    pub secure: bool,
    /// Makes every id and casus id begin with a marker ([`crate::records::MARKERS`]), for tests that search logs for them.
    pub markers: bool,
    /// How long an OAuth2 token is valid, in seconds of real time.
    pub token_lifetime_seconds: u32,
    /// After how many requests a token is revoked before its time; none means never.
    pub token_max_requests: Option<u32>,
    /// Region VT01 listens on this port, VT02 on the next, and so on; none takes free ports.
    pub first_port: Option<u16>,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            faults: FaultPlan::default(),
            corrections: Vec::new(),
            tussentijds: false,
            tussentijds_from: None,
            secure: true,
            markers: false,
            token_lifetime_seconds: 300,
            token_max_requests: None,
            first_port: None,
        }
    }
}

/// A day on which some regions deliver, for every month that they delivered before, a full replacement in which a few records
/// differ. A later wave corrects what earlier ones left. The 255th wave and later ones are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorrectionWave {
    /// The day on which they deliver.
    pub on: NaiveDate,
    /// How many regions correct a month; which ones is drawn per month.
    pub regions: usize,
    /// Per mille of records of which one characteristic changes.
    pub changed_per_mille: u32,
    /// Records that are registered late, per mille of those delivered before.
    pub new_per_mille: u32,
    /// Per mille of records that are withdrawn, as registered in error; meldingen with a service never are.
    pub withdrawn_per_mille: u32,
}

impl CorrectionWave {
    /// A wave of the size with which disclosure control was measured (DESIGN §7): four regions, 2% of records changed and 1% new;
    /// two in a thousand are withdrawn.
    pub fn new(on: NaiveDate) -> Self {
        Self { on, regions: 4, changed_per_mille: 20, new_per_mille: 10, withdrawn_per_mille: 2 }
    }
}

/// Where a region listens, and how to get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimRegion {
    /// The region's code, such as `VT07`.
    pub vt: String,
    /// The address of the service without a slash at the end: `http://127.0.0.1:40001`.
    pub base: String,
    /// What a client must show.
    pub auth: SimAuth,
    /// The certificate authority to trust, PEM, for a region that speaks TLS.
    pub ca_pem: Option<String>,
}

/// What a client must show to a region. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub enum SimAuth {
    /// A fixed bearer token.
    Bearer {
        /// The token.
        token: String,
    },
    /// OAuth2 client credentials (RFC 6749, section 4.4).
    OAuth2 {
        /// Where a token is asked for.
        token_url: String,
        /// The client.
        client_id: String,
        /// Its secret.
        client_secret: String,
        /// The scope to ask for.
        scope: String,
    },
    /// A client certificate.
    Mtls {
        /// The certificate, PEM.
        client_cert_pem: String,
        /// Its key, PEM (PKCS #8).
        client_key_pem: String,
    },
}

impl fmt::Debug for SimAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer { .. } => f.write_str("Bearer"),
            Self::OAuth2 { token_url, client_id, .. } => write!(f, "OAuth2({client_id} at {token_url})"),
            Self::Mtls { .. } => f.write_str("Mtls"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let auth = SimAuth::OAuth2 {
            token_url: "http://127.0.0.1:1/oauth/token".into(),
            client_id: "monitor".into(),
            client_secret: format!("{SECRET_PREFIX}1"),
            scope: "leveringen".into(),
        };
        let region = SimRegion { vt: "VT09".into(), base: "http://127.0.0.1:1".into(), auth, ca_pem: None };
        assert!(!format!("{region:?}").contains(SECRET_PREFIX));
        let bearer = SimAuth::Bearer { token: format!("{SECRET_PREFIX}2") };
        assert!(!format!("{bearer:?}").contains(SECRET_PREFIX));
    }
}
