//! Arguments about disclosure: the attack on a store, and tables of anybody.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use vt_disclosure::attack::store::Profile;
use vt_domain::period::Period;

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// The published store: a folder or an address such as s3://bucket/prefix
    pub store: String,
    /// The private store: certifies every reservation, and that what is published is what was reserved
    #[arg(long)]
    pub private: Option<String>,
    /// A file with a key with which the private store is encrypted; may be given several times
    #[arg(long = "private-key", value_name = "FILE", requires = "private")]
    pub private_keys: Vec<PathBuf>,
    /// Find the whole interval of every count, not only a proof that it is wide enough; takes long
    #[arg(long)]
    pub full: bool,
    /// Also report what this insider finds: region:VT07, police, revisions; needs --private; may be given several times
    #[arg(long = "profile", value_parser = profile)]
    pub profiles: Vec<Profile>,
    /// Only this period, with the periods that it is a sum or a part of
    #[arg(long)]
    pub period: Option<Period>,
}

fn profile(text: &str) -> Result<Profile, String> {
    Profile::parse(text).ok_or_else(|| "write outsider, region:VT07, police or revisions".to_owned())
}

/// What to do with tables of your own.
#[derive(Debug, Subcommand)]
pub enum DisclosureCommand {
    /// Find the least and the greatest count that each cell can have, for a reader of all tables together
    ///
    /// Ends with 0 when every target is safe, 6 when one is not, 7 when SPEC or a table is wrong, 8 when the tables
    /// contradict each other. How to write a SPEC: docs/disclosure-spec.md.
    Attack(AttackArgs),
    /// Protect the tables by controlled rounding, all of them together
    ///
    /// Writes the same tables with protected values, certificate.json, and spec.json to attack them with. How to write a
    /// SPEC: docs/disclosure-spec.md.
    Round(RoundArgs),
}

/// Arguments of `disclosure attack`.
#[derive(Debug, Args)]
pub struct AttackArgs {
    /// The specification: tables, dimensions, rules
    pub spec: PathBuf,
    /// Write a row per target to this CSV file
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Arguments of `disclosure round`.
#[derive(Debug, Args)]
pub struct RoundArgs {
    /// The specification: tables with their true counts
    pub spec: PathBuf,
    /// Folder for the protected tables
    #[arg(long)]
    pub out: PathBuf,
    /// The secret key; without it, one is made for this run, or kept in the memory
    #[arg(long)]
    pub key_file: Option<PathBuf>,
    /// Folder that remembers earlier rounds, as secret as the true counts: with it, a second round is a revision of the first
    #[arg(long)]
    pub memory: Option<PathBuf>,
}
