//! A PostgreSQL server of its own: a new cluster in a temporary folder, on a free port and a socket in that folder.

mod cluster;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::process::{Process, free_ports, shared};
use cluster::Account;

/// The superuser of every cluster.
pub const USER: &str = "vt";
/// Its password, asked for over TCP and not over the socket.
pub const PASSWORD: &str = "s3cr3t-of-tests";

/// So long the server may take to stop.
const FAREWELL: Duration = Duration::from_secs(20);
/// How often a start is tried: what a killed server left goes away within a moment.
const STARTS: u32 = 20;

/// How a server is set up.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostgresOptions {
    /// With a certificate for `localhost`, of a CA of its own ([`Postgres::ca`]); without TLS it lets nobody in over TCP then.
    pub tls: bool,
    /// Writes reach the disk before they are confirmed, as in use; slower.
    pub durable: bool,
}

/// A running server. Dropped, it ends, and its data go.
#[derive(Debug)]
pub struct Postgres {
    process: Option<Process>,
    folder: TempDir,
    account: Account,
    port: u16,
    databases: AtomicU32,
    options: PostgresOptions,
}

impl Postgres {
    /// Starts a server.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or does not start.
    pub fn start(options: PostgresOptions) -> Result<Self> {
        let folder = TempDir::with_prefix("vt-postgres-")?;
        let account = Account::of_servers()?;
        cluster::make(folder.path(), &account, options)?;
        let [port] = free_ports()?;
        let mut server = Self { process: None, folder, account, port, databases: AtomicU32::new(0), options };
        server.start_again()?;
        Ok(server)
    }

    /// The server that tests of one program share. Restart or stop none that is shared.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn shared() -> Result<&'static Self> {
        static SHARED: Mutex<Option<&'static Postgres>> = Mutex::new(None);
        shared(&SHARED, || Self::start(PostgresOptions::default()), Self::runs_in)
    }

    /// The address of the database of a name, with the password in it; made empty when there is none.
    ///
    /// # Errors
    /// As [`Postgres::new_database`].
    pub fn ledger(&self, name: &str) -> Result<String> {
        let known = self.sql("postgres", &format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"))?;
        if known.trim().is_empty() {
            self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        }
        Ok(self.url(name))
    }

    /// Makes an empty database and gives its name.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn new_database(&self) -> Result<String> {
        let name = format!("ledger_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(name)
    }

    /// The address of a new, empty database, with the password in it.
    ///
    /// # Errors
    /// As [`Postgres::new_database`].
    pub fn new_ledger(&self) -> Result<String> {
        Ok(self.url(&self.new_database()?))
    }

    /// The address of a database over TCP, with the password in it.
    pub fn url(&self, database: &str) -> String {
        self.url_through(self.port, database)
    }

    /// The same through another port, such as a proxy's.
    pub fn url_through(&self, port: u16, database: &str) -> String {
        let url = format!("postgres://{USER}:{PASSWORD}@localhost:{port}/{database}");
        match self.ca() {
            Some(ca) => format!("{url}?sslmode=verify-full&sslrootcert={}", ca.display()),
            None => url,
        }
    }

    /// The address of a database over the socket, which asks for no password.
    pub fn socket_url(&self, database: &str) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://{USER}@{folder}:{}/{database}", self.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of the CA that the server's is of, when it has TLS.
    pub fn ca(&self) -> Option<PathBuf> {
        self.options.tls.then(|| self.folder.path().join(cluster::CA))
    }

    /// Runs statements as the superuser, and gives what they answer: a line for each row, `|` between columns.
    ///
    /// # Errors
    /// With what the server says.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String> {
        let done = Command::new(cluster::program("psql")?)
            .args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-U", USER, "-d", database, "-c", sql])
            .arg("-h")
            .arg(self.folder.path())
            .args(["-p", &self.port.to_string()])
            .output()?;
        if !done.status.success() {
            bail!("{}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(String::from_utf8(done.stdout)?.trim_end().to_owned())
    }

    /// Copies a database into a file, as operators do.
    ///
    /// # Errors
    /// With what `pg_dump` says.
    pub fn dump(&self, database: &str, file: &Path) -> Result<()> {
        self.tool("pg_dump", &["-d", database], file).map(drop)
    }

    /// Runs the statements of a file, such as a dump.
    ///
    /// # Errors
    /// With what the server says.
    pub fn restore(&self, database: &str, file: &Path) -> Result<()> {
        self.tool("psql", &["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database], file).map(drop)
    }

    fn tool(&self, name: &str, arguments: &[&str], file: &Path) -> Result<String> {
        let mut command = Command::new(cluster::program(name)?);
        command.args(["-U", USER, "-p", &self.port.to_string(), "-h"]).arg(self.folder.path());
        let done = command.args(arguments).arg("-f").arg(file).output()?;
        if !done.status.success() {
            bail!("{name}: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(String::from_utf8(done.stdout)?)
    }

    /// Stops it in immediate mode, as a crash does: connections are cut, nothing is tidied up.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&mut self) -> Result<()> {
        self.end("QUIT")
    }

    /// Stops it in fast mode, as an upgrade does: connections are told and ended.
    ///
    /// # Errors
    /// When it does not end.
    pub fn shut_down(&mut self) -> Result<()> {
        self.end("INT")
    }

    /// Kills its main process, as a machine does that runs out of memory; the others notice.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        match self.process.take() {
            Some(mut process) => process.kill(),
            None => Ok(()),
        }
    }

    /// Starts it again after it was stopped or killed, on the same port and data.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn start_again(&mut self) -> Result<()> {
        let mut failed = None;
        for _ in 0..STARTS {
            match self.launch() {
                Ok(process) => {
                    self.process = Some(process);
                    return Ok(());
                }
                Err(error) => failed = Some(error),
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Err(failed.context("never tried")?)
    }

    /// Stops it in immediate mode and starts it again.
    ///
    /// # Errors
    /// As [`Postgres::stop`] and [`Postgres::start_again`].
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        self.start_again()
    }

    fn runs_in(&self) -> Option<(u32, &Path)> {
        self.process.as_ref().map(|process| (process.id(), self.folder.path()))
    }

    fn launch(&self) -> Result<Process> {
        let mut command = self.account.command(&cluster::program("postgres")?);
        let setting = |name: &str, value: &str| ["-c".to_owned(), format!("{name}={value}")];
        command.arg("-D").arg(self.folder.path().join(cluster::DATA));
        command.args(setting("port", &self.port.to_string()));
        command.args(setting("listen_addresses", "127.0.0.1"));
        command.args(setting("unix_socket_directories", &self.folder.path().display().to_string()));
        command.args(setting("max_connections", "200"));
        if !self.options.durable {
            command.args(setting("fsync", "off"));
        }
        let mut process = Process::start("postgres", &mut command, self.folder.path())?;
        let answers = || {
            let mut ready = Command::new(cluster::program("pg_isready").unwrap_or_default());
            ready.args(["-q", "-p", &self.port.to_string(), "-h"]).arg(self.folder.path());
            ready.status().is_ok_and(|status| status.success())
        };
        process.wait_for(answers)?;
        Ok(process)
    }

    fn end(&mut self, signal: &str) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        process.signal(signal)?;
        process.wait_for_end(FAREWELL)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A server that does not end is killed by its `Process`.
        let _ = self.stop();
    }
}
