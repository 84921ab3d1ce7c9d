//! Arguments about published issues.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use vt_domain::period::Period;

/// What to say of an issue.
#[derive(Debug, Subcommand)]
pub enum ErratumCommand {
    /// Tell readers something about an issue that stays the one to use
    Add(ErratumArgs),
    /// Retract an issue: readers must not use it any more
    ///
    /// Its files stay as they are. `latest.json`, the page and the feed lead to the issue before it, and say that it is retracted.
    Retract(ErratumArgs),
}

/// Arguments of `erratum add` and `erratum retract`.
#[derive(Debug, Args)]
pub struct ErratumArgs {
    /// The period, such as 2020W407
    #[arg(long)]
    pub period: Period,
    /// The number of the issue
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub issue: u32,
    /// What readers must know: one line of Dutch that states no number, for a true count would undo the protection
    #[arg(long)]
    pub text: String,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier issue: a period for its newest issue that is not retracted, such as 2020W406, or one of its issues, such as 2020W407/1
    pub from: IssueName,
    /// The later issue
    pub to: IssueName,
    /// The published store, where it is not that of the configuration
    #[arg(long)]
    pub store: Option<String>,
    /// Write a page to this file
    #[arg(long)]
    pub html: Option<PathBuf>,
}

/// An issue as it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssueName {
    /// The period.
    pub period: Period,
    /// The number of the issue; nothing for the newest that is not retracted.
    pub issue: Option<u32>,
}

impl std::fmt::Display for IssueName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.issue {
            Some(issue) => write!(f, "{}/{issue}", self.period),
            None => write!(f, "{}", self.period),
        }
    }
}

impl std::str::FromStr for IssueName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (period, issue) = match text.split_once('/') {
            Some((period, issue)) => (period, Some(issue)),
            None => (text, None),
        };
        let period = period.parse::<Period>().map_err(|error| error.to_string())?;
        let number = issue.map(|issue| {
            // A number in digits alone: `parse` would take a sign too.
            let digits = issue.bytes().all(|byte| byte.is_ascii_digit());
            let number = issue.parse().ok().filter(|number| digits && *number > 0);
            number.ok_or_else(|| "write an issue as 2020W407/2".to_owned())
        });
        Ok(Self { period, issue: number.transpose()? })
    }
}

/// Arguments of `reproduce`.
#[derive(Debug, Args)]
pub struct ReproduceArgs {
    /// The period, such as 2020W407
    pub period: Period,
    /// The number of the issue; all of the period when not given
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub issue: Option<u32>,
    /// The folder of a demo; without it, the stores of the configuration
    #[arg(long)]
    pub out: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_a_period_with_or_without_a_number() {
        let read = |text: &str| text.parse::<IssueName>().unwrap();
        let period = "2020W404".parse().unwrap();
        assert_eq!(read("2020W404"), IssueName { period, issue: None });
        assert_eq!(read("2020W404/12"), IssueName { period, issue: Some(12) });
        assert_eq!(["2020W404", "2020W404/12"].map(|text| read(text).to_string()), ["2020W404", "2020W404/12"]);
    }

    #[test]
    fn what_is_no_issue_says_how_to_write_one() {
        for text in
            ["2020W404/", "2020W404/0", "2020W404/+1", "2020W404/-1", "2020W404/1/2", "2020W404/ 1", "2020W404/x"]
        {
            let error = text.parse::<IssueName>().unwrap_err();
            assert!(error.contains("2020W407/2"), "{text}: {error}");
        }
        assert!("2020-07/1".parse::<IssueName>().unwrap_err().contains("no period"));
        assert!("2020W404/4294967296".parse::<IssueName>().is_err());
    }
}
