//! Moto: a second implementation of S3, in memory, from the Python package `moto[server]`. It knows everybody: signatures are not checked.

use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use crate::http::answers;
use crate::process::{Process, free_ports};
use crate::python;
use crate::s3::S3Access;

/// A running moto.
#[derive(Debug)]
pub struct Moto {
    /// How it is reached.
    pub access: S3Access,
    _process: Process,
    _folder: TempDir,
}

/// Moto looks whether an object is there and then makes it: of requests at once several win. So it gets one at a time.
const ONE_AT_A_TIME: &str = "
import sys
from werkzeug.serving import run_simple
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
application = DomainDispatcherApplication(create_backend_app)
run_simple('127.0.0.1', int(sys.argv[1]), application, threaded=False, request_handler=MotoRequestHandler)
";

impl Moto {
    /// Starts one.
    ///
    /// # Errors
    /// When it is not installed or does not answer.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let [port] = free_ports()?;
        let mut server = Command::new(python::program("python")?);
        server.args(["-c", ONE_AT_A_TIME, &port.to_string()]).current_dir(folder.path());
        let access = S3Access {
            endpoint: format!("http://127.0.0.1:{port}").parse()?,
            access_key_id: "vt-test".into(),
            secret_access_key: "vt-test-secret".into(),
            region: "us-east-1".into(),
        };
        let mut process = Process::start("moto", &mut server, folder.path())?;
        process.wait_for(|| answers(&access.endpoint))?;
        Ok(Self { access, _process: process, _folder: folder })
    }
}
