//! The certificate of the API, read again when its files change and at SIGHUP: renewing it needs no restart.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Tls;
use crate::validity::validity;

/// How often its files are looked at.
const LOOK: Duration = Duration::from_secs(60);

/// The certificate with which connections are made, and what its files were when they were last looked at.
pub(super) struct Certificate {
    files: Tls,
    config: RustlsConfig,
    /// The digest of both files; none while they can't be read.
    seen: Option<[u8; 32]>,
}

/// What a look at the files came to.
#[derive(Debug, PartialEq, Eq)]
enum Looked {
    /// As before.
    Same,
    /// New connections have what is in the files.
    Taken,
    /// What is in the files can't be used: the certificate before stays.
    Kept,
}

/// What is in the files.
struct Pem {
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Pem {
    async fn read(files: &Tls) -> Result<Self> {
        Ok(Self { cert: bytes(&files.cert).await?, key: bytes(&files.key).await? })
    }

    fn digest(&self) -> [u8; 32] {
        // Each by itself first, so that no byte that moves between the files goes unseen.
        let (cert, key) = (Sha256::digest(&self.cert), Sha256::digest(&self.key));
        Sha256::new().chain_update(cert).chain_update(key).finalize().into()
    }

    /// The last day of the certificate, for the log.
    fn ends(&self) -> String {
        let first = CertificateDer::from_pem_slice(&self.cert).ok();
        let dates = first.and_then(|first| validity(&first));
        dates.map_or_else(|| "not known".to_owned(), |(_, ends)| ends.format("%Y-%m-%d").to_string())
    }
}

async fn bytes(file: &Path) -> Result<Vec<u8>> {
    tokio::fs::read(file).await.with_context(|| format!("[api] tls: `{}` can't be read", file.display()))
}

impl Certificate {
    /// Reads it.
    ///
    /// # Errors
    /// When a file can't be read, or what is in it can't be used; names the file.
    pub(super) async fn read(files: &Tls) -> Result<Self> {
        let pem = Pem::read(files).await?;
        let (seen, ends) = (Some(pem.digest()), pem.ends());
        let config = RustlsConfig::from_config(served(pem).await.with_context(|| unusable(files))?);
        tell(files, &ends);
        Ok(Self { files: files.clone(), config, seen })
    }

    /// What connections are made with; it follows the files while [`Certificate::watch`] runs.
    pub(super) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Looks at the files every minute, and whenever it is asked `again`, until told to stop.
    pub(super) async fn watch(mut self, stop: CancellationToken, again: Arc<Notify>) {
        loop {
            let asked = tokio::select! {
                () = stop.cancelled() => return,
                () = again.notified() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            self.look(asked).await;
        }
    }

    /// Takes what is in the files when it changed, or when somebody asked for it. What is wrong is told once for each change, and to
    /// whoever asked.
    async fn look(&mut self, asked: bool) -> Looked {
        let read = Pem::read(&self.files).await;
        let now = read.as_ref().ok().map(Pem::digest);
        if now == self.seen && !asked {
            return Looked::Same;
        }
        self.seen = now;
        match self.take(read).await {
            Ok(()) => Looked::Taken,
            Err(error) => {
                tracing::error!("the certificate before stays in use: {error:#}");
                Looked::Kept
            }
        }
    }

    async fn take(&self, read: Result<Pem>) -> Result<()> {
        let pem = read?;
        let ends = pem.ends();
        self.config.reload_from_config(served(pem).await.with_context(|| unusable(&self.files))?);
        tell(&self.files, &ends);
        Ok(())
    }
}

/// What connections are made with. The one form of HTTP that is spoken is the one that is offered.
async fn served(pem: Pem) -> Result<Arc<ServerConfig>> {
    let read = RustlsConfig::from_pem(pem.cert, pem.key).await?;
    let mut config = ServerConfig::clone(&read.get_inner());
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Tells which certificate new connections have from now on.
fn tell(files: &Tls, ends: &str) {
    tracing::info!(cert = %files.cert.display(), ends, "the API uses this certificate");
}

fn unusable(files: &Tls) -> String {
    format!("[api] tls: `{}` or `{}` can't be used", files.cert.display(), files.key.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(files: &Tls) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(&files.cert, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    }

    #[tokio::test]
    async fn a_renewed_certificate_is_taken_and_a_wrong_one_is_not() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let files = Tls { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
        write(&files);
        let mut certificate = Certificate::read(&files).await.unwrap();
        let first = certificate.config.get_inner();
        assert_eq!(first.alpn_protocols, [b"http/1.1"], "no other form of HTTP is offered");
        assert_eq!(certificate.look(false).await, Looked::Same);
        let good = std::fs::read(&files.cert).unwrap();

        std::fs::write(&files.cert, "no certificate").unwrap();
        assert_eq!(certificate.look(false).await, Looked::Kept);
        assert_eq!(certificate.look(false).await, Looked::Same, "told once");
        assert_eq!(certificate.look(true).await, Looked::Kept, "and to whoever asks");
        std::fs::remove_file(&files.cert).unwrap();
        assert_eq!(certificate.look(false).await, Looked::Kept);
        assert!(Arc::ptr_eq(&certificate.config.get_inner(), &first));

        write(&files);
        let renewed = std::fs::read(&files.cert).unwrap();
        std::fs::write(&files.cert, &good).unwrap();
        assert_eq!(certificate.look(false).await, Looked::Kept, "the key is that of another certificate");
        assert!(Arc::ptr_eq(&certificate.config.get_inner(), &first));
        std::fs::write(&files.cert, &renewed).unwrap();
        assert_eq!(certificate.look(false).await, Looked::Taken);
        let second = certificate.config.get_inner();
        assert!(!Arc::ptr_eq(&second, &first));
        assert_eq!(second.alpn_protocols, [b"http/1.1"]);
        assert_eq!(certificate.look(false).await, Looked::Same);
        assert_eq!(certificate.look(true).await, Looked::Taken, "whoever asks is told which is in use");
        assert!(!Arc::ptr_eq(&certificate.config.get_inner(), &second));
    }

    #[tokio::test]
    async fn whoever_asks_waits_for_no_minute() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let files = Tls { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
        write(&files);
        let certificate = Certificate::read(&files).await.unwrap();
        let (config, first) = (certificate.config(), certificate.config.get_inner());
        write(&files);
        let (stop, again) = (CancellationToken::new(), Arc::new(Notify::new()));
        let begun = tokio::time::Instant::now();
        let watching = tokio::spawn(certificate.watch(stop.clone(), Arc::clone(&again)));
        again.notify_one();
        while Arc::ptr_eq(&config.get_inner(), &first) && begun.elapsed() < LOOK {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(begun.elapsed() < LOOK);
        stop.cancel();
        watching.await.unwrap();
    }

    #[test]
    fn the_last_day_is_read_where_there_is_one() {
        let mut of = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        of.not_after = rcgen::date_time_ymd(2050, 1, 2);
        let cert = of.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        assert_eq!(Pem { cert: cert.pem().into_bytes(), key: Vec::new() }.ends(), "2050-01-02");
        assert_eq!(Pem { cert: b"none".to_vec(), key: Vec::new() }.ends(), "not known");
    }

    #[tokio::test]
    async fn what_can_not_be_used_at_the_start_is_named() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let files = Tls { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
        let error = Certificate::read(&files).await.err().unwrap();
        assert!(format!("{error:#}").contains("cert.pem` can't be read"), "{error:#}");
        std::fs::write(&files.cert, "").unwrap();
        std::fs::write(&files.key, "").unwrap();
        let error = Certificate::read(&files).await.err().unwrap();
        assert!(format!("{error:#}").contains("cert.pem") && format!("{error:#}").contains("can't be used"));
    }
}
