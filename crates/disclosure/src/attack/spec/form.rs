//! The specification as it is written, field by field, before it is held against its tables.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::error::SpecError;
use super::json;
use super::rule::{Rule, Tie};

/// Fields of a specification.
const FIELDS: [&str; 10] = [
    "tables",
    "dimensions",
    "rules",
    "cell_min",
    "cell_max",
    "structural_zeros",
    "known",
    "snapshots",
    "targets",
    "protect",
];

/// A specification: what is published, and what a reader knows besides.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The tables.
    pub tables: Vec<TableSpec>,
    /// Dimensions by name; one that only tables name has the codes seen as atoms.
    pub dimensions: BTreeMap<String, DimensionSpec>,
    /// What a cell says about its count, by status.
    pub rules: BTreeMap<String, Rule>,
    /// Least count of every atom cell.
    pub cell_min: i64,
    /// Greatest count of every atom cell.
    pub cell_max: Option<i64>,
    /// Patterns of cells that are 0, and known to be.
    pub structural_zeros: Vec<BTreeMap<String, OneOrMore>>,
    /// What an insider knows exactly.
    pub known: Vec<KnownSpec>,
    /// A dimension whose codes are the same thing at several moments.
    pub snapshots: Option<SnapshotsSpec>,
    /// What is attacked.
    pub targets: TargetsSpec,
    /// What a target's interval must be.
    pub protect: ProtectSpec,
}

/// A table in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSpec {
    /// CSV or Parquet, relative to the specification's folder.
    pub file: String,
    /// Columns that are dimensions.
    pub dims: Vec<String>,
    /// Column → name of its dimension, where they differ.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// Dimension → its code in every row, for a dimension that the file has no column for.
    #[serde(default)]
    pub fixed: BTreeMap<String, String>,
    /// Column with the published values; `value` unless given.
    pub value: Option<String>,
    /// Column with the statuses; `status` unless given.
    #[serde(default, deserialize_with = "status_column")]
    pub status: StatusColumn,
    /// Column with the true counts, for rounding only.
    pub truth: Option<String>,
}

/// Where a table has its statuses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StatusColumn {
    /// Not said: the column `status`, where there is one.
    #[default]
    Usual,
    /// In this column.
    Named(String),
    /// `null`: nowhere; the column `status` is about something else.
    None,
}

impl StatusColumn {
    /// Name of the column, which may be absent when it is the usual one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Usual => Some("status"),
            Self::Named(name) => Some(name),
            Self::None => None,
        }
    }
}

fn status_column<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StatusColumn, D::Error> {
    Ok(Option::deserialize(deserializer)?.map_or(StatusColumn::None, StatusColumn::Named))
}

/// Atoms and groups of a dimension.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DimensionSpec {
    /// Codes that are not divided any further; without them, all codes seen in tables that are no group.
    pub atoms: Option<Vec<String>>,
    /// Codes that stand for several atoms.
    #[serde(default)]
    pub groups: BTreeMap<String, GroupSpec>,
}

/// What a group consists of.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum GroupSpec {
    /// `"*"`: all atoms.
    All(String),
    /// Codes of atoms or of other groups.
    Members(Vec<String>),
}

/// One code, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One code.
    One(String),
    /// Several codes.
    More(Vec<String>),
}

impl OneOrMore {
    pub(super) fn codes(&self) -> &[String] {
        match self {
            Self::One(code) => std::slice::from_ref(code),
            Self::More(codes) => codes,
        }
    }
}

/// A count that an insider knows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownSpec {
    /// The cell: a code per dimension; it is a total over a dimension that is not named.
    #[serde(rename = "where")]
    pub cell: BTreeMap<String, String>,
    /// Its count.
    pub value: i64,
}

/// Snapshots of the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotsSpec {
    /// The dimension whose codes are snapshots; they are never added up.
    pub dim: String,
    /// Its codes, the earliest first.
    pub order: Vec<String>,
    /// How an atom cell of a snapshot relates to the same of the one before.
    pub link: Link,
}

/// How an atom cell of a snapshot relates to the same atom cell of the snapshot before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Not at all.
    #[default]
    None,
    /// They are equal.
    Equal,
    /// The later one is at least the earlier one.
    Nondecreasing,
    /// −down ≤ later − earlier ≤ up.
    Band {
        /// Largest decrease.
        down: i64,
        /// Largest increase.
        up: i64,
    },
}

/// What is attacked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetsSpec {
    /// Published cells of these statuses; without them, of every status whose rule is not exact, or of every status
    /// when all are.
    pub statuses: Option<Vec<String>>,
    /// Of these, cells with at most this value, and cells without one.
    pub max_published: Option<i64>,
    /// Every atom cell too.
    #[serde(default)]
    pub atoms: bool,
    /// Differences of published cells too.
    #[serde(default)]
    pub differences: DifferenceTargets,
}

/// Which differences of published cells are attacked.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub enum DifferenceTargets {
    /// All of them, or none.
    All(bool),
    /// Those that are named.
    Some(Vec<DifferenceSpec>),
}

impl Default for DifferenceTargets {
    fn default() -> Self {
        Self::All(false)
    }
}

/// Names differences.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub enum DifferenceSpec {
    /// All differences in this dimension.
    Dimension(String),
    /// `[A, B]`: A without B and B without A, in the dimension that has both codes.
    Codes([String; 2]),
    /// One direction in a dimension.
    Pair(PairSpec),
}

impl TryFrom<Value> for DifferenceTargets {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::Bool(all) => Ok(Self::All(all)),
            Value::Array(items) => {
                items.into_iter().map(DifferenceSpec::try_from).collect::<Result<_, _>>().map(Self::Some)
            }
            _ => Err("differences is true, false or a list".to_owned()),
        }
    }
}

// An untagged enum would not name the field that is unknown.
impl TryFrom<Value> for DifferenceSpec {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(dimension) => Ok(Self::Dimension(dimension)),
            Value::Array(_) => serde_json::from_value(value).map(Self::Codes).map_err(|error| error.to_string()),
            Value::Object(_) => serde_json::from_value(value).map(Self::Pair).map_err(|error| error.to_string()),
            _ => Err(r#"a difference is a dimension, ["A", "B"] or {"dim": …, "of": …, "minus": …}"#.to_owned()),
        }
    }
}

/// A difference of two codes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairSpec {
    /// The dimension.
    pub dim: String,
    /// The code that is subtracted from.
    pub of: String,
    /// The code that is subtracted.
    pub minus: String,
}

/// What a target's interval must be.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProtectSpec {
    /// Counts 1..k−1 are small.
    pub k: i64,
    /// Least hi − lo.
    pub min_width: i64,
}

impl Default for ProtectSpec {
    fn default() -> Self {
        Self { k: 5, min_width: 4 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SnapshotsForm {
    dim: String,
    order: Vec<String>,
    #[serde(default)]
    link: LinkForm,
    width: Option<BandForm>,
}

#[derive(Deserialize)]
#[serde(try_from = "Value")]
enum LinkForm {
    Name(String),
    Band(BandLink),
}

impl TryFrom<Value> for LinkForm {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(name) => Ok(Self::Name(name)),
            other => serde_json::from_value(other).map(Self::Band).map_err(|error| error.to_string()),
        }
    }
}

impl Default for LinkForm {
    fn default() -> Self {
        Self::Name("none".to_owned())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BandLink {
    band: BandForm,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "Value")]
enum BandForm {
    Same(i64),
    Apart(BandSides),
}

impl TryFrom<Value> for BandForm {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value.as_i64() {
            Some(width) => Ok(Self::Same(width)),
            None => serde_json::from_value(value).map(Self::Apart).map_err(|error| error.to_string()),
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct BandSides {
    down: i64,
    up: i64,
}

impl Spec {
    /// Reads a specification. A field that is not known is refused with its path.
    ///
    /// # Errors
    /// [`SpecError::Syntax`] and [`SpecError::Field`].
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let Value::Object(mut fields) = json::parse(text)? else {
            return Err(SpecError::Syntax("a specification is an object".to_owned()));
        };
        if let Some(unknown) = fields.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            let rule = format!("unknown field; a specification has {}", FIELDS.join(", "));
            return Err(SpecError::field(unknown, rule));
        }
        let tables = list(&mut fields, "tables")?;
        if tables.is_empty() {
            return Err(SpecError::field("tables", "none is given"));
        }
        let spec = Self {
            tables,
            dimensions: map(&mut fields, "dimensions", read)?.unwrap_or_default(),
            rules: map(&mut fields, "rules", Rule::parse)?.unwrap_or_else(default_rules),
            cell_min: field(&mut fields, "cell_min")?.unwrap_or(0),
            cell_max: field(&mut fields, "cell_max")?,
            structural_zeros: list(&mut fields, "structural_zeros")?,
            known: list(&mut fields, "known")?,
            snapshots: field::<SnapshotsForm>(&mut fields, "snapshots")?.map(SnapshotsForm::checked).transpose()?,
            targets: field(&mut fields, "targets")?.unwrap_or_default(),
            protect: field(&mut fields, "protect")?.unwrap_or_default(),
        };
        spec.check()?;
        Ok(spec)
    }

    fn check(&self) -> Result<(), SpecError> {
        let refuse = |path: &str, rule: &str| Err(SpecError::field(path, rule));
        if self.cell_max.is_some_and(|max| max < self.cell_min) {
            return refuse("cell_max", "is less than cell_min");
        }
        if self.protect.k < 1 {
            return refuse("protect.k", "is less than 1");
        }
        if self.protect.min_width < 0 {
            return refuse("protect.min_width", "is negative");
        }
        for (name, dimension) in &self.dimensions {
            for (code, group) in &dimension.groups {
                if let GroupSpec::All(text) = group
                    && text != "*"
                {
                    return refuse(
                        &format!("dimensions.{name}.groups.{code}"),
                        r#"is neither "*" nor a list of codes"#,
                    );
                }
            }
        }
        Ok(())
    }
}

impl SnapshotsForm {
    fn checked(self) -> Result<SnapshotsSpec, SpecError> {
        let refuse = |field: &str, rule: &str| Err(SpecError::field(format!("snapshots{field}"), rule));
        let link = match (self.link, self.width) {
            (LinkForm::Band(BandLink { band }), None) => band.link(),
            (LinkForm::Name(name), Some(width)) if name == "band" => width.link(),
            (_, Some(_)) => return refuse(".width", "only a band has a width"),
            (LinkForm::Name(name), None) => match name.as_str() {
                "none" => Link::None,
                "equal" => Link::Equal,
                "nondecreasing" => Link::Nondecreasing,
                "band" => {
                    return refuse(".link", r#"a band needs its width: {"band": 3} or {"band": {"down": 1, "up": 3}}"#);
                }
                _ => return refuse(".link", r#"is not "none", "equal", "nondecreasing" or {"band": …}"#),
            },
        };
        if matches!(link, Link::Band { down, up } if down < 0 || up < 0) {
            return refuse(".link", "a band's width is negative");
        }
        if self.order.is_empty() {
            return refuse(".order", "is empty");
        }
        Ok(SnapshotsSpec { dim: self.dim, order: self.order, link })
    }
}

impl BandForm {
    fn link(self) -> Link {
        match self {
            Self::Same(width) => Link::Band { down: width, up: width },
            Self::Apart(BandSides { down, up }) => Link::Band { down, up },
        }
    }
}

/// The rules of a specification that gives none.
fn default_rules() -> BTreeMap<String, Rule> {
    let rules = [
        ("published", Rule::Exact),
        ("zero", Rule::Exact),
        ("suppressed", Rule::Unknown),
        ("rounded", Rule::Nearest { base: 5, tie: Tie::default() }),
    ];
    rules.into_iter().map(|(status, rule)| (status.to_owned(), rule)).collect()
}

fn read<T: DeserializeOwned>(path: &str, value: Value) -> Result<T, SpecError> {
    serde_json::from_value(value).map_err(|error| SpecError::field(path, error.to_string()))
}

/// A field that may be left out.
fn field<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str) -> Result<Option<T>, SpecError> {
    fields.remove(name).filter(|value| !value.is_null()).map(|value| read(name, value)).transpose()
}

/// A list that may be left out; an error names the item.
fn list<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str) -> Result<Vec<T>, SpecError> {
    let items: Vec<Value> = field(fields, name)?.unwrap_or_default();
    items.into_iter().enumerate().map(|(index, item)| read(&format!("{name}[{index}]"), item)).collect()
}

/// A map that may be left out; an error names the entry.
fn map<T>(
    fields: &mut Map<String, Value>,
    name: &str,
    read: impl Fn(&str, Value) -> Result<T, SpecError>,
) -> Result<Option<BTreeMap<String, T>>, SpecError> {
    let Some(entries) = field::<Map<String, Value>>(fields, name)? else { return Ok(None) };
    let entry = |(key, value): (String, Value)| read(&format!("{name}.{key}"), value).map(|value| (key, value));
    entries.into_iter().map(entry).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Spec::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_field_is_named_with_its_path() {
        let table = r#"{"file": "a.csv", "dims": ["r"]}"#;
        let cases = [
            (format!(r#"{{"tables": [{table}], "rulez": {{}}}}"#), "rulez: unknown field"),
            (r#"{"tables": [{"file": "a", "dims": [], "dim": 1}]}"#.to_owned(), "tables[0]: unknown field `dim`"),
            (
                format!(r#"{{"tables": [{table}], "dimensions": {{"r": {{"group": {{}}}}}}}}"#),
                "dimensions.r: unknown field `group`",
            ),
            (format!(r#"{{"tables": [{table}], "known": [{{"value": 1, "cell": {{}}}}]}}"#), "known[0]: unknown field"),
            (format!(r#"{{"tables": [{table}], "targets": {{"atom": true}}}}"#), "targets: unknown field `atom`"),
            (format!(r#"{{"tables": [{table}], "protect": {{"width": 4}}}}"#), "protect: unknown field `width`"),
            (
                format!(r#"{{"tables": [{table}], "rules": {{"rounded": {{"nearest": {{"bas": 5}}}}}}}}"#),
                "rules.rounded: unknown field `bas`",
            ),
            (
                format!(r#"{{"tables": [{table}], "snapshots": {{"dim": "s", "order": ["1"], "links": 1}}}}"#),
                "snapshots: unknown field `links`",
            ),
        ];
        for (text, start) in cases {
            assert!(error(&text).starts_with(start), "{}", error(&text));
        }
    }

    #[test]
    fn a_key_that_comes_twice_is_refused() {
        assert!(error(r#"{"tables": [], "tables": []}"#).contains("`tables` is there twice"));
        let twice = r#"{"tables": [], "dimensions": {"r": {"groups": {"NL": "*", "NL": ["A"]}}}}"#;
        assert!(error(twice).contains("`NL` is there twice"));
    }

    #[test]
    fn snapshots_are_linked_in_each_form() {
        let link = |link: &str| {
            let head = r#"{"tables": [{"file": "a", "dims": ["s"]}], "snapshots": {"dim": "s", "order": ["1", "2"]"#;
            Spec::parse(&format!("{head}{link}}}}}")).map(|spec| spec.snapshots.unwrap().link)
        };
        assert_eq!(link(""), Ok(Link::None));
        assert_eq!(link(r#", "link": "equal""#), Ok(Link::Equal));
        assert_eq!(link(r#", "link": {"band": 3}"#), Ok(Link::Band { down: 3, up: 3 }));
        assert_eq!(link(r#", "link": "band", "width": {"down": 1, "up": 2}"#), Ok(Link::Band { down: 1, up: 2 }));
        for wrong in [r#", "link": "band""#, r#", "link": "grows""#, r#", "link": {"band": -1}"#, r#", "width": 3"#] {
            assert!(link(wrong).unwrap_err().to_string().starts_with("snapshots"), "{wrong}");
        }
    }

    #[test]
    fn without_rules_there_are_those_of_the_usual_statuses() {
        let spec = Spec::parse(r#"{"tables": [{"file": "a", "dims": []}]}"#).unwrap();
        assert_eq!(spec.rules["published"], Rule::Exact);
        assert_eq!(spec.rules["rounded"].interval("rounded", Some(5)), Ok((Some(3), Some(7))));
    }
}
