//! Rules as data: what is watched, from which limit on it is told, to whom, and how often again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::views::code;

/// The rules that hold without a word in `service.toml`.
const BUILT_IN: &str = include_str!("rules.toml");

/// What a rule watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// A region's month is late, by so many days or more after its due date.
    DeliveryLate,
    /// The newest delivery of a region's month was rejected.
    DeliveryRejected,
    /// A region's month could not be pulled, so many times in a row.
    PullsFailing,
    /// A publication failed.
    PublicationFailed,
    /// A rule refused a publication: the gate, the protection, the attack before it.
    PublicationBlocked,
    /// Of a period past its deadline fewer regions than this percentage are complete.
    CoverageLow,
    /// A store could not be read or written, so many times in a row.
    StoreUnreachable,
    /// A disk with a store has less than this percentage free.
    DiskLow,
    /// The machine's clock and another one differ by this many seconds or more.
    ClockSkew,
}

impl RuleKind {
    /// The setting that holds the limit, with what it is when nothing is said, its least and its most.
    fn limit(self) -> Option<(&'static str, u32, u32, u32)> {
        match self {
            Self::DeliveryLate => Some(("days", 0, 0, 366)),
            Self::PullsFailing => Some(("attempts", 3, 1, 1000)),
            Self::StoreUnreachable => Some(("attempts", 2, 1, 1000)),
            Self::CoverageLow => Some(("percent", 80, 1, 100)),
            Self::DiskLow => Some(("percent", 10, 1, 99)),
            Self::ClockSkew => Some(("seconds", 30, 1, 86_400)),
            Self::DeliveryRejected | Self::PublicationFailed | Self::PublicationBlocked => None,
        }
    }

    /// Whether it is about one region, which can be told.
    pub fn of_a_region(self) -> bool {
        matches!(self, Self::DeliveryLate | Self::DeliveryRejected | Self::PullsFailing)
    }

    /// What it is called in messages.
    pub fn title(self) -> &'static str {
        match self {
            Self::DeliveryLate => "levering te laat",
            Self::DeliveryRejected => "levering afgekeurd",
            Self::PullsFailing => "levering niet op te halen",
            Self::PublicationFailed => "publicatie mislukt",
            Self::PublicationBlocked => "publicatie tegengehouden",
            Self::CoverageLow => "lage dekking",
            Self::StoreUnreachable => "opslag onbereikbaar",
            Self::DiskLow => "schijf bijna vol",
            Self::ClockSkew => "klok loopt niet gelijk",
        }
    }
}

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Somebody has to look at it.
    Warning,
    /// Nothing comes out, or something may be lost.
    Critical,
}

impl Severity {
    /// The word in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Warning => "waarschuwing",
            Self::Critical => "kritiek",
        }
    }
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The operators: the webhook, and `to` of the mail.
    Operators,
    /// The region that it is about, at its own address.
    Region,
}

/// A rule as `service.toml` gives it: what is not named stays as it is built in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleConfig {
    /// Its name; that of a built-in rule changes this one.
    pub name: String,
    /// What it watches; of a built-in rule it is known.
    pub kind: Option<RuleKind>,
    /// Whether it counts.
    pub enabled: Option<bool>,
    /// The limit of `delivery_late`.
    pub days: Option<u32>,
    /// The limit of `pulls_failing` and `store_unreachable`.
    pub attempts: Option<u32>,
    /// The limit of `coverage_low` and `disk_low`.
    pub percent: Option<u32>,
    /// The limit of `clock_skew`.
    pub seconds: Option<u32>,
    /// How grave it is.
    pub severity: Option<Severity>,
    /// Who is told.
    pub to: Option<Vec<Audience>>,
    /// How many hours after the last message the next one reminds; 0 for never.
    pub remind_hours: Option<u32>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, by which alerts are kept and muted.
    pub name: String,
    /// What it watches.
    pub kind: RuleKind,
    /// From where on it is told; in the unit of its kind.
    pub limit: u32,
    /// How grave it is.
    pub severity: Severity,
    /// Who is told.
    pub to: Vec<Audience>,
    /// How many hours after the last message the next one reminds; 0 for never.
    pub remind_hours: u32,
}

impl Rule {
    /// What it is called in Dutch: as its kind, with its name when it came beside the built-in one.
    pub fn title(&self) -> String {
        match self.name == code(self.kind) {
            true => self.kind.title().to_owned(),
            false => format!("{} ({})", self.kind.title(), self.name),
        }
    }

    fn new(name: &str, kind: RuleKind) -> Self {
        let limit = kind.limit().map_or(0, |(_, usual, ..)| usual);
        let to = vec![Audience::Operators];
        Self { name: name.to_owned(), kind, limit, severity: Severity::Warning, to, remind_hours: 24 }
    }

    /// The same, with what a configuration names.
    fn with(mut self, config: &RuleConfig) -> Result<Self, String> {
        if config.kind.is_some_and(|kind| kind != self.kind) {
            return Err("the kind of a built-in rule stays as it is; give the rule another name".into());
        }
        let limit = self.kind.limit();
        let given = [
            ("days", config.days),
            ("attempts", config.attempts),
            ("percent", config.percent),
            ("seconds", config.seconds),
        ];
        for (field, value) in given.into_iter().filter_map(|(field, value)| Some((field, value?))) {
            match limit {
                Some((own, _, least, most)) if own == field => {
                    if !(least..=most).contains(&value) {
                        return Err(format!("{field} from {least} to {most}"));
                    }
                    self.limit = value;
                }
                Some((own, ..)) => return Err(format!("{field} is no limit of this kind; its limit is {own}")),
                None => return Err(format!("{field}: this kind has no limit")),
            }
        }
        self.severity = config.severity.unwrap_or(self.severity);
        self.to = config.to.clone().unwrap_or(self.to);
        self.remind_hours = config.remind_hours.unwrap_or(self.remind_hours);
        self.checked()
    }

    fn checked(self) -> Result<Self, String> {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if self.name.is_empty() || self.name.len() > 60 || !self.name.chars().all(letters) {
            return Err("a name is of small letters, digits and _, at most 60".into());
        }
        if self.to.contains(&Audience::Region) && !self.kind.of_a_region() {
            return Err("to: this kind is not about one region; only operators are told".into());
        }
        if self.remind_hours > 8784 {
            return Err("remind_hours is at most 8784, a year".into());
        }
        Ok(self)
    }
}

/// The rules that count: those built in, changed and added to by a configuration.
///
/// # Errors
/// The name of the rule that is wrong, and what is wrong with it.
pub fn rules(configured: &[RuleConfig]) -> Result<Vec<Rule>, (String, String)> {
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    let mut seen: Vec<&str> = Vec::new();
    for config in built_in().iter() {
        add(&mut rules, config)?;
    }
    for config in configured {
        if seen.contains(&config.name.as_str()) {
            return Err((config.name.clone(), "stands twice".into()));
        }
        seen.push(&config.name);
        add(&mut rules, config)?;
    }
    Ok(rules.into_values().collect())
}

fn add(rules: &mut BTreeMap<String, Rule>, config: &RuleConfig) -> Result<(), (String, String)> {
    let wrong = |rule: String| (config.name.clone(), rule);
    let base = match (rules.remove(&config.name), config.kind) {
        (Some(rule), _) => rule,
        (None, Some(kind)) => Rule::new(&config.name, kind),
        (None, None) => return Err(wrong("no built-in rule is called so; give its kind".into())),
    };
    let rule = base.with(config).map_err(wrong)?;
    if config.enabled.unwrap_or(true) {
        rules.insert(rule.name.clone(), rule);
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<RuleConfig>,
}

fn built_in() -> Vec<RuleConfig> {
    // Unwrap safety: the file is part of the program, and read by its tests.
    toml::from_str::<File>(BUILT_IN).unwrap().rule
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(text: &str) -> Result<Vec<Rule>, (String, String)> {
        rules(&toml::from_str::<File>(text).unwrap().rule)
    }

    #[test]
    fn each_kind_has_a_built_in_rule_with_its_limit() {
        let rules = rules(&[]).unwrap();
        assert_eq!(rules.len(), 9);
        let limit = |name: &str| rules.iter().find(|rule| rule.name == name).unwrap().limit;
        assert_eq!((limit("pulls_failing"), limit("disk_low"), limit("clock_skew")), (3, 10, 30));
    }

    #[test]
    fn each_built_in_rule_has_a_dutch_name_of_its_own() {
        let rules = rules(&[]).unwrap();
        let titles: std::collections::BTreeSet<String> = rules.iter().map(Rule::title).collect();
        assert_eq!(titles.len(), rules.len());
        assert!(titles.iter().all(|title| !title.contains(['_', '('])), "{titles:?}");
        let own = configured("[[rule]]\nname = \"very_late\"\nkind = \"delivery_late\"\n").unwrap();
        let own = own.iter().find(|rule| rule.name == "very_late").unwrap();
        assert_eq!(own.title(), "levering te laat (very_late)");
    }

    #[test]
    fn a_rule_is_changed_added_and_switched_off_by_its_name() {
        let rules = configured(
            "[[rule]]\nname = \"disk_low\"\npercent = 25\n[[rule]]\nname = \"disk_very_low\"\nkind = \"disk_low\"\npercent = 3\n\
             severity = \"critical\"\n[[rule]]\nname = \"clock_skew\"\nenabled = false\n",
        )
        .unwrap();
        let limit = |name: &str| rules.iter().find(|rule| rule.name == name).map(|rule| rule.limit);
        assert_eq!((limit("disk_low"), limit("disk_very_low"), limit("clock_skew")), (Some(25), Some(3), None));
    }

    #[test]
    fn a_wrong_rule_says_what_is_wrong() {
        for (text, said) in [
            ("name = \"other\"", "give its kind"),
            ("name = \"disk_low\"\nattempts = 3", "its limit is percent"),
            ("name = \"disk_low\"\npercent = 100", "from 1 to 99"),
            ("name = \"delivery_rejected\"\ndays = 3", "has no limit"),
            ("name = \"disk_low\"\nto = [\"region\"]", "not about one region"),
            ("name = \"disk_low\"\nkind = \"clock_skew\"", "stays as it is"),
            ("name = \"Disk\"\nkind = \"disk_low\"", "small letters"),
            ("name = \"disk_low\"\nremind_hours = 9000", "a year"),
            ("name = \"disk_low\"\n[[rule]]\nname = \"disk_low\"", "twice"),
        ] {
            let (_, rule) = configured(&format!("[[rule]]\n{text}\n")).unwrap_err();
            assert!(rule.contains(said), "{text}: {rule}");
        }
    }
}
