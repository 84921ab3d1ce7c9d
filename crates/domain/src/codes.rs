//! The closed code lists of the delivery contract: codes, Dutch labels, dates and the number in protocol 1.
//!
//! The lists are data (`data/codelijsten.csv`, sources named there), built in and replaceable.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The code that stands for an empty optional field or list in what is published.
pub const ONBEKEND: &str = "onbekend";

/// One code of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Our own snake_case code.
    pub code: String,
    /// The Dutch label, as CBS writes it.
    pub label: String,
    /// The number in the protocol of 2015–2018, where it exists.
    pub protocol1: Option<String>,
    /// First day on which it may be used.
    pub from: Option<NaiveDate>,
    /// Day from which it may no longer be used.
    pub until: Option<NaiveDate>,
    /// Never delivered beside another code of the list.
    pub exclusive: bool,
    /// May be delivered. False for the category of an empty optional field.
    pub deliverable: bool,
}

impl Code {
    /// Whether the code is in use on a day.
    pub fn valid_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }
}

/// A closed list of codes, in the order of the data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeList {
    /// The list's name, such as `aard`.
    pub name: String,
    codes: Vec<Code>,
}

impl CodeList {
    /// All codes, in order; also those that are never delivered.
    pub fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// The code with this name.
    pub fn get(&self, code: &str) -> Option<&Code> {
        self.codes.iter().find(|c| c.code == code)
    }

    /// The place of a code in the list.
    pub fn position(&self, code: &str) -> Option<usize> {
        self.codes.iter().position(|c| c.code == code)
    }

    /// The Dutch label of a code, or the code itself when unknown.
    pub fn label<'a>(&'a self, code: &'a str) -> &'a str {
        self.get(code).map_or(code, |c| &c.label)
    }

    /// The codes that a delivery may hold.
    pub fn deliverable(&self) -> impl Iterator<Item = &Code> {
        self.codes.iter().filter(|c| c.deliverable)
    }
}

/// All code lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLists {
    lists: BTreeMap<String, CodeList>,
    source: String,
    version: String,
}

/// Enough of a digest to tell files apart.
fn version(text: &str) -> String {
    hex::encode(&Sha256::digest(text)[..8])
}

/// What is wrong with a file of code lists.
#[derive(Debug, thiserror::Error)]
pub enum CodeListError {
    /// A row that cannot be read.
    #[error("codelijsten.csv: {0}")]
    Row(#[from] csv::Error),
    /// A row that breaks a rule.
    #[error("codelijsten.csv, line {line}, list `{list}`, code `{code}`: {rule}")]
    Rule {
        /// Line in the file, from 1.
        line: u64,
        /// The list.
        list: String,
        /// The code.
        code: String,
        /// What is wrong.
        rule: &'static str,
    },
    /// A list that the contract needs is absent.
    #[error("codelijsten.csv: list `{0}` is missing")]
    Missing(&'static str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    lijst: String,
    code: String,
    label: String,
    protocol1: Option<String>,
    van: Option<NaiveDate>,
    tot: Option<NaiveDate>,
    soort: String,
    #[serde(rename = "bron")]
    _bron: String,
}

/// The lists that the contract refers to.
pub const LISTS: [&str; 12] = [
    "kanaal",
    "rol",
    "organisatie",
    "aard",
    "vorm",
    "duur_geweld",
    "veiligheidstaxatie",
    "besluit",
    "hermelding",
    "dienst_soort",
    "uitkomst",
    "overdracht",
];

impl CodeLists {
    /// The lists built into the program.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<CodeLists> = LazyLock::new(|| {
            // Unwrap safety: a test reads the built-in file.
            CodeLists::from_csv(include_str!("../data/codelijsten.csv")).unwrap()
        });
        &BUILTIN
    }

    /// Reads lists from CSV with the columns of the built-in file; `#` starts a comment line.
    ///
    /// # Errors
    /// A row that can't be read, a code twice in a list, a code or kind of wrong form, a list of the contract that is missing.
    pub fn from_csv(text: &str) -> Result<Self, CodeListError> {
        let mut lists: BTreeMap<String, CodeList> = BTreeMap::new();
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let headers = reader.headers()?.clone();
        for record in reader.records() {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            let row: Row = record.deserialize(Some(&headers))?;
            let error = |rule| CodeListError::Rule { line, list: row.lijst.clone(), code: row.code.clone(), rule };
            if row.code.is_empty()
                || !row.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            {
                return Err(error("a code has lower-case letters, digits and _ only"));
            }
            if !matches!(row.soort.as_str(), "" | "exclusief" | "publicatie") {
                return Err(error("`soort` is empty, `exclusief` or `publicatie`"));
            }
            let list = lists
                .entry(row.lijst.clone())
                .or_insert_with(|| CodeList { name: row.lijst.clone(), codes: Vec::new() });
            if list.get(&row.code).is_some() {
                return Err(error("the code stands twice in its list"));
            }
            list.codes.push(Code {
                exclusive: !row.soort.is_empty(),
                deliverable: row.soort != "publicatie",
                code: row.code,
                label: row.label,
                protocol1: row.protocol1,
                from: row.van,
                until: row.tot,
            });
        }
        match LISTS.into_iter().find(|name| !lists.contains_key(*name)) {
            Some(missing) => Err(CodeListError::Missing(missing)),
            None => Ok(Self { version: version(text), source: text.to_owned(), lists }),
        }
    }

    /// The list with this name.
    ///
    /// # Panics
    /// When there is no such list: names come from [`crate::contract`], and every list of it is checked on reading.
    pub fn list(&self, name: &str) -> &CodeList {
        // Unwrap safety: from_csv refuses a file that lacks a list of the contract.
        self.lists.get(name).unwrap_or_else(|| panic!("no code list `{name}`"))
    }

    /// All lists by name.
    pub fn iter(&self) -> impl Iterator<Item = &CodeList> {
        self.lists.values()
    }

    /// The file that they were read from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Their version: it follows from the file.
    pub fn version(&self) -> &str {
        &self.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_lists_are_complete() {
        let lists = CodeLists::builtin();
        assert_eq!(lists.list("organisatie").codes().len(), 13);
        assert_eq!(lists.list("aard").codes().len(), 8);
        assert_eq!(lists.list("vorm").deliverable().count(), 11);
        assert_eq!(lists.list("vorm").get("financiele_uitbuiting").unwrap().protocol1.as_deref(), Some("07"));
        assert!(lists.list("aard").get(ONBEKEND).unwrap().exclusive);
        assert_eq!(lists.list("besluit").label("vervolg_vt"), "Vervolgstappen beleggen bij Veilig Thuis");
    }

    #[test]
    fn chat_begins_in_may_2020() {
        let chat = CodeLists::builtin().list("kanaal").get("chat").unwrap();
        assert!(!chat.valid_on("2020-04-30".parse().unwrap()));
        assert!(chat.valid_on("2020-05-01".parse().unwrap()));
    }

    fn planted(from: &str, to: &str) -> String {
        let text = include_str!("../data/codelijsten.csv");
        assert!(text.contains(from));
        CodeLists::from_csv(&text.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        insta::assert_snapshot!(planted("rol,beroepsmatig,", "rol,onbekend,"), @"codelijsten.csv, line 12, list `rol`, code `onbekend`: the code stands twice in its list");
        insta::assert_snapshot!(planted("kanaal,mail,", "kanaal,E-mail,"), @"codelijsten.csv, line 8, list `kanaal`, code `E-mail`: a code has lower-case letters, digits and _ only");
        insta::assert_snapshot!(planted("exclusief,84851NED", "alleen,84851NED"), @"codelijsten.csv, line 32, list `aard`, code `geen`: `soort` is empty, `exclusief` or `publicatie`");
        insta::assert_snapshot!(planted("\nhermelding,", "\nhermelden,"), @"codelijsten.csv: list `hermelding` is missing");
    }
}
