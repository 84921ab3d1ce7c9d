//! Makes a cluster: its data, who may come in, its certificate; and the account under which the server runs.

use std::fs::{Permissions, write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::{PASSWORD, PostgresOptions, USER};

/// The folder of the data.
pub const DATA: &str = "data";
/// The file of the CA's certificate.
pub const CA: &str = "ca.pem";

/// Under whom servers run: PostgreSQL refuses root.
#[derive(Debug)]
pub enum Account {
    /// Ours.
    Own,
    /// Another one, with its numbers of user and group; we are root.
    Other(u32, u32),
}

impl Account {
    /// The account for a server here: ours, or when that is root's the one that the package made.
    pub fn of_servers() -> Result<Self> {
        let number = |asked: &[&str]| -> Result<u32> {
            let told = Command::new("id").args(asked).output()?;
            let text = String::from_utf8(told.stdout)?;
            text.trim().parse().context("there is no user `postgres`; `tests/run` installs PostgreSQL")
        };
        if number(&["-u"])? != 0 {
            return Ok(Self::Own);
        }
        Ok(Self::Other(number(&["-u", "postgres"])?, number(&["-g", "postgres"])?))
    }

    /// A command that runs a program under it.
    pub fn command(&self, program: &Path) -> Command {
        match self {
            Self::Own => Command::new(program),
            Self::Other(user, group) => {
                let mut command = Command::new("setpriv");
                command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".into()]);
                command.arg(program);
                command
            }
        }
    }

    /// Gives it a file or folder, closed to others.
    fn owns(&self, path: &Path, mode: u32) -> Result<()> {
        std::fs::set_permissions(path, Permissions::from_mode(mode))?;
        if let Self::Other(user, group) = self {
            chown(path, Some(*user), Some(*group))?;
        }
        Ok(())
    }
}

/// Makes the data of a server in a folder.
pub fn make(folder: &Path, account: &Account, options: PostgresOptions) -> Result<()> {
    account.owns(folder, 0o700)?;
    let password = folder.join("password");
    write(&password, PASSWORD)?;
    account.owns(&password, 0o600)?;
    let mut command = account.command(&program("initdb")?);
    command.args(["-U", USER, "-A", "scram-sha-256", "--auth-local=trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]);
    command.arg("--pwfile").arg(&password).arg("-D").arg(folder.join(DATA));
    let made = command.current_dir(folder).output()?;
    if !made.status.success() {
        bail!("initdb: {}", String::from_utf8_lossy(&made.stderr));
    }
    if options.tls { with_tls(folder, account) } else { Ok(()) }
}

/// Gives the server a certificate, and lets people in over TLS only.
fn with_tls(folder: &Path, account: &Account) -> Result<()> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    write(folder.join(CA), ca.self_signed(&ca_key)?.pem())?;
    account.owns(&folder.join(CA), 0o644)?;
    let key = KeyPair::generate()?;
    let issuer = Issuer::new(ca, ca_key);
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &issuer)?;
    let data = folder.join(DATA);
    for (name, pem) in [("server.crt", certificate.pem()), ("server.key", key.serialize_pem())] {
        let path = data.join(name);
        write(&path, pem)?;
        account.owns(&path, 0o600)?;
    }
    let append = |name: &str, text: &str| -> Result<()> {
        let path = data.join(name);
        Ok(write(&path, std::fs::read_to_string(&path)? + text)?)
    };
    append("postgresql.conf", "\nssl = on\n")?;
    let only_tls = format!("local all all trust\nhostssl all {USER} 127.0.0.1/32 scram-sha-256\n");
    Ok(write(data.join("pg_hba.conf"), only_tls)?)
}

/// A program of PostgreSQL: Debian keeps them beside each other by version.
pub fn program(name: &str) -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin").join(name)))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    let on_path =
        || std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.exists());
    found.pop().or_else(on_path).with_context(|| format!("{name} is not installed; `tests/run` installs PostgreSQL"))
}
