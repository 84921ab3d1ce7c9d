//! What a region is told of its delivery, in Dutch: how each field is filled and what was found. Kept in the private store.
//!
//! Records are named by their own id and line, at most 20 a check; the content of a field is never repeated. The form of both
//! reports is described for regions in `docs/levering/rapporten.md`.

mod kwaliteit;
mod spiegel;

pub use kwaliteit::{Aantallen, Bevinding, Kwaliteitsrapport, Oordeel, Uitzondering};
pub use spiegel::{CodeAantal, SpiegelBestand, SpiegelVeld, Spiegelrapport};

pub(crate) use kwaliteit::render;

use serde::{Deserialize, Serialize};

/// Name of the spiegelrapport in the private store.
pub const SPIEGELRAPPORT: &str = "spiegelrapport";

/// Name of the kwaliteitsrapport in the private store.
pub const KWALITEITSRAPPORT: &str = "kwaliteitsrapport";

/// Both reports on one delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryReport {
    /// How each field is filled; absent when the files were not read, or held a personal number.
    pub spiegelrapport: Option<Spiegelrapport>,
    /// What was found.
    pub kwaliteitsrapport: Kwaliteitsrapport,
}
