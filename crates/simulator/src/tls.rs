//! Certificates made at start: an authority for servers, one for clients, and what they sign. Nothing of it outlives the process.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Why certificates could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate.
    #[error("making a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A TLS configuration.
    #[error("configuring TLS: {0}")]
    Config(#[from] rustls::Error),
    /// The check of client certificates.
    #[error("configuring the check of client certificates: {0}")]
    Verifier(#[from] rustls::client::VerifierBuilderError),
}

type OwnedIssuer = Issuer<'static, KeyPair>;

/// The authorities of one simulator.
pub struct Authorities {
    server: OwnedIssuer,
    server_pem: String,
    client: OwnedIssuer,
    client_der: CertificateDer<'static>,
}

/// A client's certificate and key, PEM.
pub struct ClientIdentity {
    /// The certificate.
    pub cert_pem: String,
    /// The key, PKCS #8.
    pub key_pem: String,
}

impl Authorities {
    /// Makes both authorities.
    pub fn new() -> Result<Self, TlsError> {
        let (server, server_pem, _) = authority("vt-simulator servers")?;
        let (client, _, client_der) = authority("vt-simulator clients")?;
        Ok(Self { server, server_pem, client, client_der })
    }

    /// The certificate of the authority for servers, PEM: what a client must trust.
    pub fn server_pem(&self) -> &str {
        &self.server_pem
    }

    /// A client certificate.
    pub fn client(&self, name: &str) -> Result<ClientIdentity, TlsError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let cert = params.signed_by(&key, &self.client)?;
        Ok(ClientIdentity { cert_pem: cert.pem(), key_pem: key.serialize_pem() })
    }

    /// TLS for a region's listener. `expired`: with a certificate that was valid until 2020. `mtls`: only for clients of ours.
    pub fn listener(&self, expired: bool, mtls: bool) -> Result<Arc<ServerConfig>, TlsError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if expired {
            params.not_before = date_time_ymd(2018, 1, 1);
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        let cert = params.signed_by(&key, &self.server)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        let builder = if mtls {
            let mut roots = RootCertStore::empty();
            roots.add(self.client_der.clone())?;
            builder
                .with_client_cert_verifier(WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build()?)
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_single_cert(vec![cert.der().clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn authority(name: &str) -> Result<(OwnedIssuer, String, CertificateDer<'static>), TlsError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let cert = params.self_signed(&key)?;
    Ok((Issuer::new(params, key), cert.pem(), cert.der().clone()))
}
