//! Keyed hashes: ids of records and the digest of a delivery, so that neither can be guessed back without the key.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use siphasher::sip128::SipHasher24;
use vt_domain::contract::RecordType;
use vt_domain::delivery::DeliveryEntry;

/// Bytes of a hashed id.
pub(crate) const HASH_BYTES: usize = 16;

/// Hashes under a secret key of 32 bytes. `Debug` hides it.
#[derive(Clone)]
pub struct IdHasher {
    key: [u8; 32],
}

impl fmt::Debug for IdHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdHasher([hidden])")
    }
}

impl IdHasher {
    /// A hasher with this key. The same key must be used for as long as registrations are kept: services find their melding by it.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The hasher of a region's ids of one record type; each has a key of its own, so that equal ids in two regions differ.
    pub(crate) fn ids(&self, vt: &str, record: RecordType) -> RegionIds {
        let derived = self.hmac(&["vt-monitor id 1", vt, record.name()]);
        // Unwrap safety: HMAC-SHA256 gives 32 bytes.
        RegionIds(SipHasher24::new_with_key(&derived[..HASH_BYTES].try_into().unwrap()))
    }

    fn hmac(&self, parts: &[&str]) -> [u8; 32] {
        // Unwrap safety: HMAC takes a key of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).unwrap();
        for part in parts {
            // The length before each part: no two lists of parts give the same bytes.
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

/// Hashes ids of one region and record type: SipHash-2-4 with 128 bits, a keyed function made for short inputs.
#[derive(Clone)]
pub(crate) struct RegionIds(SipHasher24);

impl RegionIds {
    #[inline]
    pub fn hash(&self, id: &[u8]) -> [u8; HASH_BYTES] {
        self.0.hash(id).as_bytes()
    }
}

/// The first half of a hashed id: enough to suspect that two are equal.
#[inline]
pub(crate) fn fingerprint(hash: &[u8; HASH_BYTES]) -> u64 {
    u64::from_le_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
}

/// The keyed digest of a delivery for public manifests: HMAC-SHA256 of its header and its files' digests, in hexadecimal.
/// A plain digest would confirm guesses at the content.
pub fn kenmerk(hasher: &IdHasher, entry: &DeliveryEntry) -> String {
    let kop = &entry.kop;
    let mut parts = vec![
        "vt-monitor levering 1".to_owned(),
        kop.protocol_versie.clone(),
        kop.vt_code.clone(),
        kop.leveringsmaand.to_string(),
        kop.levering_nr.to_string(),
        kop.soort.name().to_owned(),
        kop.tot_en_met.to_string(),
        kop.aangemaakt_op.timestamp_micros().to_string(),
        kop.bronsysteem.clone(),
    ];
    for file in &entry.bestanden {
        parts.extend([file.kept_name(), file.bytes.to_string(), file.sha256.clone(), file.records.to_string()]);
    }
    hex::encode(hasher.hmac(&parts.iter().map(String::as_str).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_differs_by_key_region_and_record_type() {
        let (a, b) = (IdHasher::new([1; 32]), IdHasher::new([2; 32]));
        let hash = |hasher: &IdHasher, vt, record| hasher.ids(vt, record).hash(b"M-1");
        let one = hash(&a, "VT07", RecordType::Melding);
        assert_eq!(one, hash(&a, "VT07", RecordType::Melding));
        assert_ne!(one, hash(&b, "VT07", RecordType::Melding));
        assert_ne!(one, hash(&a, "VT08", RecordType::Melding));
        assert_ne!(one, hash(&a, "VT07", RecordType::Advies));
    }

    #[test]
    fn the_key_is_never_shown() {
        assert_eq!(format!("{:?}", IdHasher::new([0x61; 32])), "IdHasher([hidden])");
    }
}
