//! The keys at hand: the current one, and those that were current before.

use super::{KeyError, MasterKey};
use crate::sign::Signer;

/// The current key and the previous ones. `Debug` shows no key.
#[derive(Debug, Clone)]
pub struct KeyRing {
    current: MasterKey,
    previous: Vec<MasterKey>,
}

impl KeyRing {
    /// A ring; each key stands in it once.
    ///
    /// # Errors
    /// When a key is given twice, also when the current one is given as a previous one: half a rotation.
    pub fn new(current: MasterKey, previous: Vec<MasterKey>) -> Result<Self, KeyError> {
        let mut seen = vec![current.fingerprint()];
        for key in &previous {
            let fingerprint = key.fingerprint();
            if seen.contains(&fingerprint) {
                return Err(KeyError {
                    place: format!("fingerprint {fingerprint}"),
                    rule: "is configured twice; `file` or `env` names the current key, `previous` only keys before it",
                });
            }
            seen.push(fingerprint);
        }
        Ok(Self { current, previous })
    }

    /// The key of new periods.
    pub fn current(&self) -> &MasterKey {
        &self.current
    }

    /// Signs with the current key; what the previous ones signed is ours too.
    pub fn signer(&self) -> Signer {
        Signer::from_seed(&self.current.signing_seed(), self.previous.iter().map(MasterKey::public_key))
    }

    /// The key with a fingerprint, when it is in the ring.
    pub fn get(&self, fingerprint: &str) -> Option<&MasterKey> {
        std::iter::once(&self.current).chain(&self.previous).find(|key| key.fingerprint() == fingerprint)
    }
}

impl From<MasterKey> for KeyRing {
    fn from(current: MasterKey) -> Self {
        Self { current, previous: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_fingerprint() {
        let ring = KeyRing::new(MasterKey::demo(2), vec![MasterKey::demo(1), MasterKey::demo(0)]).unwrap();
        for seed in 0..3 {
            let key = MasterKey::demo(seed);
            assert_eq!(ring.get(&key.fingerprint()).unwrap().id_key(), key.id_key());
        }
        assert_eq!(ring.current().fingerprint(), MasterKey::demo(2).fingerprint());
        assert!(ring.get(&MasterKey::demo(3).fingerprint()).is_none());
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_by_its_fingerprint() {
        let [one, two] = [1, 2].map(MasterKey::demo);
        for (current, previous) in [(one.clone(), vec![one.clone()]), (one.clone(), vec![two.clone(), two.clone()])] {
            let twice = previous.last().unwrap().fingerprint();
            let error = KeyRing::new(current, previous).unwrap_err().to_string();
            assert!(error.contains(&twice) && error.contains("twice"), "{error}");
        }
    }

    #[test]
    fn debug_hides_the_keys() {
        let ring = KeyRing::new(MasterKey::demo(2), vec![MasterKey::demo(1)]).unwrap();
        let hidden = "MasterKey { origin: Demo, .. }";
        assert_eq!(format!("{ring:?}"), format!("KeyRing {{ current: {hidden}, previous: [{hidden}] }}"));
    }
}
