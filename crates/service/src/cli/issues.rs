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
    /// The earlier issue: a period for its newest issue, such as 2020W406, or one of its issues, such as 2020W407/1
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

impl std::str::FromStr for IssueName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (period, issue) = match text.split_once('/') {
            Some((period, issue)) => (period, Some(issue)),
            None => (text, None),
        };
        let period = period.parse::<Period>().map_err(|error| error.to_string())?;
        let number = issue.map(|issue| issue.parse::<u32>().ok().filter(|issue| *issue > 0));
        if number == Some(None) {
            return Err("write an issue as 2020W407/2".to_owned());
        }
        Ok(Self { period, issue: number.flatten() })
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
