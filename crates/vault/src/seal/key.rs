//! A key of the private store: an age identity, from which everything that seals and opens objects is derived.

use std::fmt;

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// How many hexadecimal digits a fingerprint has.
const DIGITS: usize = 16;
/// What the text of an identity begins with.
const PREFIX: &str = "AGE-SECRET-KEY-1";

/// A key of the private store. `Debug` shows its fingerprint only, and it cannot be serialised.
#[derive(Clone)]
pub struct StoreKey {
    identity: Identity,
    binding: [u8; 32],
    recipient: String,
    fingerprint: String,
}

impl StoreKey {
    /// A new key, from the randomness of the operating system.
    #[must_use]
    pub fn generate() -> Self {
        Self::of(Identity::generate())
    }

    /// The key in a text as `age-keygen` writes it: lines with `#` are comments, one line is the identity.
    ///
    /// # Errors
    /// Says what is wrong, without the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (first, second) = (lines.next(), lines.next());
        let line = first.filter(|line| line.starts_with(PREFIX)).ok_or(
            "holds no key of the private store: it takes one line AGE-SECRET-KEY-1… (`vt-monitor key new-encryption`)",
        )?;
        if second.is_some() {
            return Err("holds more than one line: one key a file, earlier ones are named as previous");
        }
        let identity = line.parse().map_err(|_| "holds a damaged key: a character of AGE-SECRET-KEY-1… is wrong")?;
        Ok(Self::of(identity))
    }

    /// The text that [`StoreKey::parse`] and `age` read: the secret itself, for the file that holds it.
    #[must_use]
    pub fn secret_text(&self) -> String {
        let secret = self.identity.to_string();
        format!("# fingerprint: {}\n# public key: {}\n{}\n", self.fingerprint, self.recipient, secret.expose_secret())
    }

    /// The public part: whoever has it can write for the key, and read nothing.
    #[must_use]
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// The name of the key in objects, errors and logs; says nothing about the secret.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(super) fn public(&self) -> Recipient {
        self.identity.to_public()
    }

    /// Authenticates that whoever sealed an object had this key, and for which name it was sealed.
    pub(super) fn binds(&self, file_key: &[u8], name: &str) -> Hmac<Sha256> {
        // Unwrap safety: HMAC takes a key of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.binding).unwrap();
        mac.update(file_key);
        mac.update(name.as_bytes());
        mac
    }

    fn of(identity: Identity) -> Self {
        let recipient = identity.to_public().to_string();
        let digest = Sha256::digest(format!("vt-monitor store key 1\n{recipient}\n"));
        // Unwrap safety: HMAC takes a key of any length.
        let mut binding = Hmac::<Sha256>::new_from_slice(identity.to_string().expose_secret().as_bytes()).unwrap();
        binding.update(b"vt-monitor store key 1, binding of objects to their names");
        Self {
            binding: binding.finalize().into_bytes().into(),
            fingerprint: hex::encode(digest)[..DIGITS].to_owned(),
            recipient,
            identity,
        }
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreKey").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_from_its_text_and_shown_nowhere() {
        let key = StoreKey::generate();
        let text = key.secret_text();
        let again = StoreKey::parse(&text).unwrap();
        assert_eq!((again.recipient(), again.fingerprint()), (key.recipient(), key.fingerprint()));
        assert_eq!(again.binding, key.binding);
        let secret = text.lines().last().unwrap();
        assert!(secret.starts_with(PREFIX) && !format!("{key:?}").contains(&secret[PREFIX.len()..]));
        assert_eq!(key.fingerprint().len(), DIGITS);
        assert_ne!(StoreKey::generate().fingerprint(), key.fingerprint());
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        let good = StoreKey::generate().secret_text();
        let two = format!("{good}{good}");
        let damaged = good.replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1Q");
        for text in ["", "# only a comment\n", "geheim", "age1qqqq", two.as_str(), damaged.as_str()] {
            let error = StoreKey::parse(text).unwrap_err();
            assert!(!error.contains("geheim") && error.starts_with("holds"), "{error}");
        }
    }
}
