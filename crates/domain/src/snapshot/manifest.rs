//! The manifest (the commit of a snapshot) and `latest.json`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Erratum, Issue, Status};
use crate::month::Month;
use crate::period::{Period, PeriodKind};

/// Version of the form of manifest, `latest.json`, tables and `toelichting.json`.
pub const SNAPSHOT_FORMAAT: u32 = 1;

/// A published snapshot: it exists exactly when this file does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the form: [`SNAPSHOT_FORMAAT`].
    pub formaat: u32,
    /// The cadence.
    pub cadans: PeriodKind,
    /// The period.
    pub periode: Period,
    /// Its first day.
    pub begin: NaiveDate,
    /// Its last day, inclusive.
    pub eind: NaiveDate,
    /// Number of the issue, from 1.
    pub uitgave: u32,
    /// When it was published.
    pub gepubliceerd_op: DateTime<Utc>,
    /// The status of NL: the least of all regions.
    pub status: Status,
    /// The data files, by name.
    pub bestanden: Vec<FileEntry>,
    /// Its files in the history, by path in the store.
    pub historie: Vec<FileEntry>,
    /// The deliveries it was made from, by region and month.
    pub invoer: Vec<InputEntry>,
    /// The issue of this period before this one.
    pub vorige: Option<PreviousIssue>,
    /// The issues of shorter periods that it is the sum of, in order; none for a period that was made from registrations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delen: Vec<Issue>,
    /// Version of the register of regions and gemeenten.
    pub register: String,
    /// The rules that a reader must know.
    pub beleid: PublishedPolicy,
    /// Name and version of the program.
    pub software: String,
    /// Name of the signature file, when it is signed.
    pub handtekening: Option<String>,
    /// Verdict of the checks before publication.
    pub controle: Controle,
}

/// A data file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Name within the snapshot's folder: `kerncijfers.parquet`.
    pub naam: String,
    /// Media type.
    pub mediatype: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

/// A delivery that a snapshot was made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputEntry {
    /// The region: `VT07`.
    pub regio: String,
    /// The month.
    pub maand: Month,
    /// Number of the delivery.
    pub levering_nr: u32,
    /// Keyed digest of the delivery; a plain one would confirm guesses.
    pub kenmerk: String,
}

/// What came before in a chain: of a manifest the issue of the same period before it, of an erratum the record before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviousIssue {
    /// Path of its manifest (or of the record) in the store.
    pub pad: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// The bounds and thresholds that a snapshot was made under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedPolicy {
    /// Every count is a multiple of this.
    pub veelvoud: u32,
    /// A published count differs at most this much from the registered one.
    pub grens: u32,
    /// The smallest published base of a change or share.
    pub kleinste_basis: u32,
    /// The same when a value involved comes from a second or later issue.
    pub kleinste_basis_herzien: u32,
    /// Percentages have one decimal from this base on.
    pub decimaal_vanaf_basis: u32,
    /// A VR is empty when its VT has a larger share of unknown VRs than this, in percent.
    pub regio_onbekend_boven_procent: u32,
}

/// Verdict only: what was found, and how near it was, stays private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Controle {
    /// The certificate passed, the attack found nothing, and the three forms of each table are equal. Nothing else is published.
    Geslaagd,
}

impl Manifest {
    /// Whether values of a second or later issue are in it: its own, or those of a part that it sums.
    pub fn is_revised(&self) -> bool {
        self.uitgave > 1 || self.delen.iter().any(|part| part.uitgave > 1)
    }

    /// The issue that it commits.
    pub fn issue(&self) -> Issue {
        Issue { periode: self.periode, uitgave: self.uitgave }
    }

    /// The entry of a data file.
    pub fn file(&self, name: &str) -> Option<&FileEntry> {
        self.bestanden.iter().find(|file| file.naam == name)
    }

    /// The stored form: indented JSON with a final newline; the same value gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        pretty(self)
    }
}

/// `latest.json`: the newest snapshot per cadence. A convenience, rebuilt from a listing of manifests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latest {
    /// Version of the form: [`SNAPSHOT_FORMAAT`].
    pub formaat: u32,
    /// Per cadence: the last period, its highest issue that is not retracted.
    pub cadansen: BTreeMap<PeriodKind, LatestEntry>,
    /// Errata and retractions, by number.
    #[serde(default)]
    pub errata: Vec<ErratumEntry>,
}

/// An erratum or retraction, as `latest.json` repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErratumEntry {
    /// Path of the record in the store.
    pub bestand: String,
    /// SHA-256 of the record.
    pub sha256: String,
    /// What it says.
    pub erratum: Erratum,
}

/// The newest snapshot of a cadence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatestEntry {
    /// The last period.
    pub periode: Period,
    /// Its highest issue.
    pub uitgave: u32,
    /// Path of its manifest in the store.
    pub manifest: String,
    /// SHA-256 of its manifest.
    pub sha256: String,
}

impl Latest {
    /// The stored form: indented JSON with a final newline; the same value gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        pretty(self)
    }
}

pub(super) fn pretty<T: Serialize>(value: &T) -> Vec<u8> {
    // Unwrap safety: structs of strings, numbers, lists and maps with string keys always have a JSON form.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap();
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latest_is_keyed_by_cadence() {
        let entry = LatestEntry {
            periode: "2020W407".parse().unwrap(),
            uitgave: 2,
            manifest: "manifests/four_weeks/2020W407/2.json".into(),
            sha256: "ab".into(),
        };
        let latest =
            Latest { formaat: 1, cadansen: BTreeMap::from([(PeriodKind::FourWeeks, entry)]), errata: Vec::new() };
        let text = String::from_utf8(latest.to_bytes()).unwrap();
        insta::assert_snapshot!(text, @r#"
        {
          "formaat": 1,
          "cadansen": {
            "four_weeks": {
              "periode": "2020W407",
              "uitgave": 2,
              "manifest": "manifests/four_weeks/2020W407/2.json",
              "sha256": "ab"
            }
          },
          "errata": []
        }
        "#);
        assert_eq!(serde_json::from_str::<Latest>(&text).unwrap(), latest);
    }

    #[test]
    fn an_unknown_field_in_a_manifest_is_refused() {
        let error = serde_json::from_str::<Manifest>(r#"{"formaat":1,"aantal_registraties":3}"#).unwrap_err();
        assert!(error.to_string().contains("aantal_registraties"));
    }
}
