//! A new key: random bytes of the operating system, written to a file that only its owner can read.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::{KEY_BYTES, KeyError, MasterKey, of_file};

impl MasterKey {
    /// Makes a key and writes it to a file that must not exist yet, with mode 0600. What is returned was read back from it.
    ///
    /// # Errors
    /// When the file exists, or can't be written; no half-written file stays behind.
    pub fn create(path: &Path) -> Result<Self, KeyError> {
        let no_chance = || KeyError::new(of_file(path), "got no random bytes from the operating system");
        let bytes = random_bytes().ok_or_else(no_chance)?;
        create_file(path, &format!("{}\n", hex::encode(bytes)), Self::from_file)
    }
}

/// Writes a key of whatever kind to a file that must not exist yet, with mode 0600, and reads it back.
///
/// # Errors
/// When the file exists, can't be written, or is not read back; no half-written file stays behind.
pub fn create_file<K>(
    path: &Path,
    text: &str,
    read_back: impl FnOnce(&Path) -> Result<K, KeyError>,
) -> Result<K, KeyError> {
    let error = |rule| KeyError::new(of_file(path), rule);
    let mut file = create_new(path).map_err(|failure| {
        error(match failure.kind() {
            ErrorKind::AlreadyExists => "exists already; a key is never overwritten: choose another file",
            ErrorKind::NotFound => "can't be made: its folder does not exist",
            _ => "can't be made; may we write in its folder?",
        })
    })?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let key = written.map_err(|_| error("can't be written; is the disk full?")).and_then(|()| read_back(path));
    if key.is_err() {
        // It is ours and no key: left behind, it would only stand in the way.
        let _ = std::fs::remove_file(path);
    }
    key
}

/// The one place where randomness comes from the machine.
#[expect(
    clippy::disallowed_methods,
    reason = "a key has to be random; nothing that is computed follows from the moment it was made"
)]
fn random_bytes() -> Option<[u8; KEY_BYTES]> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_new_key_is_its_owners_alone_and_can_be_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = MasterKey::create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() == 65 && text.trim_end().bytes().all(|b| b.is_ascii_hexdigit()), "{} bytes", text.len());
        assert_eq!(MasterKey::from_file(&path).unwrap().fingerprint(), key.fingerprint());
    }

    #[test]
    fn two_new_keys_differ() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| MasterKey::create(&folder.path().join(name)).unwrap());
        assert_ne!(one.fingerprint(), two.fingerprint());
    }

    #[test]
    fn no_file_is_overwritten_not_even_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let [path, link] = ["key", "link"].map(|name| folder.path().join(name));
        std::fs::write(&path, "precious").unwrap();
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).unwrap();
        for path in [&path, &link] {
            assert!(MasterKey::create(path).unwrap_err().to_string().contains("never overwritten"));
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
        assert!(!folder.path().join("elsewhere").exists());
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = MasterKey::create(Path::new("/nowhere/key")).unwrap_err().to_string();
        assert_eq!(error, "key, file /nowhere/key: can't be made: its folder does not exist");
    }
}
