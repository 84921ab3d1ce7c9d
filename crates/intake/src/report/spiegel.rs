//! The spiegelrapport: how each field of each file is filled, so that a region can compare it with its own system.

use serde::{Deserialize, Serialize};
use vt_domain::contract::RecordType;
use vt_domain::delivery::DeliveryId;

/// How the fields of a delivery are filled, over all records that could be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spiegelrapport {
    /// Version of this form: 1.
    pub formaat: u32,
    /// The delivery.
    pub levering: DeliveryId,
    /// The files, in the order of the contract.
    pub bestanden: Vec<SpiegelBestand>,
}

/// How the fields of one file are filled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpiegelBestand {
    /// The file.
    pub recordsoort: RecordType,
    /// Records in the file.
    pub records: u64,
    /// The fields, in the order of the contract.
    pub velden: Vec<SpiegelVeld>,
}

/// How one field is filled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpiegelVeld {
    /// The field.
    pub veld: String,
    /// Records with a valid value.
    pub gevuld: u64,
    /// Records without a value.
    pub leeg: u64,
    /// Records with a value that is not valid.
    pub ongeldig: u64,
    /// For code fields: how often each code was given. The codes of a list add up to more than `gevuld`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CodeAantal>,
    /// The earliest day or the smallest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub laagste: Option<String>,
    /// The latest day or the greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hoogste: Option<String>,
}

/// How often a code was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeAantal {
    /// The code.
    pub code: String,
    /// Its label.
    pub label: String,
    /// How many records have it.
    pub aantal: u64,
}
