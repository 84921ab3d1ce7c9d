//! Signatures of manifests and errata, in the form of minisign: the public tool verifies them (DESIGN §5).
//!
//! Ed25519 over the BLAKE2b-512 of the file (minisign's prehashed form, `ED`), and over signature and trusted comment together. The
//! trusted comment is the path in the store, so a signed file can't stand in for another one. Signatures follow from key and bytes
//! alone: whoever finishes a publication writes the same ones.

#[cfg(test)]
mod tests;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::Sha256;

/// Algorithm of public keys.
const KEY_ALGORITHM: &[u8; 2] = b"Ed";
/// Algorithm of signatures over the hash of a file.
const HASHED: &[u8; 2] = b"ED";
const KEY_ID_BYTES: usize = 8;
const PUBLIC_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;
const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";
/// The comment of our signatures, which nothing protects: it is always this.
const COMMENT: &str = "vt-monitor, handtekening (minisign)";
/// First part of the trusted comment.
const OF_PATH: &str = "vt-monitor ";

/// A public key. Written as minisign writes it: 42 bytes as base64.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey {
    id: [u8; KEY_ID_BYTES],
    bytes: [u8; PUBLIC_BYTES],
}

/// A text that is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "no public key: it takes the file or the line that `vt-monitor key public` writes (minisign's form, beginning with RW)"
)]
pub struct NoPublicKey;

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// It is not in minisign's form, as this program writes it.
    #[error("it is not a signature in the form in which this program writes them")]
    Form,
    /// None of the keys made it.
    #[error("it was made with another key than those given")]
    OtherKey,
    /// It was made for a file of another path.
    #[error("it is the signature of a file of another name")]
    OtherPath,
    /// The signature was changed.
    #[error("it was changed after signing")]
    Changed,
    /// The signature is whole, and the file is not the one that was signed.
    #[error("it was changed after signing")]
    FileChanged,
}

impl PublicKey {
    fn new(bytes: [u8; PUBLIC_BYTES]) -> Self {
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&Sha256::digest(bytes)[..KEY_ID_BYTES]);
        Self { id, bytes }
    }

    /// Reads one line of base64, or a file of minisign with its comment line.
    ///
    /// # Errors
    /// [`NoPublicKey`].
    pub fn parse(text: &str) -> Result<Self, NoPublicKey> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let line = lines.find(|line| !line.starts_with(UNTRUSTED)).ok_or(NoPublicKey)?;
        let decoded = STANDARD.decode(line).map_err(|_| NoPublicKey)?;
        let rest = decoded.strip_prefix(KEY_ALGORITHM).ok_or(NoPublicKey)?;
        let (id, bytes) = rest.split_at_checked(KEY_ID_BYTES).ok_or(NoPublicKey)?;
        let (Ok(id), Ok(bytes)) = (id.try_into(), bytes.try_into()) else { return Err(NoPublicKey) };
        if lines.next().is_some() { Err(NoPublicKey) } else { Ok(Self { id, bytes }) }
    }

    /// The line of base64.
    pub fn line(&self) -> String {
        STANDARD.encode([KEY_ALGORITHM, &self.id[..], &self.bytes[..]].concat())
    }

    /// The file of minisign.
    pub fn file(&self) -> String {
        format!("{UNTRUSTED}vt-monitor, openbare sleutel {self} (minisign)\n{}\n", self.line())
    }
}

/// The id of the key, as minisign shows it.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", u64::from_le_bytes(self.id))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// Signs, and knows whose earlier signatures are ours too. `Debug` hides the secret.
pub struct Signer {
    pair: Ed25519KeyPair,
    own: Vec<PublicKey>,
}

impl Signer {
    /// Signs with the key that follows from a secret seed. `earlier`: public keys of those that were current before.
    pub fn from_seed(seed: &[u8; 32], earlier: impl IntoIterator<Item = PublicKey>) -> Self {
        // Unwrap safety: a seed of 32 bytes always makes a key.
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).unwrap();
        let own = std::iter::once(public_of(&pair)).chain(earlier).collect();
        Self { pair, own }
    }

    /// The public key.
    pub fn public(&self) -> PublicKey {
        self.own[0]
    }

    /// The public keys of this and earlier keys: what they signed is ours.
    pub fn own(&self) -> &[PublicKey] {
        &self.own
    }

    /// The signature of a file of the store, as the file beside it.
    pub fn sign(&self, path: &str, bytes: &[u8]) -> String {
        let signature = self.pair.sign(&Blake2b512::digest(bytes));
        let comment = format!("{OF_PATH}{path}");
        let whole = self.pair.sign(&[signature.as_ref(), comment.as_bytes()].concat());
        written(&self.public().id, signature.as_ref(), &comment, whole.as_ref())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("public", &self.public()).finish_non_exhaustive()
    }
}

/// The public key of a secret seed.
pub fn public_key(seed: &[u8; 32]) -> PublicKey {
    // Unwrap safety: a seed of 32 bytes always makes a key.
    public_of(&Ed25519KeyPair::from_seed_unchecked(seed).unwrap())
}

fn public_of(pair: &Ed25519KeyPair) -> PublicKey {
    let mut bytes = [0; PUBLIC_BYTES];
    bytes.copy_from_slice(pair.public_key().as_ref());
    PublicKey::new(bytes)
}

fn written(id: &[u8], signature: &[u8], comment: &str, whole: &[u8]) -> String {
    let signed = STANDARD.encode([HASHED, id, signature].concat());
    format!("{UNTRUSTED}{COMMENT}\n{signed}\n{TRUSTED}{comment}\n{}\n", STANDARD.encode(whole))
}

/// Checks the signature of a file of the store, and that it is in the one form in which this program writes it: no byte of it can
/// differ unseen. Gives the key that made it.
///
/// # Errors
/// [`BadSignature`] says what does not hold.
pub fn check(path: &str, bytes: &[u8], signature: &[u8], keys: &[PublicKey]) -> Result<PublicKey, BadSignature> {
    let text = std::str::from_utf8(signature).map_err(|_| BadSignature::Form)?;
    let Parts { id, signed, comment, whole } = parts(text).ok_or(BadSignature::Form)?;
    if written(&id, &signed, comment, &whole) != text {
        return Err(BadSignature::Form);
    }
    let key = keys.iter().find(|key| key.id[..] == id[..]).ok_or(BadSignature::OtherKey)?;
    let verify =
        |message: &[u8], signature: &[u8]| UnparsedPublicKey::new(&ED25519, key.bytes).verify(message, signature);
    let held = verify(&[&signed[..], comment.as_bytes()].concat(), &whole);
    held.map_err(|_| BadSignature::Changed)?;
    if comment.strip_prefix(OF_PATH) != Some(path) {
        return Err(BadSignature::OtherPath);
    }
    verify(&Blake2b512::digest(bytes), &signed).map_err(|_| BadSignature::FileChanged)?;
    Ok(*key)
}

struct Parts<'a> {
    id: Vec<u8>,
    signed: Vec<u8>,
    comment: &'a str,
    whole: Vec<u8>,
}

fn parts(text: &str) -> Option<Parts<'_>> {
    let [_, signed, comment, whole] = text.lines().collect::<Vec<_>>()[..] else { return None };
    let decoded = STANDARD.decode(signed).ok()?;
    let (id, signed) = decoded.strip_prefix(HASHED)?.split_at_checked(KEY_ID_BYTES)?;
    let whole = STANDARD.decode(whole).ok()?;
    let (id, signed) = (id.to_vec(), signed.to_vec());
    let complete = signed.len() == SIGNATURE_BYTES && whole.len() == SIGNATURE_BYTES;
    complete.then_some(Parts { id, signed, comment: comment.strip_prefix(TRUSTED)?, whole })
}
