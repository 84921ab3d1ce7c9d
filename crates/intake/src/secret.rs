//! Secrets: where they come from, and a wrapper that never shows them.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::de::{self, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The largest secret file that is read, in bytes; more is surely another file.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// A secret value. `Debug` hides it, and there is no `Display` and no `Serialize`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one place that puts it into a request.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// Where a secret comes from. Read afresh each time it is needed, so that a rotated one is taken up without a restart.
///
/// In configuration: `{ file = "/run/secrets/vt07" }` or `{ env = "VT07_TOKEN" }`; a value cannot be written there.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// The content of a file, without the line end.
    File(PathBuf),
    /// The value of an environment variable.
    Env(String),
    /// A value made by the program itself.
    Inline(Secret),
}

impl SecretRef {
    /// A value made by the program itself, for the demo and tests; configuration cannot hold one.
    pub fn inline(value: impl Into<String>) -> Self {
        Self::Inline(Secret::new(value))
    }

    /// Reads the secret.
    ///
    /// # Errors
    /// [`SecretError`] names the file or variable, never the value.
    pub fn read(&self) -> Result<Secret, SecretError> {
        let value = match self {
            Self::File(path) => read_file(path)?,
            Self::Env(name) => std::env::var(name)
                .map_err(|_| SecretError { place: self.to_string(), rule: "is not set, or not UTF-8" })?,
            Self::Inline(secret) => return Ok(secret.clone()),
        };
        let value = value.trim_end_matches(['\r', '\n']);
        if value.is_empty() {
            return Err(SecretError { place: self.to_string(), rule: "is empty" });
        }
        Ok(Secret::new(value))
    }
}

fn read_file(path: &Path) -> Result<String, SecretError> {
    let error = |rule| SecretError { place: format!("file {}", path.display()), rule };
    let file = std::fs::File::open(path).map_err(|_| error("can't be opened; does it exist, and may we read it?"))?;
    let mut value = String::new();
    let read = file.take(MAX_SECRET_BYTES + 1).read_to_string(&mut value).map_err(|_| error("is not UTF-8 text"))?;
    if read as u64 > MAX_SECRET_BYTES {
        return Err(error("is larger than 64 KiB, so it is no secret"));
    }
    Ok(value)
}

/// Read by hand: a derived reader would repeat a token in its error when somebody writes one where a place should stand.
impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Place)
    }
}

const EXPECTED: &str = "a secret's place, { file = \"…\" } or { env = \"…\" }; the secret itself cannot stand here";

struct Place;

impl<'de> Visitor<'de> for Place {
    type Value = SecretRef;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretRef, A::Error> {
        let place = match map.next_key::<String>()?.as_deref() {
            Some("file") => SecretRef::File(map.next_value()?),
            Some("env") => SecretRef::Env(map.next_value()?),
            _ => return Err(A::Error::custom(format_args!("expected {EXPECTED}"))),
        };
        match map.next_key::<String>()? {
            None => Ok(place),
            Some(_) => Err(A::Error::custom(format_args!("expected {EXPECTED}, one of the two"))),
        }
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<SecretRef, E> {
        Err(E::custom(format_args!("expected {EXPECTED}")))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<SecretRef, E> {
        self.visit_str("")
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<SecretRef, E> {
        self.visit_str("")
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<SecretRef, E> {
        self.visit_str("")
    }
}

/// Names the place, never the value.
impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::Inline(_) => f.write_str("[hidden]"),
        }
    }
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretRef({self})")
    }
}

/// A secret can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("secret from {place} {rule}")]
pub struct SecretError {
    place: String,
    rule: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows() {
        let secret = SecretRef::inline("GEHEIM");
        for shown in [format!("{secret:?}"), format!("{secret}"), format!("{:?}", secret.read().unwrap())] {
            assert!(!shown.contains("GEHEIM"), "{shown}");
        }
    }

    #[test]
    fn a_file_is_read_afresh_without_its_line_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        std::fs::write(&path, "een \r\n").unwrap();
        let secret = SecretRef::File(path.clone());
        assert_eq!(secret.read().unwrap().expose(), "een ");
        std::fs::write(&path, "twee").unwrap();
        assert_eq!(secret.read().unwrap().expose(), "twee");
    }

    #[test]
    fn what_is_absent_empty_or_no_secret_is_refused_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let [missing, empty, large] = ["missing", "empty", "large"].map(|name| directory.path().join(name));
        std::fs::write(&empty, "\n").unwrap();
        std::fs::write(&large, vec![b'a'; 65_537]).unwrap();
        for (path, rule) in [(missing, "can't be opened"), (empty, "is empty"), (large, "larger than 64 KiB")] {
            let error = SecretRef::File(path.clone()).read().unwrap_err().to_string();
            assert!(error.contains(rule) && error.contains(&path.display().to_string()), "{error}");
        }
        let error = SecretRef::Env("VT_MONITOR_NO_SUCH_VARIABLE".into()).read().unwrap_err();
        assert_eq!(
            error.to_string(),
            "secret from environment variable VT_MONITOR_NO_SUCH_VARIABLE is not set, or not UTF-8"
        );
    }

    #[test]
    fn configuration_names_a_place_and_cannot_hold_a_value() {
        let parse = |text: &str| serde_json::from_str::<SecretRef>(text);
        assert_eq!(parse(r#"{"env":"VT07_TOKEN"}"#).unwrap(), SecretRef::Env("VT07_TOKEN".into()));
        assert_eq!(parse(r#"{"file":"/run/t"}"#).unwrap(), SecretRef::File("/run/t".into()));
        for text in [r#"{"inline":"4711"}"#, r#""4711""#, "4711", r#"{"env":"A","file":"4711"}"#, "{}"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains("{ env =") && !error.contains("4711"), "{text}: {error}");
        }
    }
}
