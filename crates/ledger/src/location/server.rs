//! The address of a database of a PostgreSQL server.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use url::Url;

/// A database of a PostgreSQL server. Shown without its password, by `Debug` too.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// As the driver wants it, with the password.
    url: Url,
    transport: Transport,
    /// Files that the address names.
    files: Vec<PathBuf>,
}

/// How the way to a server is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    /// By TLS, with a certificate that is looked at.
    Tls,
    /// It does not leave this machine.
    Local,
    /// Not at all, because the address says so.
    Open,
}

const PORT: u16 = 5432;

/// What may stand behind the `?`.
const PARAMETERS: &str = "sslmode, sslrootcert, sslcert, sslkey, schema, host (the folder of a socket), user";

impl Server {
    /// Whether what is sent crosses a network in the clear, passwords and all.
    pub fn is_open(&self) -> bool {
        self.transport == Transport::Open
    }

    /// Whether TLS guards the way there.
    pub fn has_tls(&self) -> bool {
        self.transport == Transport::Tls
    }

    /// The files that the address names: certificates and their key.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// The private key for a certificate of ours, when the address names one.
    pub fn client_key(&self) -> Option<PathBuf> {
        let key = self.url.query_pairs().find(|(name, _)| name == "sslkey")?;
        Some(PathBuf::from(key.1.as_ref()))
    }

    /// As the driver wants it, with the password.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn with_password(mut self, password: &str) -> Result<Self, &'static str> {
        if self.url.password().is_some() {
            return Err("the password stands in the address, and elsewhere too: give it once");
        }
        self.url.set_password(Some(password)).map_err(|()| "this address takes no password")?;
        Ok(self)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        let (user, database) = (self.url.username(), self.url.path());
        write!(f, "postgres://{user}@{host}:{}{database}", self.url.port().unwrap_or(PORT))?;
        let schema = self.url.query_pairs().find(|(name, _)| name == SEARCH_PATH);
        let schema = schema.map(|(_, schema)| ("schema".into(), schema));
        // How it is reached: who dumps the ledger goes the same way.
        let guarded = |name: &str| match self.transport {
            Transport::Tls => name == "sslrootcert" || name == "sslcert" || name == "sslkey",
            Transport::Open => name == "sslmode",
            Transport::Local => false,
        };
        let pairs = schema.into_iter().chain(self.url.query_pairs().filter(|(name, _)| guarded(name)));
        for ((name, value), between) in pairs.zip(std::iter::once('?').chain(std::iter::repeat('&'))) {
            write!(f, "{between}{name}={value}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

const SEARCH_PATH: &str = "options[search_path]";

/// Reads an address. The reason that it is refused for does not repeat it.
pub(super) fn parse(address: &str) -> Result<Server, String> {
    if address.contains('#') {
        return Err("the address has a `#`: write %23 in a password".into());
    }
    let given = Url::parse(address).map_err(|error| format!("the address can't be read: {error}"))?;
    let mut url = given.clone();
    url.set_query(None);
    let (mut mode, mut files, mut kept) = (None, Vec::new(), Vec::new());
    for (name, value) in given.query_pairs() {
        match name.as_ref() {
            "sslmode" => mode = Some(value.into_owned()),
            "sslrootcert" | "sslcert" | "sslkey" => {
                files.push(PathBuf::from(value.as_ref()));
                kept.push((name.into_owned(), value.into_owned()));
            }
            "schema" => kept.push((SEARCH_PATH.to_owned(), schema(&value)?)),
            "host" if value.starts_with('/') => {
                let host = value.replace('/', "%2F");
                url.set_host(Some(&host)).map_err(|_| "the socket's folder can't be read".to_owned())?;
            }
            "user" => url.set_username(&value).map_err(|()| "give user@host/database".to_owned())?,
            _ => return Err(format!("behind `?` may stand {PARAMETERS}")),
        }
    }
    complete(&url)?;
    let transport = transport(&url, mode.as_deref())?;
    let sslmode = if transport == Transport::Tls { "verify-full" } else { "disable" };
    let mut pairs = url.query_pairs_mut();
    pairs.append_pair("sslmode", sslmode).append_pair("application_name", "vt-monitor");
    for (name, value) in &kept {
        pairs.append_pair(name, value);
    }
    drop(pairs);
    Ok(Server { url, transport, files })
}

/// Nothing is left to the environment: who runs the program elsewhere would reach another ledger.
fn complete(url: &Url) -> Result<(), String> {
    let database = url.path().trim_start_matches('/');
    if url.host_str().is_none_or(str::is_empty) {
        return Err("the address lacks the host".into());
    }
    if url.host_str().is_some_and(|host| host.contains(',')) {
        return Err("the address names several hosts: give one name that follows the primary".into());
    }
    if url.username().is_empty() {
        return Err("the address lacks the user".into());
    }
    if database.is_empty() || database.contains('/') {
        return Err("the address lacks the database, or names more than one".into());
    }
    Ok(())
}

/// How the way there is guarded. A mode that encrypts without looking who answers is refused: whoever sits in between reads all.
fn transport(url: &Url, mode: Option<&str>) -> Result<Transport, String> {
    let host = url.host_str().unwrap_or_default();
    let is_socket = host.starts_with("%2F") || host.starts_with("%2f");
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = is_socket || host == "localhost" || plain.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match mode {
        Some("verify-full") if is_socket => Err("a socket has no TLS: leave sslmode out".into()),
        Some("verify-full") => Ok(Transport::Tls),
        None | Some("disable") if is_here => Ok(Transport::Local),
        None => Ok(Transport::Tls),
        Some("disable") => Ok(Transport::Open),
        Some(_) => Err("sslmode is verify-full, or disable for a network that others can't read; nothing in between tells who answers".into()),
    }
}

/// The name of a schema, which goes to the server as it stands.
fn schema(name: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match name.chars().next() {
        Some(first) if !first.is_ascii_digit() && name.chars().all(plain) => Ok(name.to_owned()),
        _ => Err("schema is a name of lower-case letters, digits and _".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(address: &str) -> Server {
        parse(address).unwrap_or_else(|reason| panic!("{address}: {reason}"))
    }

    #[test]
    fn the_way_to_another_machine_is_guarded_unless_it_says_not_to() {
        let of = |address: &str| server(address).transport;
        for here in ["postgres://vt@localhost/vt", "postgres://vt@127.0.0.1:5433/vt", "postgresql://vt@[::1]/vt"] {
            assert_eq!(of(here), Transport::Local, "{here}");
            assert_eq!(of(&format!("{here}?sslmode=verify-full")), Transport::Tls, "{here}");
        }
        assert_eq!(of("postgres://vt@db.example.nl/vt"), Transport::Tls, "it need not be said");
        assert_eq!(of("postgres://vt@db.example.nl/vt?sslmode=disable"), Transport::Open);
        for mode in ["prefer", "allow", "require", "verify-ca", "off"] {
            let reason = parse(&format!("postgres://vt@db.example.nl/vt?sslmode={mode}")).unwrap_err();
            assert!(reason.contains("verify-full"), "{mode}: {reason}");
        }
        let with = server("postgres://vt@db.example.nl/vt?sslrootcert=/etc/ca.pem");
        assert!(with.url().as_str().contains("sslmode=verify-full") && with.has_tls());
        assert_eq!(with.files().collect::<Vec<_>>(), [Path::new("/etc/ca.pem")]);
    }

    #[test]
    fn a_socket_is_written_in_two_ways() {
        for address in ["postgres://vt@%2Frun%2Fpostgresql/vt", "postgres://vt@x/vt?host=/run/postgresql"] {
            let server = server(address);
            assert_eq!((server.transport, server.url().host_str()), (Transport::Local, Some("%2Frun%2Fpostgresql")));
        }
    }

    #[test]
    fn what_is_shown_holds_no_password() {
        let one = server("postgres://vt:geheim@db.example.nl/vt?schema=monitor");
        let other = server("postgres://vt@db.example.nl/vt").with_password("ge/h@eim#").unwrap();
        assert_eq!(one.to_string(), "postgres://vt@db.example.nl:5432/vt?schema=monitor");
        let guarded = server("postgres://vt:geheim@db/vt?sslrootcert=/etc/ca.pem&schema=monitor");
        assert_eq!(guarded.to_string(), "postgres://vt@db:5432/vt?schema=monitor&sslrootcert=/etc/ca.pem");
        assert_eq!(
            server("postgres://vt@db/vt?sslmode=disable").to_string(),
            "postgres://vt@db:5432/vt?sslmode=disable"
        );
        assert_eq!(server("postgres://vt@localhost/vt").to_string(), "postgres://vt@localhost:5432/vt");
        for shown in [format!("{one:?}"), format!("{other}"), format!("{other:?}")] {
            assert!(!shown.contains("geheim") && !shown.contains("ge%2Fh") && !shown.contains("ge/h"), "{shown}");
        }
        assert_eq!(other.url().password(), Some("ge%2Fh%40eim%23"));
        assert!(one.with_password("x").unwrap_err().contains("give it once"));
    }

    #[test]
    fn what_is_missing_or_unknown_is_named_without_the_address() {
        for (address, said) in [
            ("postgres://vt:geheim@db", "the database"),
            ("postgres://vt:geheim@db/a/b", "the database"),
            ("postgres://db.example.nl/vt", "the user"),
            ("postgres://vt:geheim@a,b/vt", "several hosts"),
            ("postgres://vt@db/vt?password=geheim", "may stand sslmode"),
            ("postgres://vt@db/vt?schema=a;b", "schema is a name"),
            ("postgres://vt:ge#heim@db/vt", "%23"),
        ] {
            let reason = parse(address).unwrap_err();
            assert!(reason.contains(said) && !reason.contains("heim"), "{address}: {reason}");
        }
    }
}
