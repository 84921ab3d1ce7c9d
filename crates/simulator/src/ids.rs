//! Opaque ids: letters only, unique within a region, the same for the same record in every delivery.

use crate::chance::{Purpose, hash};
use crate::records::MARKERS;

/// What an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// An advies.
    Advies,
    /// A melding.
    Melding,
    /// A vervolgdienst.
    Dienst,
    /// A casus.
    Casus,
}

const BITS: u32 = 40;
const MASK: u64 = (1 << BITS) - 1;
/// Letters that make no word and no number: 20 of them, ten for 40 bits.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// Makes the ids of one region.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    key: u64,
    markers: bool,
}

impl Ids {
    /// Ids for a region under a seed; `markers`: each begins with its marker.
    pub fn new(seed: u64, region: usize, markers: bool) -> Self {
        Self { key: hash(seed, Purpose::Ids, region as u64, 0, 0), markers }
    }

    /// The id of record number `number` (below 2⁴⁰) of a kind.
    pub fn id(&self, kind: IdKind, number: u64) -> String {
        let mut id = String::with_capacity(17);
        if self.markers {
            id.push_str(MARKERS[kind as usize]);
        } else {
            id.push(['A', 'M', 'D', 'C'][kind as usize]);
        }
        let mut rest = self.scramble(number);
        for _ in 0..10 {
            id.push(char::from(LETTERS[(rest % 20) as usize]));
            rest /= 20;
        }
        id
    }

    /// A permutation of the numbers below 2⁴⁰: each step can be undone, so that different numbers stay different.
    fn scramble(&self, number: u64) -> u64 {
        let mut n = (number ^ self.key) & MASK;
        n = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) & MASK;
        n ^= n >> 19;
        n = n.wrapping_mul(0xD1B5_4A32_D192_ED03) & MASK;
        n ^ (n >> 21)
    }
}

/// The number of record `index` of a month.
pub fn of_month(month: usize, index: usize) -> u64 {
    ((month as u64) << 24) + index as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_opaque_and_distinct() {
        let ids = Ids::new(1, 6, false);
        let mut seen = std::collections::HashSet::new();
        for month in 0..48 {
            for index in 0..500 {
                let id = ids.id(IdKind::Melding, of_month(month, index));
                assert!(id.len() == 11 && id.starts_with('M') && id.bytes().all(|b| b.is_ascii_uppercase()));
                assert!(seen.insert(id));
            }
        }
        assert_ne!(ids.id(IdKind::Advies, 5), Ids::new(1, 7, false).id(IdKind::Advies, 5));
    }

    #[test]
    fn marked_ids_fit_the_contract() {
        let id = Ids::new(1, 6, true).id(IdKind::Casus, of_month(47, 1 << 23));
        assert!(id.starts_with("MERKCAS") && id.len() <= vt_domain::contract::MAX_ID_LENGTH);
    }
}
