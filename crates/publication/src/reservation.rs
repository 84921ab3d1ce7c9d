//! The reservation: all that decides the bytes of an issue, written to the vault before the first data file (DESIGN §5, §7).

mod memory;
mod removed;
mod reserve;
#[cfg(test)]
mod tests;
mod void;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use vt_disclosure::{MemoryRecord, Policy, ProtectionAudit};
use vt_domain::measure::Maat;
use vt_domain::{Period, PeriodKind};
use vt_vault::{ReservationKey, Vault};

use crate::error::PublicationError;
use crate::gate::{Input, RegionCoverage};

pub use memory::{MemoryCheck, check_memory};
pub use removed::{RemovedReservation, closing, remove, removed};
pub use reserve::reserve;
pub use void::{Void, clear_draft, void, voided};

/// Version of the form in which a reservation is stored.
pub const FORMAAT: u32 = 1;

/// All that decides the bytes of one issue. A snapshot is a pure function of it. As secret as the registrations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reservation {
    /// Version of this form: [`FORMAAT`].
    pub formaat: u32,
    /// Kind of period; the cadence under which the snapshot is kept.
    pub cadans: PeriodKind,
    /// The period.
    pub periode: Period,
    /// Number of the issue, from 1.
    pub uitgave: u32,
    /// The instant of publication that stands in the manifest.
    pub gepubliceerd_op: DateTime<Utc>,
    /// As-of date: verdicts up to and including this local day were taken into account.
    pub peildatum: NaiveDate,
    /// The deliveries that count, by region and month.
    pub invoer: Vec<Input>,
    /// Deliveries of earlier months, of which only the gemeente of meldingen was looked up for vervolgdiensten.
    pub invoer_eerder: Vec<Input>,
    /// SHA-256 over both lists ([`crate::gate::PeriodInput::digest`]).
    pub invoer_digest: String,
    /// Version of the register of regions and gemeenten; frozen at the first issue.
    pub register: String,
    /// Version of the code lists that it is rendered with; empty in reservations from before they were kept.
    #[serde(default)]
    pub codelijsten: String,
    /// The rules it was made under.
    pub beleid: SnapshotPolicy,
    /// Name and version of the program, such as `vt-monitor 0.1.0`.
    pub software: String,
    /// Days covered per region in force, by code.
    pub dekking: Vec<RegionCoverage>,
    /// Published issues that changes were computed against.
    pub vergelijking: Vec<Base>,
    /// The issue of the same period before this one.
    pub vorige: Option<Previous>,
    /// Of a sum: the veiligheidsregio's that a part leaves empty as `regio_onbekend`, each once and in order. Decided when the
    /// sum is reserved, as the parts aren't at hand when it is rendered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leeg: Vec<LeftEmpty>,
    /// z, a and x̂ of every cell.
    pub geheugen: MemoryRecord,
    /// How well the protected values fit, for the operator. Never published.
    pub bewijs: ProtectionAudit,
    /// Fingerprint of the key of the draws.
    pub sleutel_kenmerk: String,
}

/// Parameters of protection and publication, fixed before data are seen. Whole numbers only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SnapshotPolicy {
    /// Rounding: base, bound, solver limits.
    pub disclosure: Policy,
    /// Thresholds below which derived figures are not given.
    pub publication: PublicationPolicy,
}

/// Thresholds of DESIGN §6, all compared with published values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublicationPolicy {
    /// Changes and shares need a published base of at least this (100), else `geen_basis`.
    pub least_base: u32,
    /// The same when a value involved comes from a second or later issue (200).
    pub least_base_revised: u32,
    /// Percentages have a decimal from this base on (1,000).
    pub decimal_from_base: u32,
    /// A VR is `regio_onbekend` when VR00's share of a VT it draws on exceeds this, in percent (5).
    pub region_unknown_above_percent: u32,
}

impl Default for PublicationPolicy {
    fn default() -> Self {
        Self { least_base: 100, least_base_revised: 200, decimal_from_base: 1_000, region_unknown_above_percent: 5 }
    }
}

/// A published issue of another period, by which changes are computed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The other period.
    pub periode: Period,
    /// Its issue.
    pub uitgave: u32,
    /// SHA-256 of its manifest.
    pub sha256: String,
}

/// A veiligheidsregio that is left empty for a measure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftEmpty {
    /// The measure, with all its breakdowns.
    pub maat: Maat,
    /// The veiligheidsregio.
    pub regio: String,
}

/// The issue of the same period before this one, as it stands in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Path of its manifest.
    pub pad: String,
    /// SHA-256 of its manifest.
    pub sha256: String,
}

/// What came of [`reserve`]: the reservation that stands, which is the one to render.
#[derive(Debug)]
pub enum Standing {
    /// Ours was written.
    Created(Box<Reservation>),
    /// One stood there already: it must be finished exactly as it is.
    Held(Box<Reservation>),
}

impl Standing {
    /// The reservation to render.
    pub fn into_reservation(self) -> Reservation {
        match self {
            Self::Created(reservation) | Self::Held(reservation) => *reservation,
        }
    }
}

impl Reservation {
    /// Its name in the vault.
    pub fn key(&self) -> ReservationKey {
        ReservationKey { period: self.periode, issue: self.uitgave }
    }

    /// The stored form: JSON with a fixed order of fields, no floats; the same value gives the same bytes.
    pub fn to_bytes(&self) -> Bytes {
        // Unwrap safety: structs, lists, strings and whole numbers always have a JSON form.
        serde_json::to_vec(self).unwrap().into()
    }

    /// Reads the stored form of the reservation with this name.
    ///
    /// # Errors
    /// [`PublicationError::Reservation`] when it cannot be read, or contradicts its name or itself.
    pub fn from_bytes(key: ReservationKey, bytes: &[u8]) -> Result<Self, PublicationError> {
        let refuse = |rule: String| PublicationError::Reservation { period: key.period, issue: key.issue, rule };
        // The parser's own text may quote what it read.
        let reservation: Self = serde_json::from_slice(bytes).map_err(|error| {
            refuse(format!("damaged or of another version (line {}, column {})", error.line(), error.column()))
        })?;
        if reservation.key() != key {
            return Err(refuse("it is of another period or issue than its name says".to_owned()));
        }
        match reservation.fault() {
            Some(rule) => Err(refuse(rule.to_owned())),
            None => Ok(reservation),
        }
    }

    /// Whether values of a second or later issue are in it: its own, or those of a part that it sums.
    pub fn is_revised(&self) -> bool {
        self.uitgave > 1 || self.geheugen.parts().iter().any(|part| part.issue > 1)
    }

    fn fault(&self) -> Option<&'static str> {
        if self.formaat != FORMAAT {
            Some("it is of another version of the form")
        } else if self.cadans != self.periode.kind() || self.uitgave == 0 {
            Some("its cadence or issue is not one of its period")
        } else if self.geheugen.period() != self.periode.to_string() {
            Some("its disclosure memory is of another period")
        } else if self.geheugen.issue() != self.uitgave {
            Some("its disclosure memory is of another issue")
        } else if self.geheugen.policy() != &self.beleid.disclosure {
            Some("its disclosure memory was made under another policy")
        } else if self.geheugen.key_fingerprint() != self.sleutel_kenmerk {
            Some("its disclosure memory was made with another key")
        } else if !self.leeg.is_empty() && self.geheugen.parts().is_empty() {
            Some("it has what its parts leave empty, and no parts")
        } else if !self.leeg.is_sorted_by(|one, next| one < next) {
            Some("what its parts leave empty is not in order, each once")
        } else {
            None
        }
    }
}

/// The reservation of an issue, when there is one.
///
/// # Errors
/// [`PublicationError`] when the private store fails or what stands there is damaged; [`PublicationError::MemoryRemoved`] when it
/// was removed after its term.
pub async fn reservation(vault: &Vault, key: ReservationKey) -> Result<Option<Reservation>, PublicationError> {
    match vault.reservation(key).await? {
        Some(bytes) => Reservation::from_bytes(key, &bytes).map(Some),
        None => removed(vault, key).await?.map_or(Ok(None), |removed| Err(removed.refusal())),
    }
}
