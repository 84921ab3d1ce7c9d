//! TLS to a server whose certificate only its own authority knows.

use vt_servers::{SeaweedFs, ServerTls};

use super::{config, tried};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_an_authority_of_our_own_is_reached_with_its_certificate_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let pair = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    std::fs::write(path("ca.pem"), authority.self_signed(&pair).unwrap().pem()).unwrap();
    let issuer = rcgen::Issuer::new(authority, pair);
    let server_pair = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(path("cert.pem"), server.signed_by(&server_pair, &issuer).unwrap().pem()).unwrap();
    std::fs::write(path("key.pem"), server_pair.serialize_pem()).unwrap();

    let server = SeaweedFs::start_with(Some(&ServerTls { cert: path("cert.pem"), key: path("key.pem") })).unwrap();
    server.create_bucket("vt-test").unwrap();
    assert_eq!(server.access.endpoint.scheme(), "https");
    let trusts = format!("[connection]\nca_file = \"{}\"", path("ca.pem").display());
    let said = tried(&config(&server.access, "vt-test", &trusts).config).await.unwrap();
    assert!(said.contains("refuses to create twice"), "{said}");
    let error = tried(&config(&server.access, "vt-test", "[connection]\nretries = 0").config).await.unwrap_err();
    assert!(format!("{error:#}").to_lowercase().contains("certificate"), "{error:#}");
}
