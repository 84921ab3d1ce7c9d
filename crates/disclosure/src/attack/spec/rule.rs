//! What a published value says about the true count behind it, by the status of its cell.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::SpecError;

/// Status whose exact value is 0 when it is absent.
const ZERO: &str = "zero";

/// What a cell of a status says about its true count z, published as a.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// z = a.
    Exact,
    /// Nothing.
    Unknown,
    /// min ≤ z ≤ max; an open side says nothing.
    Range {
        /// Least value.
        min: Option<i64>,
        /// Greatest value.
        max: Option<i64>,
    },
    /// a is the multiple of the base nearest to z.
    Nearest {
        /// The base.
        base: i64,
        /// Where a count halfway goes.
        tie: Tie,
    },
    /// |z − a| ≤ (steps + 1) · base − 1: controlled rounding, with so many steps beyond the adjacent multiples.
    Controlled {
        /// The base.
        base: i64,
        /// Steps beyond the adjacent multiples.
        steps: i64,
    },
    /// |z − a| ≤ d.
    Bounded {
        /// The bound.
        d: i64,
    },
}

/// Where rounding to the nearest multiple takes a count that is halfway. Only an even base has such counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tie {
    /// To the higher multiple.
    Up,
    /// To the lower multiple.
    Down,
    /// To the even multiple (banker's rounding).
    Even,
    /// To either: what a reader must assume who does not know.
    #[default]
    Both,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RangeForm {
    min: Option<i64>,
    max: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NearestForm {
    base: i64,
    #[serde(default)]
    tie: Tie,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlledForm {
    base: i64,
    #[serde(default)]
    steps: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundedForm {
    d: i64,
}

impl Rule {
    /// Reads `"exact"`, `"unknown"`, or an object with one rule: `{"nearest": {"base": 5}}`. An object with the rule's
    /// name as `kind` beside its parameters serves too.
    pub(super) fn parse(path: &str, value: Value) -> Result<Self, SpecError> {
        let (name, parameters) = match value {
            Value::String(name) => (name, Value::Object(Map::new())),
            Value::Object(map) => named(map).map_err(|rule| SpecError::field(path, rule))?,
            _ => return Err(SpecError::field(path, FORM)),
        };
        let rule = match name.as_str() {
            "exact" => form::<NoParameters>(path, parameters).map(|_| Self::Exact),
            "unknown" => form::<NoParameters>(path, parameters).map(|_| Self::Unknown),
            "range" => form(path, parameters).map(|RangeForm { min, max }| Self::Range { min, max }),
            "nearest" => form(path, parameters).map(|NearestForm { base, tie }| Self::Nearest { base, tie }),
            "controlled" => {
                form(path, parameters).map(|ControlledForm { base, steps }| Self::Controlled { base, steps })
            }
            "bounded" => form(path, parameters).map(|BoundedForm { d }| Self::Bounded { d }),
            _ => Err(SpecError::field(path, format!("unknown rule `{name}`; {FORM}"))),
        }?;
        rule.fault().map_or(Ok(rule), |fault| Err(SpecError::field(path, fault)))
    }

    fn fault(self) -> Option<&'static str> {
        match self {
            Self::Range { min: None, max: None } => Some("a range needs min or max; `unknown` says nothing at all"),
            Self::Range { min: Some(min), max: Some(max) } if min > max => Some("min is more than max"),
            Self::Nearest { base, .. } | Self::Controlled { base, .. } if !(1..=LARGEST).contains(&base) => {
                Some("base is not a positive number of a sensible size")
            }
            Self::Controlled { steps, .. } if !(0..=1_000).contains(&steps) => Some("steps is not between 0 and 1000"),
            Self::Bounded { d } if !(0..=LARGEST).contains(&d) => Some("d is negative or too large"),
            _ => None,
        }
    }

    /// Whether the rule gives the true count itself.
    pub(super) fn is_exact(self) -> bool {
        self == Self::Exact
    }

    /// The value that an exact cell stands for.
    pub(super) fn exact_value(status: &str, value: Option<i64>) -> Option<i64> {
        value.or((status == ZERO).then_some(0))
    }

    /// Least and greatest true count behind a cell, by this rule alone; the error says what is wrong with the value.
    pub(super) fn interval(self, status: &str, value: Option<i64>) -> Result<(Option<i64>, Option<i64>), String> {
        let present = || value.ok_or_else(|| format!("has no value, and status `{status}` needs one"));
        let multiple = |base: i64| match present()? {
            value if value % base == 0 => Ok(value),
            value => Err(format!("{value} is no multiple of {base}, as status `{status}` says")),
        };
        let (centre, down, up) = match self {
            Self::Unknown => return Ok((None, None)),
            Self::Range { min, max } => return Ok((min, max)),
            Self::Exact => {
                let exact = Self::exact_value(status, value);
                (exact.ok_or_else(|| format!("has no value, and status `{status}` is exact"))?, 0, 0)
            }
            Self::Nearest { base, tie } => {
                let value = multiple(base)?;
                let (down, up) = nearest(value, base, tie);
                (value, down, up)
            }
            Self::Controlled { base, steps } => {
                let reach = (steps + 1) * base - 1;
                (multiple(base)?, reach, reach)
            }
            Self::Bounded { d } => (present()?, d, d),
        };
        Ok((Some(centre - down), Some(centre + up)))
    }
}

/// Largest base, bound or value that is read: far beyond counts, far within 64 bits.
pub(super) const LARGEST: i64 = 1_000_000_000_000;

const FORM: &str = r#"a rule is "exact", "unknown", {"range": {"min": …, "max": …}}, {"nearest": {"base": …, "tie": "up" | "down" | "even" | "both"}}, {"controlled": {"base": …, "steps": …}} or {"bounded": {"d": …}}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParameters {}

fn form<T: serde::de::DeserializeOwned>(path: &str, parameters: Value) -> Result<T, SpecError> {
    serde_json::from_value(parameters).map_err(|error| SpecError::field(path, error.to_string()))
}

/// Name and parameters of a rule that is written as an object.
fn named(mut map: Map<String, Value>) -> Result<(String, Value), String> {
    if let Some(kind) = map.remove("kind") {
        let Value::String(kind) = kind else { return Err(FORM.to_owned()) };
        return Ok((kind, Value::Object(map)));
    }
    let mut entries = map.into_iter();
    match (entries.next(), entries.next()) {
        (Some((name, parameters @ Value::Object(_))), None) => Ok((name, parameters)),
        (Some((name, _)), None) => Err(format!("unknown rule or parameters for `{name}`; {FORM}")),
        _ => Err(FORM.to_owned()),
    }
}

/// How far below and above a multiple the counts lie that round to it.
fn nearest(value: i64, base: i64, tie: Tie) -> (i64, i64) {
    let half = base / 2;
    if base % 2 == 1 {
        return (half, half);
    }
    match tie {
        Tie::Both => (half, half),
        Tie::Up => (half, half - 1),
        Tie::Down => (half - 1, half),
        Tie::Even if (value / base) % 2 == 0 => (half, half),
        Tie::Even => (half - 1, half - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Rule, SpecError> {
        Rule::parse("rules.s", serde_json::from_str(text).unwrap())
    }

    /// Every count from 0 to 99 is rounded as the rule says; the interval of the result holds exactly these counts.
    #[test]
    fn nearest_is_the_inverse_of_rounding() {
        let halves = [
            (Tie::Up, (|_| true) as fn(i64) -> bool),
            (Tie::Down, |_| false),
            (Tie::Even, |quotient| quotient % 2 == 1),
        ];
        for base in [2, 3, 5, 10] {
            for (tie, goes_up) in halves {
                let round = |count: i64| {
                    let (quotient, rest) = (count / base, count % base);
                    let up = 2 * rest > base || (2 * rest == base && goes_up(quotient));
                    (quotient + i64::from(up)) * base
                };
                for value in (base..100 - base).step_by(base as usize) {
                    let (lo, hi) = Rule::Nearest { base, tie }.interval("s", Some(value)).unwrap();
                    let counts: Vec<i64> = (0..100).filter(|&count| round(count) == value).collect();
                    assert_eq!((lo, hi), (counts.first().copied(), counts.last().copied()), "{value} {base} {tie:?}");
                }
            }
        }
    }

    #[test]
    fn each_rule_has_its_interval() {
        let cases = [
            (r#""exact""#, Some(7), (Some(7), Some(7))),
            (r#""unknown""#, Some(7), (None, None)),
            (r#"{"range": {"min": 1, "max": 4}}"#, None, (Some(1), Some(4))),
            (r#"{"range": {"max": 4}}"#, None, (None, Some(4))),
            (r#"{"nearest": {"base": 5}}"#, Some(10), (Some(8), Some(12))),
            (r#"{"nearest": {"base": 10}}"#, Some(10), (Some(5), Some(15))),
            (r#"{"controlled": {"base": 5, "steps": 0}}"#, Some(10), (Some(6), Some(14))),
            (r#"{"controlled": {"base": 5, "steps": 1}}"#, Some(10), (Some(1), Some(19))),
            (r#"{"bounded": {"d": 9}}"#, Some(12), (Some(3), Some(21))),
            (r#"{"kind": "nearest", "base": 5, "tie": "up"}"#, Some(10), (Some(8), Some(12))),
        ];
        for (text, value, interval) in cases {
            assert_eq!(parse(text).unwrap().interval("s", value), Ok(interval), "{text}");
        }
    }

    #[test]
    fn an_absent_value_is_zero_only_in_an_exact_zero() {
        assert_eq!(Rule::Exact.interval("zero", None), Ok((Some(0), Some(0))));
        assert!(Rule::Exact.interval("published", None).is_err());
        assert!(Rule::Bounded { d: 1 }.interval("zero", None).is_err());
    }

    #[test]
    fn a_value_off_the_base_is_refused() {
        assert!(Rule::Nearest { base: 5, tie: Tie::Up }.interval("s", Some(12)).unwrap_err().contains("multiple of 5"));
    }

    #[test]
    fn a_wrong_rule_is_refused_with_its_path() {
        let wrong = [
            r#""nearest""#,
            r#""about""#,
            r#"{"nearest": {"base": 0}}"#,
            r#"{"nearest": {"base": 5, "ties": "up"}}"#,
            r#"{"range": {}}"#,
            r#"{"range": {"min": 4, "max": 1}}"#,
            r#"{"exact": {}, "unknown": {}}"#,
            r#"{"bounded": {"d": -1}}"#,
            "5",
        ];
        for text in wrong {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with("rules.s: "), "{text}: {error}");
        }
    }
}
