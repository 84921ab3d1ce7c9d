//! Finds ids that stand in a file more than once, in bounded memory.
//!
//! Ids are held as 64 bits of their keyed hash, parted by their highest bits; when there are many, in a temporary file. Part by
//! part those that occur twice are suspects; whether they really are equal is then seen on a second reading of the file.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// Ids a part, so that a part is searched within the processor's cache.
const IDS_A_PART: u64 = 30_000;

/// Parts at most.
const MAX_PARTS: u64 = 4096;

/// The fingerprints of all ids of a file.
#[derive(Debug)]
pub(crate) struct Fingerprints {
    parts: Vec<Vec<u64>>,
    /// How far a fingerprint is shifted to give its part.
    shift: u32,
    held: usize,
    limit: usize,
    folder: Option<PathBuf>,
    spill: Option<Spill>,
}

/// What is in the temporary file: which part, from where, how many.
#[derive(Debug)]
struct Spill {
    file: File,
    runs: Vec<(usize, u64, usize)>,
    end: u64,
}

impl Fingerprints {
    /// For about `expected` ids, of which at most `limit` are held in memory.
    pub fn new(expected: u64, limit: usize, folder: Option<PathBuf>) -> Self {
        let parts = (expected / IDS_A_PART).clamp(1, MAX_PARTS).next_power_of_two();
        Self { parts: vec![Vec::new(); parts as usize], shift: 64 - parts.ilog2(), held: 0, limit, folder, spill: None }
    }

    /// Adds fingerprints.
    pub fn add(&mut self, fingerprints: &[u64]) -> io::Result<()> {
        for fingerprint in fingerprints {
            let part = fingerprint.checked_shr(self.shift).unwrap_or(0);
            self.parts[part as usize].push(*fingerprint);
        }
        self.held += fingerprints.len();
        if self.held > self.limit { self.write_out() } else { Ok(()) }
    }

    fn write_out(&mut self) -> io::Result<()> {
        let spill = match &mut self.spill {
            Some(spill) => spill,
            none => none.insert(Spill::new(self.folder.as_deref())?),
        };
        for (part, fingerprints) in self.parts.iter_mut().enumerate() {
            spill.write(part, fingerprints)?;
            fingerprints.clear();
        }
        self.held = 0;
        Ok(())
    }

    /// Whether a temporary file was needed.
    #[cfg(test)]
    pub fn spilled(&self) -> bool {
        self.spill.is_some()
    }

    /// Fingerprints that occur more than once, at most `max` of them.
    pub fn repeated(mut self, max: usize) -> io::Result<HashSet<u64>> {
        let mut repeated = HashSet::new();
        let mut table = Table::default();
        let runs = self.spill.as_ref().map_or_else(Vec::new, Spill::runs_by_part);
        let mut next_run = runs.into_iter().peekable();
        for part in 0..self.parts.len() {
            let mut fingerprints = std::mem::take(&mut self.parts[part]);
            while let Some((_, begin, count)) = next_run.next_if(|(of, ..)| *of == part) {
                if let Some(spill) = &mut self.spill {
                    spill.read(begin, count, &mut fingerprints)?;
                }
            }
            table.search(&fingerprints, |twice| {
                if repeated.len() < max {
                    repeated.insert(twice);
                }
            });
        }
        Ok(repeated)
    }
}

impl Spill {
    /// An unnamed temporary file: gone when it is closed, whatever happens.
    fn new(folder: Option<&std::path::Path>) -> io::Result<Self> {
        let file = folder.map_or_else(tempfile::tempfile, tempfile::tempfile_in)?;
        Ok(Self { file, runs: Vec::new(), end: 0 })
    }

    fn write(&mut self, part: usize, fingerprints: &[u64]) -> io::Result<()> {
        if fingerprints.is_empty() {
            return Ok(());
        }
        let bytes: Vec<u8> = fingerprints.iter().flat_map(|fingerprint| fingerprint.to_le_bytes()).collect();
        self.file.write_all(&bytes)?;
        self.runs.push((part, self.end, fingerprints.len()));
        self.end += bytes.len() as u64;
        Ok(())
    }

    fn runs_by_part(&self) -> Vec<(usize, u64, usize)> {
        let mut runs = self.runs.clone();
        runs.sort_unstable();
        runs
    }

    fn read(&mut self, begin: u64, count: usize, fingerprints: &mut Vec<u64>) -> io::Result<()> {
        let mut bytes = vec![0; count * 8];
        self.file.seek(SeekFrom::Start(begin))?;
        self.file.read_exact(&mut bytes)?;
        // Unwrap safety: the chunks have eight bytes.
        fingerprints.extend(bytes.chunks_exact(8).map(|chunk| u64::from_le_bytes(chunk.try_into().unwrap())));
        Ok(())
    }
}

/// An open-addressing set; fingerprints are hashes already.
#[derive(Debug, Default)]
struct Table {
    slots: Vec<u64>,
}

impl Table {
    /// Calls `twice` for each fingerprint that was there before.
    fn search(&mut self, fingerprints: &[u64], mut twice: impl FnMut(u64)) {
        let size = (fingerprints.len() * 2).next_power_of_two().max(16);
        self.slots.clear();
        self.slots.resize(size, 0);
        let mask = size - 1;
        let mut zero_seen = false;
        for fingerprint in fingerprints.iter().copied() {
            if fingerprint == 0 {
                if std::mem::replace(&mut zero_seen, true) {
                    twice(0);
                }
                continue;
            }
            let mut slot = fingerprint as usize & mask;
            loop {
                match self.slots[slot] {
                    0 => {
                        self.slots[slot] = fingerprint;
                        break;
                    }
                    there if there == fingerprint => {
                        twice(fingerprint);
                        break;
                    }
                    _ => slot = (slot + 1) & mask,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_exactly_what_occurs_twice(
            some in proptest::collection::vec(prop_oneof![0..50u64, any::<u64>()], 0..300),
            limit in 1..400usize,
            expected in prop_oneof![Just(0u64), Just(100_000), Just(10_000_000)],
        ) {
            let mut fingerprints = Fingerprints::new(expected, limit, None);
            for chunk in some.chunks(7) {
                fingerprints.add(chunk).unwrap();
            }
            prop_assert_eq!(fingerprints.spilled(), some.len() > limit);
            let found = fingerprints.repeated(usize::MAX).unwrap();
            let mut seen = HashSet::new();
            let twice: HashSet<u64> = some.iter().copied().filter(|x| !seen.insert(*x)).collect();
            prop_assert_eq!(found, twice);
        }
    }

    #[test]
    fn the_number_of_suspects_is_bounded() {
        let mut fingerprints = Fingerprints::new(10, 4, None);
        fingerprints.add(&[1, 1, 2, 2, 3, 3]).unwrap();
        assert!(fingerprints.spilled());
        assert_eq!(fingerprints.repeated(2).unwrap().len(), 2);
    }
}
