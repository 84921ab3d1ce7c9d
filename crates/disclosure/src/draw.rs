//! Keyed draws: the same cell and period always draw alike, whatever the issue and whatever else the table holds.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::atoms::{CellIdentity, push_text};

const DRAW_LABEL: &str = "vt-monitor/draw/1";
const FINGERPRINT_LABEL: &str = "vt-monitor/key-fingerprint/1";

/// Secret key of the draws: 32 bytes from a file or the environment.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

impl Key {
    /// Takes the 32 secret bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Name of the key for records: 16 hexadecimal digits that say nothing about its bytes.
    pub fn fingerprint(&self) -> String {
        let mut message = Vec::new();
        push_text(&mut message, FINGERPRINT_LABEL);
        format!("{:016x}", self.mac(&message))
    }

    /// First eight bytes of HMAC-SHA256, big-endian.
    fn mac(&self, message: &[u8]) -> u64 {
        // Unwrap safety: HMAC takes a key of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(message);
        let digest = mac.finalize().into_bytes();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_be_bytes(first)
    }

    /// The draw of a cell in a period: uniform over 0..2⁶⁴. Neither the count nor the issue goes in.
    pub(crate) fn draw(&self, cell: &CellIdentity<'_>, period: &str) -> u64 {
        let mut message = Vec::with_capacity(256);
        push_text(&mut message, DRAW_LABEL);
        cell.encode(&mut message);
        push_text(&mut message, period);
        self.mac(&message)
    }
}

/// The multiple of `base` next to `count` that a draw prefers: up with probability (count mod base) / base, exactly.
pub(crate) fn preferred(count: u64, base: u32, draw: u64) -> u64 {
    let base = u64::from(base);
    let rest = count % base;
    let up = u128::from(draw) * u128::from(base) < u128::from(rest) << 64;
    count - rest + if up { base } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> Key {
        Key::from_bytes([7; 32])
    }

    fn draw(category: &str, atoms: &[&str], period: &str) -> u64 {
        let atoms: Vec<String> = atoms.iter().map(|&atom| atom.to_owned()).collect();
        key().draw(&CellIdentity { measure: "m", dimension: Some("d"), category, atoms: &atoms }, period)
    }

    #[test]
    fn a_draw_never_changes() {
        // Computed apart, with another implementation of HMAC-SHA256.
        assert_eq!(draw("c", &["VT01.VR13"], "2020W407"), 0x49c0_1efc_0707_c2da);
        assert_eq!(key().fingerprint(), "03b9f91c63b0e9c2");
    }

    #[test]
    fn each_part_of_the_identity_counts() {
        let reference = draw("c", &["a", "b"], "p");
        for other in [draw("d", &["a", "b"], "p"), draw("c", &["a"], "p"), draw("c", &["a", "b"], "q")] {
            assert_ne!(reference, other);
        }
    }

    #[test]
    fn texts_cannot_run_into_each_other() {
        assert_ne!(draw("c", &["ab", "c"], "p"), draw("c", &["a", "bc"], "p"));
        let total = |measure, dimension| {
            key().draw(&CellIdentity { measure, dimension, category: "", atoms: &["a".to_owned()] }, "p")
        };
        assert_ne!(total("m", None), total("m", Some("")));
    }

    #[test]
    fn another_key_draws_otherwise_and_has_another_name() {
        let other = Key::from_bytes([8; 32]);
        let cell = CellIdentity { measure: "m", dimension: None, category: "", atoms: &["a".to_owned()] };
        assert_ne!(key().draw(&cell, "p"), other.draw(&cell, "p"));
        assert_ne!(key().fingerprint(), other.fingerprint());
        assert_eq!(format!("{other:?}"), "Key(hidden)");
    }

    #[test]
    fn the_limit_between_down_and_up_is_exact() {
        for rest in 1..5_u64 {
            let first_down = (u128::from(rest) << 64).div_ceil(5) as u64;
            assert_eq!(preferred(10 + rest, 5, first_down - 1), 15);
            assert_eq!(preferred(10 + rest, 5, first_down), 10);
        }
        assert_eq!(preferred(3, 5, 0), 5);
        assert_eq!(preferred(3, 5, u64::MAX), 0);
    }

    /// The share of draws that go up is (z mod 5) / 5: within four standard deviations over 40,000 cells.
    #[test]
    fn draws_are_unbiased() {
        let draws: Vec<u64> = (0..40_000).map(|cell| draw(&cell.to_string(), &["a"], "p")).collect();
        let n = draws.len() as f64;
        for rest in 0..5_u64 {
            let up = draws.iter().filter(|&&draw| preferred(20 + rest, 5, draw) > 20).count() as f64;
            let share = rest as f64 / 5.0;
            let deviation = 4.0 * (share * (1.0 - share) * n).sqrt();
            assert!((up - share * n).abs() <= deviation, "rest {rest}: {up} of {n}");
        }
    }

    #[test]
    fn draws_of_neighbours_do_not_depend_on_each_other() {
        let up = |cell: u32, period: &str| draw(&cell.to_string(), &["a"], period) < u64::MAX / 2;
        let equal = (0..10_000).filter(|&cell| up(cell, "2020W407") == up(cell, "2020W408")).count();
        assert!((4_800..5_200).contains(&equal), "{equal}");
    }

    proptest! {
        #[test]
        fn the_candidate_depends_on_the_rest_only(count in 0..1_000_000_u64, steps in 0..1_000_u64, draw: u64) {
            prop_assert_eq!(preferred(count + 5 * steps, 5, draw), preferred(count, 5, draw) + 5 * steps);
        }

        #[test]
        fn the_candidate_is_adjacent(count in 0..1_000_000_u64, base in 5..20_u32, draw: u64) {
            let value = preferred(count, base, draw);
            prop_assert!(value.is_multiple_of(u64::from(base)));
            prop_assert!(value.abs_diff(count) < u64::from(base));
        }
    }
}
