//! Finds separators eight bytes at a time.

const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// A word with `byte` in each place.
const fn repeated(byte: u8) -> u64 {
    0x0101_0101_0101_0101 * byte as u64
}

/// The high bit of each byte of `word` that equals `byte`; exact, unlike the shorter form that can err after a first match.
#[inline]
pub(crate) fn equal(word: u64, byte: u8) -> u64 {
    let difference = word ^ repeated(byte);
    !(((difference & LOW) + LOW) | difference | LOW)
}

/// Calls `found` with the place of every `a` and `b` in `bytes`, in order, from `begin` up to `end`.
///
/// At least eight bytes must follow `end` (see [`super::table::PADDING`]).
#[inline]
pub(crate) fn each(bytes: &[u8], begin: usize, end: usize, a: u8, b: u8, mut found: impl FnMut(usize)) {
    let mut base = begin;
    for chunk in bytes[begin..].chunks_exact(8) {
        if base >= end {
            return;
        }
        // Unwrap safety: the chunk has eight bytes.
        let word = u64::from_le_bytes(chunk.try_into().unwrap());
        let mut matches = equal(word, a) | equal(word, b);
        while matches != 0 {
            let place = base + (matches.trailing_zeros() / 8) as usize;
            if place >= end {
                return;
            }
            found(place);
            matches &= matches - 1;
        }
        base += 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_byte_after_a_match_is_no_match_by_carry() {
        let word = u64::from_le_bytes(*b";:;<;;:;");
        let places: Vec<u32> = (0..8).filter(|i| equal(word, b';') >> (i * 8 + 7) & 1 == 1).collect();
        assert_eq!(places, [0, 2, 4, 5, 7]);
    }

    proptest! {
        #[test]
        fn finds_what_a_plain_search_finds(text in proptest::collection::vec(prop_oneof![Just(b';'), Just(b'\n'), any::<u8>()], 0..100), begin in 0..20usize) {
            let begin = begin.min(text.len());
            let expected: Vec<usize> = (begin..text.len()).filter(|i| matches!(text[*i], b';' | b'\n')).collect();
            let mut padded = text.clone();
            padded.extend([0; 16]);
            let mut places = Vec::new();
            each(&padded, begin, text.len(), b';', b'\n', |place| places.push(place));
            prop_assert_eq!(places, expected);
        }
    }
}
