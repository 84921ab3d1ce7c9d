//! What is published: issues, and what was said of them since.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::period::Period;
use vt_domain::snapshot::{Erratum, Manifest};
use vt_publication::shelf::Shelf;

use super::code;

/// A published issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SnapshotView {
    /// week, two_weeks, four_weeks or iso_year.
    pub cadans: String,
    /// The period.
    #[schema(value_type = String, example = "2020W407")]
    pub periode: Period,
    /// Its first day.
    pub begin: NaiveDate,
    /// Its last day, inclusive.
    pub eind: NaiveDate,
    /// The number of the issue.
    pub uitgave: u32,
    /// voorlopig, nader_voorlopig or definitief.
    pub status: String,
    /// When it was published.
    pub gepubliceerd_op: DateTime<Utc>,
    /// Whether it is retracted.
    pub ingetrokken: bool,
    /// Whether it is the one that stands: the highest of its period that is not retracted.
    pub geldt: bool,
}

/// A published issue, with its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SnapshotDetail {
    /// The issue.
    #[serde(flatten)]
    pub snapshot: SnapshotView,
    /// The path of its manifest in the published store.
    pub manifest: String,
    /// SHA-256 of the manifest.
    pub sha256: String,
    /// Version of the register of regions and gemeenten.
    pub register: String,
    /// Name and version of the program.
    pub software: String,
    /// Its data files.
    pub bestanden: Vec<FileView>,
    /// What was said of it since.
    pub errata: Vec<ErratumView>,
}

/// A data file of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileView {
    /// Its name in the folder of the issue.
    pub naam: String,
    /// Media type.
    pub mediatype: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: String,
}

/// What readers were told of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErratumView {
    /// Its number.
    pub nummer: u32,
    /// erratum or intrekking.
    pub soort: String,
    /// The period.
    #[schema(value_type = String, example = "2020W407")]
    pub periode: Period,
    /// The number of the issue.
    pub uitgave: u32,
    /// What readers must know, in Dutch.
    pub tekst: String,
    /// When it was published.
    pub gepubliceerd_op: DateTime<Utc>,
}

/// An issue that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VoidView {
    /// The period.
    #[schema(value_type = String, example = "2020W407")]
    pub periode: Period,
    /// The number of the issue.
    pub uitgave: u32,
    /// Whether it was made void now; false when it was so before.
    pub changed: bool,
    /// Files of its draft that were removed from the published store.
    pub cleared: usize,
}

impl SnapshotView {
    /// An issue on a shelf.
    pub fn new(manifest: &Manifest, shelf: &Shelf) -> Self {
        let issue = manifest.issue();
        Self {
            cadans: code(manifest.cadans),
            periode: manifest.periode,
            begin: manifest.begin,
            eind: manifest.eind,
            uitgave: manifest.uitgave,
            status: code(manifest.status),
            gepubliceerd_op: manifest.gepubliceerd_op,
            ingetrokken: shelf.is_retracted(issue),
            geldt: shelf.standing(manifest.periode) == Some(issue),
        }
    }
}

impl SnapshotDetail {
    /// An issue on a shelf, with the digest of its manifest.
    pub fn new(manifest: &Manifest, sha256: &str, shelf: &Shelf) -> Self {
        let file = |file: &vt_domain::snapshot::FileEntry| FileView {
            naam: file.naam.clone(),
            mediatype: file.mediatype.clone(),
            bytes: file.bytes,
            sha256: file.sha256.clone(),
        };
        Self {
            snapshot: SnapshotView::new(manifest, shelf),
            manifest: manifest.issue().manifest().to_string(),
            sha256: sha256.to_owned(),
            register: manifest.register.clone(),
            software: manifest.software.clone(),
            bestanden: manifest.bestanden.iter().map(file).collect(),
            errata: shelf.errata_of(manifest.issue()).map(Into::into).collect(),
        }
    }
}

impl From<&Erratum> for ErratumView {
    fn from(it: &Erratum) -> Self {
        Self {
            nummer: it.nummer,
            soort: code(it.soort),
            periode: it.periode,
            uitgave: it.uitgave,
            tekst: it.tekst.clone(),
            gepubliceerd_op: it.gepubliceerd_op,
        }
    }
}
