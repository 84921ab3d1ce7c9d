//! The secret key: from a file or the environment, and what is derived from it (DESIGN §7).
//!
//! Protection of everything ever published rests on it: it is made once and kept safe. Replacing it is a procedure
//! (`docs/KEYS.md`): a period keeps the key of its first issue, so keys that were current before stay in the [`KeyRing`].

mod create;
mod ring;

use std::fmt;
use std::io::Read;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

pub use create::create_file;
pub use ring::KeyRing;

use crate::sign::{self, PublicKey};

/// Bytes of the key.
const KEY_BYTES: usize = 32;
/// Bytes of a demo's key that are drawn from the seed; the others mark it as a demo's, wherever it is copied to.
const DEMO_HEAD: usize = 24;
/// The largest key file that is read, in bytes: 32 bytes take 64 digits.
const MAX_FILE_BYTES: u64 = 4_096;
/// First word of the note that a demo writes where a real key would be.
const DEMO_NOTE: &str = "demo";

/// Where a key came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrigin {
    /// A file that only its owner can read.
    File,
    /// An environment variable.
    Environment,
    /// The seed of a demo: no secret at all.
    Demo,
}

/// The secret key, from which all others are derived. `Debug` hides it, and it cannot be serialised.
///
/// [`MasterKey::from_file`] and [`MasterKey::from_env`] refuse the key of a demo; only [`MasterKey::demo`] gives one.
#[derive(Clone)]
pub struct MasterKey {
    bytes: [u8; KEY_BYTES],
    origin: KeyOrigin,
}

/// Why a key was refused. Names its place, never its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("key, {place}: {rule}")]
pub struct KeyError {
    place: String,
    rule: &'static str,
}

impl KeyError {
    /// A key at a place breaks a rule.
    pub fn new(place: String, rule: &'static str) -> Self {
        Self { place, rule }
    }
}

/// The text of a file with a key of whatever kind.
///
/// # Errors
/// When it can't be read, is not text, or others than its owner may read it.
pub fn text_of_file(path: &Path) -> Result<String, KeyError> {
    let error = |rule| KeyError::new(of_file(path), rule);
    let file = std::fs::File::open(path).map_err(|_| error("can't be opened; does it exist, and may we read it?"))?;
    if others_may_read(&file) {
        return Err(error("others than its owner can read it; set its mode to 0600, or to 0440 when root owns it"));
    }
    let mut text = String::new();
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(|_| error("is not text"))?;
    Ok(text)
}

/// The text of an environment variable with a key of whatever kind.
///
/// # Errors
/// When it is not set, or is not text.
pub fn text_of_env(name: &str) -> Result<String, KeyError> {
    std::env::var(name).map_err(|_| KeyError::new(of_env(name), "is not set, or is not text"))
}

fn of_file(path: &Path) -> String {
    format!("file {}", path.display())
}

fn of_env(name: &str) -> String {
    format!("environment variable {name}")
}

impl MasterKey {
    /// The key in a file: 32 bytes as 64 hexadecimal digits or as base64, and nothing else but a line end.
    ///
    /// # Errors
    /// When it can't be read, others than its owner may read it, it is no key, or it is a demo's.
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let text = text_of_file(path)?;
        Self::parse(&text, KeyOrigin::File).map_err(|rule| KeyError::new(of_file(path), rule))
    }

    /// The key in an environment variable, written as in a file.
    ///
    /// # Errors
    /// When it is not set, is no key, or is a demo's.
    pub fn from_env(name: &str) -> Result<Self, KeyError> {
        let text = text_of_env(name)?;
        Self::parse(&text, KeyOrigin::Environment).map_err(|rule| KeyError::new(of_env(name), rule))
    }

    /// The key of a demo. It follows from the seed, so it protects nothing: for generated data only.
    pub fn demo(seed: u64) -> Self {
        let mut bytes = [0; KEY_BYTES];
        let mut head = Sha256::new();
        head.update(b"vt-monitor/demo-key/1");
        head.update(seed.to_be_bytes());
        bytes[..DEMO_HEAD].copy_from_slice(&head.finalize()[..DEMO_HEAD]);
        let mark = demo_mark(&bytes[..DEMO_HEAD]);
        bytes[DEMO_HEAD..].copy_from_slice(&mark);
        Self { bytes, origin: KeyOrigin::Demo }
    }

    /// What a demo writes where a real key would be: it says which seed, and is refused as a key.
    pub fn demo_note(seed: u64) -> String {
        format!("{DEMO_NOTE} {seed}\n")
    }

    fn parse(text: &str, origin: KeyOrigin) -> Result<Self, &'static str> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.split_whitespace().next() == Some(DEMO_NOTE) {
            return Err(REFUSED_DEMO);
        }
        let decoded = hex::decode(text).ok().or_else(|| STANDARD.decode(text).ok());
        let bytes = decoded.and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes).ok());
        let bytes = bytes.ok_or(
            "is no key: it takes 32 random bytes as 64 hexadecimal digits or as base64 (`vt-monitor key new`)",
        )?;
        if bytes[DEMO_HEAD..] == demo_mark(&bytes[..DEMO_HEAD]) {
            return Err(REFUSED_DEMO);
        }
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err("all its bytes are the same: make a random one");
        }
        Ok(Self { bytes, origin })
    }

    /// Where it came from.
    pub fn origin(&self) -> KeyOrigin {
        self.origin
    }

    /// The key of the draws of the disclosure control.
    pub fn disclosure_key(&self) -> vt_disclosure::Key {
        vt_disclosure::Key::from_bytes(self.derive("disclosure"))
    }

    /// The key under which ids of records are hashed and deliveries get their keyed digest.
    pub fn id_key(&self) -> [u8; 32] {
        self.derive("ids")
    }

    /// What manifests and errata are signed with.
    pub fn signing_seed(&self) -> [u8; 32] {
        self.derive("signing")
    }

    /// The public key of what it signs: given to readers outside the store.
    pub fn public_key(&self) -> PublicKey {
        sign::public_key(&self.signing_seed())
    }

    /// The name of the key in reservations; says nothing about its bytes.
    pub fn fingerprint(&self) -> String {
        self.disclosure_key().fingerprint()
    }

    fn derive(&self, label: &str) -> [u8; 32] {
        // Unwrap safety: HMAC takes a key of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.bytes).unwrap();
        mac.update(b"vt-monitor/subkey/1/");
        mac.update(label.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

const REFUSED_DEMO: &str = "is the key of a demo, which anybody can make; it is refused outside the demo";

fn demo_mark(head: &[u8]) -> [u8; KEY_BYTES - DEMO_HEAD] {
    let mut digest = Sha256::new();
    digest.update(b"vt-monitor/demo-mark/1");
    digest.update(head);
    let mut mark = [0; KEY_BYTES - DEMO_HEAD];
    mark.copy_from_slice(&digest.finalize()[..KEY_BYTES - DEMO_HEAD]);
    mark
}

#[cfg(unix)]
fn others_may_read(file: &std::fs::File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().is_ok_and(|metadata| is_open(metadata.mode(), metadata.uid()))
}

/// The user id of root.
#[cfg(unix)]
const ROOT: u32 = 0;

/// Whether more than its owner can read a file. A group may read one that root owns: so systemd and Kubernetes hand out secrets.
#[cfg(unix)]
fn is_open(mode: u32, owner: u32) -> bool {
    let allowed = if owner == ROOT { 0o740 } else { 0o700 };
    mode & 0o777 & !allowed != 0
}

#[cfg(not(unix))]
fn others_may_read(_: &std::fs::File) -> bool {
    false
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("origin", &self.origin).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const BASE64: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn file(text: &str, mode: u32) -> Result<MasterKey, KeyError> {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let key = MasterKey::from_file(&path);
        key.map_err(|error| KeyError { place: error.place.replace(&*dir.path().to_string_lossy(), "DIR"), ..error })
    }

    fn refusal(text: &str, mode: u32) -> String {
        file(text, mode).unwrap_err().to_string()
    }

    #[test]
    fn hexadecimal_and_base64_give_the_same_key() {
        let hex = file(&format!("{HEX}\n"), 0o600).unwrap();
        let base64 = file(BASE64, 0o400).unwrap();
        assert_eq!((hex.bytes, hex.origin()), (base64.bytes, KeyOrigin::File));
        assert_eq!(hex.fingerprint(), base64.fingerprint());
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        for mode in [0o604, 0o660, 0o644] {
            assert_eq!(
                refusal(HEX, mode),
                "key, file DIR/key: others than its owner can read it; set its mode to 0600, or to 0440 when root owns it",
                "{mode:o}"
            );
        }
    }

    #[test]
    fn a_group_reads_what_root_hands_out_and_nothing_else() {
        const OURS: u32 = 999;
        for mode in [0o600, 0o400] {
            assert!(!is_open(mode, OURS) && !is_open(mode, ROOT), "{mode:o}");
        }
        for mode in [0o440, 0o640] {
            assert!(is_open(mode, OURS) && !is_open(mode, ROOT), "{mode:o}");
        }
        for mode in [0o444, 0o460, 0o604, 0o620, 0o450] {
            assert!(is_open(mode, OURS) && is_open(mode, ROOT), "{mode:o}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        let texts = ["", "geheim-geheim-geheim", &HEX[2..], &format!("{HEX}00"), &format!("{HEX} {HEX}"), "AAECAwQ="];
        for text in texts {
            let refused = refusal(text, 0o600);
            assert!(refused.contains("is no key"), "{refused}");
            assert!(text.is_empty() || !refused.contains(text), "{refused}");
        }
        assert!(refusal(&"ab".repeat(32), 0o600).contains("all its bytes are the same"));
    }

    #[test]
    fn a_missing_file_or_variable_is_named() {
        let missing = MasterKey::from_file(Path::new("/nowhere/key")).unwrap_err();
        assert!(missing.to_string().contains("file /nowhere/key"));
        let unset = MasterKey::from_env("VT_MONITOR_TEST_KEY_THAT_IS_NOT_SET").unwrap_err();
        assert!(unset.to_string().contains("VT_MONITOR_TEST_KEY_THAT_IS_NOT_SET"));
    }

    #[test]
    fn a_demos_key_follows_from_its_seed_and_is_refused_everywhere_else() {
        let demo = MasterKey::demo(7);
        assert_eq!(demo.fingerprint(), MasterKey::demo(7).fingerprint());
        assert_ne!(demo.fingerprint(), MasterKey::demo(8).fingerprint());
        assert_eq!(demo.origin(), KeyOrigin::Demo);
        for text in [hex::encode(demo.bytes), STANDARD.encode(demo.bytes), MasterKey::demo_note(7)] {
            assert!(refusal(&text, 0o600).contains("key of a demo"));
        }
    }

    #[test]
    fn derived_keys_differ_and_say_nothing_of_each_other() {
        let key = file(HEX, 0o600).unwrap();
        assert_ne!(key.derive("disclosure"), key.derive("ids"));
        assert_ne!(key.id_key(), key.bytes);
        assert_ne!(key.id_key(), MasterKey::demo(0).id_key());
    }

    #[test]
    fn debug_hides_the_key() {
        let key = file(HEX, 0o600).unwrap();
        assert_eq!(format!("{key:?}"), "MasterKey { origin: File, .. }");
    }
}
