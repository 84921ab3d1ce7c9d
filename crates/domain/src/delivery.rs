//! What a region publishes per month: the listing, its deliveries and their files (DESIGN §4).

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::contract::RecordType;
use crate::month::Month;

/// The answer to `GET {base}/v1/leveringen?maand=2020-07`: all deliveries of one region for one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// The region that answers.
    pub vt_code: String,
    /// The month asked for.
    pub maand: Month,
    /// The deliveries, in any order; empty when there is none yet.
    pub leveringen: Vec<DeliveryEntry>,
}

/// One numbered delivery in a listing; also the content of `levering.json` in an inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryEntry {
    /// The header.
    pub kop: DeliveryHeader,
    /// The files: one of each record type.
    pub bestanden: Vec<FileEntry>,
}

/// The header of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryHeader {
    /// Version of the contract: [`crate::contract::PROTOCOL_VERSIE`].
    pub protocol_versie: String,
    /// The region, such as `VT07`.
    pub vt_code: String,
    /// The month delivered.
    pub leveringsmaand: Month,
    /// Number of the delivery within region and month, from 1. The highest accepted one counts.
    pub levering_nr: u32,
    /// Kind of delivery.
    pub soort: DeliveryKind,
    /// The last day that is covered; before the month's last day means month-to-date.
    pub tot_en_met: NaiveDate,
    /// When the region made it.
    pub aangemaakt_op: DateTime<Utc>,
    /// The region's registration system, at most 60 characters.
    pub bronsysteem: String,
}

/// Kind of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryKind {
    /// The whole month.
    Volledig,
    /// Month-to-date; never replaces a whole month.
    Tussentijds,
    /// A later, better version of the whole month.
    Correctie,
}

impl DeliveryKind {
    /// The name in headers and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Volledig => "volledig",
            Self::Tussentijds => "tussentijds",
            Self::Correctie => "correctie",
        }
    }
}

/// One file of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// What the file holds.
    pub recordsoort: RecordType,
    /// CSV or NDJSON.
    pub formaat: FileFormat,
    /// How it is compressed.
    pub compressie: Compression,
    /// Where it is: an address relative to the listing, on the same host; in an inbox, a path beside `levering.json`.
    pub href: String,
    /// Size in bytes, as transferred.
    pub bytes: u64,
    /// SHA-256 of the bytes as transferred, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Number of records.
    pub records: u64,
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// `;`-separated, UTF-8, with a header row.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// The compression of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Plain bytes.
    Geen,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl FileEntry {
    /// The file's name as we keep it: `melding.csv.gz`.
    pub fn kept_name(&self) -> String {
        let format = match self.formaat {
            FileFormat::Csv => "csv",
            FileFormat::Ndjson => "ndjson",
        };
        let compression = match self.compressie {
            Compression::Geen => "",
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
        };
        format!("{}.{format}{compression}", self.recordsoort)
    }
}

/// Names one delivery: region, month and number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryId {
    /// The region.
    pub vt: String,
    /// The month.
    pub maand: Month,
    /// The number.
    pub nr: u32,
}

impl std::fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} nr {}", self.vt, self.maand, self.nr)
    }
}

impl DeliveryHeader {
    /// The name of this delivery.
    pub fn id(&self) -> DeliveryId {
        DeliveryId { vt: self.vt_code.clone(), maand: self.leveringsmaand, nr: self.levering_nr }
    }

    /// Whether every day of the month is covered.
    pub fn covers_month(&self) -> bool {
        self.tot_en_met >= self.leveringsmaand.last_day()
    }
}

/// Which of two accepted deliveries of a month counts: the higher number, but month-to-date never replaces a whole month.
pub fn counts_over(candidate: &DeliveryHeader, present: &DeliveryHeader) -> bool {
    let rank = |header: &DeliveryHeader| (header.soort != DeliveryKind::Tussentijds, header.levering_nr);
    rank(candidate) > rank(present)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(nr: u32, soort: DeliveryKind) -> DeliveryHeader {
        DeliveryHeader {
            protocol_versie: "1".into(),
            vt_code: "VT07".into(),
            leveringsmaand: "2020-07".parse().unwrap(),
            levering_nr: nr,
            soort,
            tot_en_met: "2020-07-31".parse().unwrap(),
            aangemaakt_op: "2020-08-05T08:00:00Z".parse().unwrap(),
            bronsysteem: "Regas".into(),
        }
    }

    #[test]
    fn the_highest_number_counts_but_month_to_date_never_replaces_a_whole_month() {
        use DeliveryKind::*;
        assert!(counts_over(&header(2, Volledig), &header(1, Volledig)));
        assert!(counts_over(&header(2, Correctie), &header(1, Volledig)));
        assert!(!counts_over(&header(1, Volledig), &header(2, Correctie)));
        assert!(!counts_over(&header(3, Tussentijds), &header(2, Volledig)));
        assert!(counts_over(&header(1, Volledig), &header(3, Tussentijds)));
        assert!(counts_over(&header(2, Tussentijds), &header(1, Tussentijds)));
    }

    #[test]
    fn an_unknown_field_in_a_listing_is_refused() {
        let text = r#"{"vt_code":"VT07","maand":"2020-07","leveringen":[],"extra":1}"#;
        assert!(serde_json::from_str::<Listing>(text).unwrap_err().to_string().contains("extra"));
    }

    #[test]
    fn files_are_kept_under_a_name_of_ours() {
        let file = FileEntry {
            recordsoort: RecordType::Melding,
            formaat: FileFormat::Csv,
            compressie: Compression::Gzip,
            href: "../../etc/passwd".into(),
            bytes: 1,
            sha256: String::new(),
            records: 0,
        };
        assert_eq!(file.kept_name(), "melding.csv.gz");
    }
}
