//! The shape of what is published: names and paths, the manifest, `latest.json`, and the columns of every table (DESIGN §6).

mod columns;
mod erratum;
mod history;
mod manifest;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use columns::{
    Column, ColumnCode, ColumnCodes, ColumnKind, Language, PERIOD_PATTERN, REGION_PATTERN, SnapshotTable, Words,
};
pub use erratum::{ERRATUM_FORMAAT, Erratum, ErratumKind, TextRefused, check_text};
pub use history::{HistoryEvent, HistoryTable};
pub use manifest::{
    Controle, ErratumEntry, FileEntry, InputEntry, Latest, LatestEntry, Manifest, PreviousIssue, PublishedPolicy,
    SNAPSHOT_FORMAAT,
};

use crate::period::{Period, PeriodKind};

/// Where `latest.json` is in the published store.
pub const LATEST_PATH: &str = "latest.json";

/// The path of the signature of a signed file: beside it, as the public tool `minisign` looks for it.
pub fn signature_of(path: &str) -> String {
    format!("{path}.minisig")
}

/// How final a figure is; one per period and region, as CBS uses the words. Ordered from least to most final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Something is missing, or only month-to-date deliveries are there.
    Voorlopig,
    /// All months are delivered whole; corrections may come.
    NaderVoorlopig,
    /// The half-year is closed, and three weeks have passed.
    Definitief,
}

impl Status {
    /// All values, from least to most final.
    pub const ALL: [Self; 3] = [Self::Voorlopig, Self::NaderVoorlopig, Self::Definitief];

    /// The code in the tables.
    pub fn code(self) -> &'static str {
        match self {
            Self::Voorlopig => "voorlopig",
            Self::NaderVoorlopig => "nader_voorlopig",
            Self::Definitief => "definitief",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|status| status.code() == text).ok_or_else(|| "no status".to_owned())
    }
}

/// Why a value is absent (`reden_leeg`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedenLeeg {
    /// Not every day is covered by deliveries.
    Onvolledig,
    /// No day is covered.
    Ontbreekt,
    /// The veiligheidsregio of too many records of a VT is unknown.
    RegioOnbekend,
    /// The series breaks between the two periods that would be compared.
    Reeksbreuk,
    /// What would be divided by is absent or too small.
    GeenBasis,
}

impl RedenLeeg {
    /// All values.
    pub const ALL: [Self; 5] =
        [Self::Onvolledig, Self::Ontbreekt, Self::RegioOnbekend, Self::Reeksbreuk, Self::GeenBasis];

    /// The code in the tables.
    pub fn code(self) -> &'static str {
        match self {
            Self::Onvolledig => "onvolledig",
            Self::Ontbreekt => "ontbreekt",
            Self::RegioOnbekend => "regio_onbekend",
            Self::Reeksbreuk => "reeksbreuk",
            Self::GeenBasis => "geen_basis",
        }
    }

    /// What it means, in Dutch, for readers of the figures.
    pub fn betekenis(self) -> &'static str {
        match self {
            Self::Onvolledig => "Niet elke dag van de periode is geleverd door elke regio die meetelt.",
            Self::Ontbreekt => "Over deze periode is niets geleverd.",
            Self::RegioOnbekend => "Van te veel registraties is de veiligheidsregio niet bekend.",
            Self::Reeksbreuk => "Tussen beide perioden ligt een breuk in de reeks; vergelijken zou misleiden.",
            Self::GeenBasis => "Waardoor gedeeld zou worden is er niet, of is te klein.",
        }
    }
}

impl fmt::Display for RedenLeeg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for RedenLeeg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|reason| reason.code() == text).ok_or_else(|| "no reden_leeg".to_owned())
    }
}

/// A form in which each table is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// Parquet, zstd.
    Parquet,
    /// JSON: `{"periode", "tabel", "rijen": [{…}]}`.
    Json,
    /// CSV: `;`, UTF-8, decimal point.
    Csv,
}

impl Form {
    /// All forms.
    pub const ALL: [Self; 3] = [Self::Parquet, Self::Json, Self::Csv];

    /// The end of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    /// The media type in the manifest.
    pub fn mediatype(self) -> &'static str {
        match self {
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// Names one issue of a period; its paths in the published store follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// The period; its kind is the cadence.
    pub periode: Period,
    /// Number of the issue, from 1.
    pub uitgave: u32,
}

impl Issue {
    /// The folder of its data files: `snapshots/four_weeks/2020W407/2`.
    pub fn folder(&self) -> String {
        format!("snapshots/{}/{}/{}", self.periode.kind(), self.periode, self.uitgave)
    }

    /// The path of one of its data files.
    pub fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.folder())
    }

    /// The path of its manifest: `manifests/four_weeks/2020W407/2.json`.
    pub fn manifest(&self) -> String {
        format!("manifests/{}/{}/{}.json", self.periode.kind(), self.periode, self.uitgave)
    }

    /// The path of the signature of its manifest.
    pub fn signature(&self) -> String {
        signature_of(&self.manifest())
    }

    /// The issue whose manifest has this path.
    pub fn of_manifest(path: &str) -> Option<Self> {
        let [room, kind, period, file] = path.split('/').collect::<Vec<_>>()[..] else { return None };
        let issue = Self::of_parts(kind, period, file.strip_suffix(".json")?)?;
        (room == "manifests").then_some(issue)
    }

    /// The issue whose data file has this path, with the file's name.
    pub fn of_file(path: &str) -> Option<(Self, &str)> {
        let [room, kind, period, number, name] = path.splitn(5, '/').collect::<Vec<_>>()[..] else { return None };
        let issue = Self::of_parts(kind, period, number)?;
        (room == "snapshots").then_some((issue, name))
    }

    fn of_parts(kind: &str, period: &str, number: &str) -> Option<Self> {
        let periode: Period = period.parse().ok()?;
        let uitgave: u32 = number.parse().ok()?;
        let canonical = periode.kind().name() == kind && uitgave > 0 && number == uitgave.to_string();
        canonical.then_some(Self { periode, uitgave })
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} issue {}", self.periode, self.uitgave)
    }
}

/// With which other period a figure is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// The same period a year earlier.
    JaarEerder,
    /// The same period of 2019, the last year before the crisis.
    #[serde(rename = "2019")]
    Jaar2019,
    /// The period before.
    VorigePeriode,
}

impl Comparison {
    /// All comparisons.
    pub const ALL: [Self; 3] = [Self::JaarEerder, Self::Jaar2019, Self::VorigePeriode];

    /// The code: `jaar_eerder`, `2019`, `vorige_periode`.
    pub fn code(self) -> &'static str {
        match self {
            Self::JaarEerder => "jaar_eerder",
            Self::Jaar2019 => "2019",
            Self::VorigePeriode => "vorige_periode",
        }
    }

    /// The other period. None where it does not exist (week 53), and none for 2019 within 2019 and before.
    pub fn period(self, of: Period) -> Option<Period> {
        match self {
            Self::JaarEerder => of.in_year(of.iso_year() - 1),
            Self::Jaar2019 => (of.iso_year() > 2019).then(|| of.in_year(2019)).flatten(),
            Self::VorigePeriode => Some(of.previous()),
        }
    }
}

/// Whether this cadence breaks down by region: by week and two weeks only NL is broken down, as regions would be mostly rounding noise.
pub fn breakdowns_by_region(cadence: PeriodKind) -> bool {
    matches!(cadence, PeriodKind::FourWeeks | PeriodKind::IsoYear)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(period: &str, uitgave: u32) -> Issue {
        Issue { periode: period.parse().unwrap(), uitgave }
    }

    #[test]
    fn paths_are_read_back() {
        let issue = issue("2020W407", 12);
        assert_eq!(issue.manifest(), "manifests/four_weeks/2020W407/12.json");
        assert_eq!(issue.file("kerncijfers.csv"), "snapshots/four_weeks/2020W407/12/kerncijfers.csv");
        assert_eq!(Issue::of_manifest(&issue.manifest()), Some(issue));
        assert_eq!(Issue::of_file(&issue.file("schema/x.json")), Some((issue, "schema/x.json")));
    }

    #[test]
    fn other_paths_are_no_issues() {
        for path in [
            "manifests/week/2020W407/1.json",
            "manifests/four_weeks/2020W407/01.json",
            "manifests/four_weeks/2020W407/0.json",
            "manifests/four_weeks/2020W414/1.json",
            "manifests/four_weeks/2020W407/1.json.minisig",
            "snapshots/four_weeks/2020W407/1.json",
        ] {
            assert_eq!(Issue::of_manifest(path), None, "{path}");
        }
        assert_eq!(Issue::of_file("snapshots/four_weeks/2020W407/1"), None);
    }

    #[test]
    fn codes_are_those_of_the_stored_form() {
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.code());
            assert_eq!(status.code().parse(), Ok(status));
        }
        for reason in RedenLeeg::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
            assert_eq!(reason.code().parse(), Ok(reason));
        }
        for comparison in Comparison::ALL {
            assert_eq!(serde_json::to_value(comparison).unwrap(), comparison.code());
        }
        assert!(Status::Voorlopig < Status::NaderVoorlopig && Status::NaderVoorlopig < Status::Definitief);
    }

    #[test]
    fn a_period_is_compared_with_the_year_before_with_2019_and_with_the_one_before() {
        let periods = |text: &str| {
            let period: Period = text.parse().unwrap();
            Comparison::ALL.map(|comparison| comparison.period(period).map(|other| other.to_string()))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(periods("2021W401"), [some("2020W401"), some("2019W401"), some("2020W413")]);
        assert_eq!(periods("2019W402"), [some("2018W402"), None, some("2019W401")]);
        assert_eq!(periods("2020W153"), [None, None, some("2020W152")]);
        assert_eq!(periods("2020ISO"), [some("2019ISO"), some("2019ISO"), some("2019ISO")]);
    }

    #[test]
    fn short_cadences_break_down_nl_only() {
        use PeriodKind::*;
        assert_eq!([Week, TwoWeeks, FourWeeks, IsoYear].map(breakdowns_by_region), [false, false, true, true]);
    }
}
