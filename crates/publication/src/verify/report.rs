//! What verification found.

use serde::Serialize;
use vt_domain::snapshot::{Erratum, Issue};

/// A rule that a published store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A manifest can be read, and says of itself what its path says.
    Manifest,
    /// A manifest names the issue of its period before it, with its digest.
    ManifestChain,
    /// Every file that a manifest names is there, and every file of a snapshot is named.
    FileMissing,
    /// Nothing stands in the store that no manifest names.
    FileStray,
    /// A file has the size that its manifest states.
    FileSize,
    /// A file has the digest that its manifest states.
    FileDigest,
    /// A table can be read; its columns, their order and types are those of the column manifest.
    Columns,
    /// Parquet, JSON and CSV of a table hold the same rows.
    FormsEqual,
    /// `toelichting.json` can be read and agrees with the manifest.
    Explanation,
    /// Rows are in the order of their keys.
    Sorted,
    /// No key comes twice.
    KeyUnique,
    /// Every combination of area, measure and category has its row, and no other has.
    DenseGrid,
    /// Period, days, names and labels are those of the snapshot.
    Labels,
    /// A count is a multiple of 5 and not negative.
    Multiple,
    /// The margin of a count is the published bound.
    Margin,
    /// A value is absent with a reason that fits, and only then.
    ReasonEmpty,
    /// Areas add up to NL, categories to their total.
    Additive,
    /// Areas that are the same set have the same values.
    SameArea,
    /// A longer period is the sum of the published shorter ones that it names, and days are published one way only.
    Parts,
    /// Days covered are possible, and complete where counts are given.
    Coverage,
    /// The status is one per area, and the least of what it draws on.
    Status,
    /// A veiligheidsregio of which too much is unknown is empty.
    RegionUnknown,
    /// An indicator follows from the published counts.
    Indicator,
    /// A change follows from the published counts of both issues.
    Change,
    /// The figures compared with are in the store, unchanged.
    Base,
    /// A manifest or erratum is signed by one of the keys that count.
    Signature,
    /// The history holds the figures of each issue, as its manifest promises.
    History,
    /// An erratum is about an issue that is there, and states no number.
    Erratum,
    /// A page follows from the store.
    Page,
    /// `latest.json` names the newest snapshot of each cadence.
    Latest,
}

impl Rule {
    /// The rule's code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::ManifestChain => "manifest_chain",
            Self::FileMissing => "file_missing",
            Self::FileStray => "file_stray",
            Self::FileSize => "file_size",
            Self::FileDigest => "file_digest",
            Self::Columns => "columns",
            Self::FormsEqual => "forms_equal",
            Self::Explanation => "explanation",
            Self::Sorted => "sorted",
            Self::KeyUnique => "key_unique",
            Self::DenseGrid => "dense_grid",
            Self::Labels => "labels",
            Self::Multiple => "multiple",
            Self::Margin => "margin",
            Self::ReasonEmpty => "reason_empty",
            Self::Additive => "additive",
            Self::SameArea => "same_area",
            Self::Parts => "parts",
            Self::Coverage => "coverage",
            Self::Status => "status",
            Self::RegionUnknown => "region_unknown",
            Self::Indicator => "indicator",
            Self::Change => "change",
            Self::Base => "base",
            Self::Signature => "signature",
            Self::History => "history",
            Self::Erratum => "erratum",
            Self::Page => "page",
            Self::Latest => "latest",
        }
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyFinding {
    /// The object in the store.
    pub file: String,
    /// The row or entry in it, by its key.
    pub row: Option<String>,
    /// The rule that does not hold.
    pub rule: Rule,
    /// What is wrong.
    pub detail: String,
}

impl std::fmt::Display for VerifyFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, row, rule, detail } = self;
        match row {
            Some(row) => write!(f, "{file}, {row}: {detail} [{rule}]"),
            None => write!(f, "{file}: {detail} [{rule}]"),
        }
    }
}

/// What was verified and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct VerifyReport {
    /// The snapshots verified, by period and issue.
    pub snapshots: Vec<Issue>,
    /// Files that their manifests name.
    pub files: usize,
    /// Rows read, each in three forms.
    pub rows: usize,
    /// How many public keys signatures were checked with; with none, only their form was.
    pub signers: usize,
    /// Errata and retractions of the snapshots verified, by number.
    pub errata: Vec<Erratum>,
    /// What could not be compared, and why.
    pub notes: Vec<String>,
    /// What is wrong, in order of discovery; at most a few per file and rule.
    pub findings: Vec<VerifyFinding>,
    /// Further findings of the same kinds that are not listed.
    pub omitted: usize,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }
}
