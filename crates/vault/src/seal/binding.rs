//! What ties a sealed object to its name and to the key of whoever sealed it: a stanza of our own in the age header.
//!
//! ```text
//! age-encryption.org/v1
//! -> vt-monitor-1 5b8e7720fd1394ac         fingerprint of the key
//! HMAC(file key ‖ name), by a key that is derived from the identity
//! -> X25519 …                              the file key, for the identity
//! --- MAC of the header, by the file key
//! ```
//!
//! The header is authenticated with the file key, so that neither stanza can be changed or moved. Other programs pass over ours, as the
//! format asks of them: `age -d` opens the object.

use std::cell::Cell;
use std::collections::HashSet;

use age::{DecryptError, EncryptError};
use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use hmac::Mac;

use super::{StoreKey, StoreKeys};

/// The tag of our stanza.
const TAG: &str = "vt-monitor-1";

/// Writes the stanza.
pub(super) struct Bound<'a> {
    pub key: &'a StoreKey,
    pub name: &'a str,
}

impl age::Recipient for Bound<'_> {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let body = self.key.binds(file_key.expose_secret(), self.name).finalize().into_bytes().to_vec();
        let stanza = Stanza { tag: TAG.to_owned(), args: vec![self.key.fingerprint().to_owned()], body };
        Ok((vec![stanza], HashSet::new()))
    }
}

/// Why an object did not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// With a key that is not at hand.
    NoKey(String),
    /// It was not sealed by one of our keys for this name, or was changed since.
    NotGenuine,
}

/// Opens objects with whichever key they name, when they were sealed for the name under which they stand.
pub(super) struct Opener<'a> {
    keys: &'a StoreKeys,
    name: &'a str,
    fault: Cell<Option<Fault>>,
}

impl<'a> Opener<'a> {
    pub fn new(keys: &'a StoreKeys, name: &'a str) -> Self {
        Self { keys, name, fault: Cell::new(None) }
    }

    /// Why it did not open.
    pub fn fault(&self) -> Fault {
        self.fault.take().unwrap_or(Fault::NotGenuine)
    }

    fn file_key(&self, stanzas: &[Stanza]) -> Result<FileKey, Fault> {
        let ours = stanzas.iter().find(|stanza| stanza.tag == TAG).ok_or(Fault::NotGenuine)?;
        let [fingerprint] = ours.args.as_slice() else { return Err(Fault::NotGenuine) };
        let key = self.keys.get(fingerprint).ok_or_else(|| Fault::NoKey(plain_name(fingerprint)))?;
        let unwrapped = age::Identity::unwrap_stanzas(key.identity(), stanzas);
        let file_key = unwrapped.and_then(Result::ok).ok_or(Fault::NotGenuine)?;
        let bound = key.binds(file_key.expose_secret(), self.name).verify_slice(&ours.body);
        bound.map(|()| file_key).map_err(|_| Fault::NotGenuine)
    }
}

impl age::Identity for Opener<'_> {
    fn unwrap_stanza(&self, _: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        None
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        match self.file_key(stanzas) {
            Ok(file_key) => Some(Ok(file_key)),
            Err(fault) => {
                self.fault.set(Some(fault));
                None
            }
        }
    }
}

/// The fingerprint that the beginning of a sealed object names; nothing when it is none of ours. Not authenticated: for looking only.
pub(super) fn named_key(header: &[u8]) -> Option<String> {
    let line = format!("\n-> {TAG} ");
    let header = &header[..header.len().min(super::HEADER)];
    let at = header.windows(line.len()).position(|window| window == line.as_bytes())? + line.len();
    let end = header[at..].iter().position(|byte| *byte == b'\n')?;
    std::str::from_utf8(&header[at..at + end]).ok().map(plain_name)
}

/// A fingerprint as it may be shown: whoever can write to the store decides what stands in a header.
fn plain_name(fingerprint: &str) -> String {
    let is_one = fingerprint.len() <= 64 && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_one { fingerprint.to_owned() } else { "of an unknown form".to_owned() }
}
