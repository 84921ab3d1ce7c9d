//! The order in which the issues of an ISO year are reserved: `turns/2020/3.json`, from 1 without a gap.
//!
//! An issue is bound by all that was reserved before it. Two writers that know nothing of each other would both look, find nothing of the
//! other, and both write. Therefore whoever reserves takes a turn first that was free when it looked: of two, one gets it, and the other
//! looks again. The object that takes a turn holds the whole reservation, so that what was reserved in it is there from that moment on:
//! the next that looks puts it in its place when its writer came no further.
//!
//! ```text
//! {"periode":"2020W407","uitgave":1}                  which issue; all that is left once its reservation stands under memory/
//! {"periode":"2020W407","uitgave":1,"sha256":"…"}     until then, with the digest of
//! …                                                   the reservation, from the second line on
//! ```

use std::collections::BTreeMap;

use bytes::Bytes;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vt_domain::Period;

use crate::error::VaultError;
use crate::memory::{ReservationKey, Reserved};
use crate::numbered::numbered_path;
use crate::objects::Vault;

/// Folder of the turns of all years.
const FOLDER: &str = "turns";
/// What something that is no turn is told to be.
const WHAT: &str = "turn";

/// A turn that was free when it was looked for: [`Vault::reserve`] takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    iso_year: i32,
    number: u32,
}

/// The first line of a turn.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    periode: Period,
    uitgave: u32,
    /// SHA-256 of the reservation that follows: half of one, or another's, is put nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

impl Turn {
    fn path(self) -> Path {
        numbered_path(&folder(self.iso_year), self.number)
    }
}

impl Vault {
    /// The next turn of an ISO year. All that was reserved in the turns before it can be listed from now on; what is reserved later
    /// takes this turn or a later one.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails or a turn is damaged.
    pub async fn next_turn(&self, iso_year: i32) -> Result<Turn, VaultError> {
        let last = self.numbers(&folder(iso_year), WHAT).await?.last().copied().unwrap_or_default();
        if last > 0 {
            self.settle(Turn { iso_year, number: last }).await?;
        }
        Ok(Turn { iso_year, number: last.saturating_add(1) })
    }

    /// Puts in its place what was reserved last in any ISO year, where its writer came no further.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails or a turn is damaged.
    pub async fn settle_turns(&self) -> Result<(), VaultError> {
        let mut last: BTreeMap<i32, u32> = BTreeMap::new();
        for path in self.list(&Path::from(FOLDER)).await? {
            let turn = parse(&path).ok_or_else(|| damaged(&path, "no turn's name"))?;
            let number = last.entry(turn.iso_year).or_default();
            *number = turn.number.max(*number);
        }
        for (iso_year, number) in last {
            self.settle(Turn { iso_year, number }).await?;
        }
        Ok(())
    }

    /// Reserves an issue, exactly once, in a turn of its ISO year. When it is held already (also by our own lost write), what stands
    /// there is returned; when the turn was taken meanwhile, nothing is reserved.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails; whether it is reserved, whoever takes the next turn sees.
    ///
    /// # Panics
    /// When the turn is one of another ISO year: nothing would keep such a reservation apart from others.
    pub async fn reserve(&self, turn: Turn, key: ReservationKey, reservation: Bytes) -> Result<Reserved, VaultError> {
        assert_eq!(turn.iso_year, key.period.iso_year(), "a turn of another ISO year");
        match self.create(&turn.path(), [&name(key, Some(&reservation))[..], b"\n", &reservation].concat().into()).await
        {
            Ok(_) => {}
            Err(VaultError::Conflict { .. }) => return Ok(Reserved::Crossed),
            Err(error) => return Err(error),
        }
        let reserved = self.place(key, reservation).await?;
        // When it fails, whoever takes the next turn does it.
        let _ = self.replace(&turn.path(), name(key, None)).await;
        Ok(reserved)
    }

    /// Puts what was reserved in a turn in its place, and leaves its name alone there.
    async fn settle(&self, turn: Turn) -> Result<(), VaultError> {
        let path = turn.path();
        let Some(taken) = self.read(&path).await? else { return Err(damaged(&path, "it vanished")) };
        let end = taken.iter().position(|byte| *byte == b'\n').unwrap_or(taken.len());
        let first = serde_json::from_slice::<Name>(&taken[..end]).map_err(|_| damaged(&path, "no issue's name"))?;
        let key = ReservationKey { period: first.periode, issue: first.uitgave };
        if key.period.iso_year() != turn.iso_year {
            return Err(damaged(&path, "it is of another ISO year than its folder"));
        }
        let body = taken.slice((end + 1).min(taken.len())..);
        match first.sha256 {
            None if end == taken.len() => return Ok(()),
            Some(sha256) if sha256 == digest(&body) => {}
            _ => return Err(damaged(&path, "the reservation in it is half written or another one")),
        }
        // One that was removed after its term stays so.
        if self.removed_reservation(key).await?.is_none() {
            self.place(key, body).await?;
        }
        self.replace(&path, name(key, None)).await
    }
}

fn folder(iso_year: i32) -> String {
    format!("{FOLDER}/{iso_year}")
}

/// The first line of a turn, with the reservation that follows or alone.
fn name(key: ReservationKey, reservation: Option<&Bytes>) -> Bytes {
    let name = Name { periode: key.period, uitgave: key.issue, sha256: reservation.map(|bytes| digest(bytes)) };
    // Unwrap safety: texts and numbers always have a JSON form.
    serde_json::to_vec(&name).unwrap().into()
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn parse(path: &Path) -> Option<Turn> {
    let parts: Vec<_> = path.parts().map(|part| part.as_ref().to_owned()).collect();
    let [_, iso_year, number] = parts.as_slice() else { return None };
    let turn = Turn { iso_year: iso_year.parse().ok()?, number: number.strip_suffix(".json")?.parse().ok()? };
    (turn.path() == *path).then_some(turn)
}

fn damaged(path: &Path, reason: &str) -> VaultError {
    VaultError::Damaged { path: path.to_string(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;
