//! Chance from a seed: keyed hashes for single facts, ChaCha8 streams for records, and draws by weight. Integers only, so that every
//! machine draws the same.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a draw is for; keeps draws for different facts apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Counts of months and days.
    Counts = 1,
    /// What sets a region apart: its shares, the day it delivers.
    Region,
    /// The deliveries of a month.
    Delivery,
    /// Characteristics of adviezen.
    Adviezen,
    /// Characteristics of meldingen.
    Meldingen,
    /// When a melding's besluit was taken.
    Besluit,
    /// Whether an onderzoek followed.
    Onderzoek,
    /// Whether voorwaarden en vervolg followed.
    Voorwaarden,
    /// Whether a monitor followed.
    Monitor,
    /// What is not yet known, or known late.
    Knowledge,
    /// Ids.
    Ids,
    /// Secrets.
    Secrets,
    /// What correction waves change.
    Waves,
}

/// 64 well spread bits for (seed, purpose, a, b, c): chained splitmix64 finalizers.
pub fn hash(seed: u64, purpose: Purpose, a: u64, b: u64, c: u64) -> u64 {
    let mut h = mix(seed ^ (purpose as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    h = mix(h ^ a.wrapping_add(0x632B_E59B_D9B4_E019));
    h = mix(h ^ b.wrapping_add(0xD1B5_4A32_D192_ED03));
    mix(h ^ c.wrapping_add(0x8CB9_2BA7_2F3D_8DD7))
}

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The stream for the records of one region and month.
pub fn stream(seed: u64, purpose: Purpose, region: usize, month: usize) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (part, word) in key.chunks_exact_mut(8).zip([seed, purpose as u64, region as u64, month as u64]) {
        part.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// A number below `bound` from 32 random bits.
pub fn below(bits: u32, bound: u32) -> u32 {
    ((u64::from(bits) * u64::from(bound)) >> 32) as u32
}

/// A draw from a stream: true in `per_mille` of a thousand draws.
pub fn happens(rng: &mut ChaCha8Rng, per_mille: u32) -> bool {
    below(rng.next_u32(), 1000) < per_mille
}

/// The same from the low half of a hash.
pub fn says(hash: u64, per_mille: u32) -> bool {
    below(hash as u32, 1000) < per_mille
}

/// Draws one of its items by weight.
#[derive(Debug, Clone)]
pub struct Lottery<T> {
    items: Vec<(u32, T)>,
    total: u32,
}

impl<T: Copy> Lottery<T> {
    /// A lottery of items with their weights.
    ///
    /// # Panics
    /// When no item has a weight: such a lottery has no outcome.
    pub fn new(items: impl IntoIterator<Item = (u32, T)>) -> Self {
        let mut total = 0;
        let mut cumulated = Vec::new();
        for (weight, item) in items.into_iter().filter(|(weight, _)| *weight > 0) {
            total += weight;
            cumulated.push((total, item));
        }
        assert!(total > 0, "a lottery needs an item with a weight");
        Self { items: cumulated, total }
    }

    /// The item for 32 random bits.
    pub fn pick(&self, bits: u32) -> T {
        let at = below(bits, self.total);
        self.items[self.items.partition_point(|(cumulated, _)| *cumulated <= at)].1
    }

    /// A draw from a stream.
    pub fn draw(&self, rng: &mut ChaCha8Rng) -> T {
        self.pick(rng.next_u32())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lottery_follows_its_weights() {
        let lottery = Lottery::new([(1, 'a'), (0, 'b'), (3, 'c')]);
        let mut rng = stream(7, Purpose::Meldingen, 0, 0);
        let drawn = (0..4000).filter(|_| lottery.draw(&mut rng) == 'a').count();
        assert!((900..1100).contains(&drawn), "{drawn}");
        assert_eq!(lottery.pick(0), 'a');
        assert_eq!(lottery.pick(u32::MAX), 'c');
    }

    #[test]
    fn streams_and_hashes_differ_by_key_and_repeat() {
        let first = |seed, purpose, region, month| stream(seed, purpose, region, month).next_u64();
        let keys = [
            first(1, Purpose::Adviezen, 0, 0),
            first(2, Purpose::Adviezen, 0, 0),
            first(1, Purpose::Meldingen, 0, 0),
            first(1, Purpose::Adviezen, 1, 0),
            first(1, Purpose::Adviezen, 0, 1),
            hash(1, Purpose::Counts, 0, 0, 0),
            hash(1, Purpose::Counts, 1, 0, 0),
            hash(1, Purpose::Counts, 0, 1, 0),
            hash(1, Purpose::Counts, 0, 0, 1),
            hash(1, Purpose::Region, 0, 0, 0),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(first(1, Purpose::Adviezen, 0, 0), keys[0]);
    }

    #[test]
    fn the_drawn_numbers_are_pinned() {
        // A change of these values changes every simulated delivery.
        let drawn = (hash(1, Purpose::Counts, 2, 3, 4), stream(1, Purpose::Meldingen, 6, 18).next_u64());
        assert_eq!(drawn, (663_314_792_583_469_642, 10_062_229_695_225_840_282));
    }
}
