//! Arguments of `alerts`.

use chrono::NaiveDate;
use clap::{ArgGroup, Args, Subcommand};

use super::{Who, Why};

/// What to do with alerts.
#[derive(Debug, Subcommand)]
pub enum AlertsCommand {
    /// List what is wrong or was, and who was told
    List(AlertsListArgs),
    /// List what is not told now, who decided that, and until when
    Mutes,
    /// Tell nothing of a rule, of a subject, or of both until a day has ended; the alerts themselves go on
    Mute(AlertsMuteArgs),
    /// Tell it again before that day
    Unmute(AlertsUnmuteArgs),
    /// Send a test message over every channel, and say what happened
    Test(AlertsTestArgs),
}

/// Arguments of `alerts list`.
#[derive(Debug, Args)]
pub struct AlertsListArgs {
    /// Only those that go on
    #[arg(long)]
    pub open: bool,
    /// How many
    #[arg(short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub n: u32,
}

/// Arguments of `alerts mute`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").args(["rule", "subject"]).required(true).multiple(true))]
pub struct AlertsMuteArgs {
    /// Alerts of this rule, such as delivery_late; of any when not given
    #[arg(long)]
    pub rule: Option<String>,
    /// Alerts about this: a region (VT07; also about its months), a month of one ("VT07 2020-07"), a period (2020W407), or the subject of an alert as `alerts list` shows it; about anything when not given
    #[arg(long)]
    pub subject: Option<String>,
    /// The last day
    #[arg(long)]
    pub until: NaiveDate,
    /// Why
    #[command(flatten)]
    pub why: Why,
}

/// Arguments of `alerts unmute`.
#[derive(Debug, Args)]
pub struct AlertsUnmuteArgs {
    /// The number of the mute, as `alerts mutes` shows it
    pub id: i64,
    /// Why
    #[command(flatten)]
    pub why: Why,
}

/// Arguments of `alerts test`.
#[derive(Debug, Args)]
pub struct AlertsTestArgs {
    /// Only this channel, such as webhook, mail or "mail VT07"
    #[arg(long)]
    pub channel: Option<String>,
    /// Who
    #[command(flatten)]
    pub who: Who,
}
