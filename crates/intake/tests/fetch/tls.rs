//! Trust: our own authority, a client certificate, and what is said of certificates that won't do.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use vt_intake::fetch::FetchError;
use vt_intake::source::{Auth, Source, SourceConfig};

use crate::server::Server;
use crate::world::{World, entry, good, with_auth};

/// An authority with a folder for its files.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: TempDir,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn issue(&self, name: &str, not_after: i32) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(not_after, 1, 1);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn server_config(&self, name: &str, not_after: i32, clients: Option<&Self>) -> ServerConfig {
        let (cert, key) = self.issue(name, not_after);
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let builder = match clients {
            None => builder.unwrap().with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.issuer.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
                builder.unwrap().with_client_cert_verifier(verifier)
            }
        };
        let chain = vec![CertificateDer::from(cert.der().to_vec())];
        builder.with_single_cert(chain, PrivateKeyDer::try_from(key.serialize_der()).unwrap()).unwrap()
    }

    /// A source that trusts this authority only.
    fn source(&self, server: &Server, auth: Auth) -> SourceConfig {
        let mut source = with_auth(&server.base, auth);
        let Source::Http(http) = &mut source.source else { unreachable!() };
        http.ca_pem = Some(self.path("ca.pem"));
        source
    }
}

async fn refused(config: ServerConfig, trusts: &Authority) -> (FetchError, usize) {
    let server = Server::start_tls(config, |seen, _| good(seen)).await;
    let error = World::new().list(&trusts.source(&server, Auth::None {})).await.unwrap_err();
    assert!(error.rule().starts_with("tls") && !error.is_transient(), "{error}");
    (error, server.seen().len())
}

#[tokio::test]
async fn our_own_authority_is_trusted_and_another_is_not() {
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let server = Server::start_tls(ours.server_config("127.0.0.1", 2100, None), |seen, _| good(seen)).await;
    let world = World::new();
    world.list(&ours.source(&server, Auth::None {})).await.unwrap();
    world.fetch(&ours.source(&server, Auth::None {}), entry(1)).await.unwrap();
    let (error, requests) = refused(other.server_config("127.0.0.1", 2100, None), &ours).await;
    assert!(error.to_string().contains("an authority that we do not trust"), "{error}");
    assert_eq!(requests, 0);
}

#[tokio::test]
async fn the_systems_authorities_do_not_know_ours() {
    let ours = Authority::new("ours");
    let server = Server::start_tls(ours.server_config("127.0.0.1", 2100, None), |seen, _| good(seen)).await;
    let error = World::new().list(&with_auth(&server.base, Auth::None {})).await.unwrap_err();
    // On a system without any authority no client can be made.
    assert!(matches!(error.rule(), "tls" | "source"), "{error}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_expired_certificate_is_named_as_such() {
    let ours = Authority::new("ours");
    let (error, requests) = refused(ours.server_config("127.0.0.1", 2020, None), &ours).await;
    assert_eq!(error.rule(), "tls_expired");
    assert!(error.to_string().contains("the server's certificate has expired"), "{error}");
    assert_eq!(requests, 0);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_named_as_such() {
    let ours = Authority::new("ours");
    let (error, _) = refused(ours.server_config("vt08.example.nl", 2100, None), &ours).await;
    assert!(error.to_string().contains("for another host name"), "{error}");
}

#[tokio::test]
async fn a_client_certificate_opens_the_door_and_none_or_a_strangers_does_not() {
    let (ours, stranger) = (Authority::new("ours"), Authority::new("other"));
    let server = Server::start_tls(ours.server_config("127.0.0.1", 2100, Some(&ours)), |seen, _| good(seen)).await;
    let world = World::new();
    let mtls = |authority: &Authority| {
        let (cert, key) = authority.issue("lotc", 2100);
        std::fs::write(authority.path("cert.pem"), cert.pem()).unwrap();
        std::fs::write(authority.path("key.pem"), key.serialize_pem()).unwrap();
        Auth::Mtls { cert: authority.path("cert.pem"), key: authority.path("key.pem") }
    };
    world.fetch(&ours.source(&server, mtls(&ours)), entry(1)).await.unwrap();
    let requests = server.seen().len();
    for auth in [Auth::None {}, mtls(&stranger)] {
        let error = world.list(&ours.source(&server, auth)).await.unwrap_err();
        assert!(error.to_string().contains("refuses our client certificate"), "{error}");
    }
    assert_eq!(server.seen().len(), requests);
}

#[tokio::test]
async fn a_proxy_is_used_when_configured() {
    let ours = Authority::new("ours");
    let server = Server::start_tls(ours.server_config("127.0.0.1", 2100, None), |seen, _| good(seen)).await;
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut source = ours.source(&server, Auth::None {});
    let Source::Http(http) = &mut source.source else { unreachable!() };
    http.proxy = Some(format!("http://{}", proxy.local_addr().unwrap()).parse().unwrap());
    let target = server.base.trim_start_matches("https://");
    let tunnel = async {
        let (mut from, _) = proxy.accept().await.unwrap();
        let mut request = vec![0; 4_096];
        let read = from.read(&mut request).await.unwrap();
        from.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut to = TcpStream::connect(target).await.unwrap();
        // Either side may end the tunnel; that is how it ends.
        drop(copy_bidirectional(&mut from, &mut to).await);
        String::from_utf8(request[..read].to_vec()).unwrap()
    };
    let world = World::new();
    let (listed, asked) = tokio::join!(world.list(&source), tunnel);
    listed.unwrap();
    assert!(asked.starts_with(&format!("CONNECT {target} ")), "{asked}");
}

#[tokio::test]
async fn certificate_files_that_cannot_be_used_are_named() {
    let ours = Authority::new("ours");
    let server = Server::start_tls(ours.server_config("127.0.0.1", 2100, None), |seen, _| good(seen)).await;
    std::fs::write(ours.path("leeg.pem"), "").unwrap();
    let auth = Auth::Mtls { cert: ours.path("weg.pem"), key: ours.path("leeg.pem") };
    let error = World::new().list(&ours.source(&server, auth)).await.unwrap_err();
    assert!(error.rule() == "source" && error.to_string().contains("weg.pem can't be read"), "{error}");
    let auth = Auth::Mtls { cert: ours.path("ca.pem"), key: ours.path("leeg.pem") };
    let error = World::new().list(&ours.source(&server, auth)).await.unwrap_err();
    assert!(error.to_string().contains("no PEM certificate and private key"), "{error}");
    let mut source = ours.source(&server, Auth::None {});
    let Source::Http(http) = &mut source.source else { unreachable!() };
    http.ca_pem = Some(ours.path("leeg.pem"));
    let error = World::new().list(&source).await.unwrap_err();
    assert!(error.to_string().contains("leeg.pem holds no PEM certificate"), "{error}");
}
