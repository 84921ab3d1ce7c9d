//! Arguments of the commands by which an operator steers the service.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand, ValueEnum};
use vt_domain::month::Month;
use vt_domain::period::PeriodKind;

/// Who decides, and why.
#[derive(Debug, Args)]
pub struct Why {
    /// Why, for the audit log
    #[arg(long)]
    pub reason: String,
    /// Who decides, for the audit log; the user of this system when not given
    #[arg(long)]
    pub by: Option<String>,
}

/// Who decides.
#[derive(Debug, Args)]
pub struct Who {
    /// Why, for the audit log
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Who decides, for the audit log; the user of this system when not given
    #[arg(long)]
    pub by: Option<String>,
}

/// What to do with the schedule.
#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// List the next wakes, and what is expected and due then
    ///
    /// "expected" supposes that every region delivers on its last day in time; "at the latest" is the deadline, at which a period
    /// is published whatever is missing.
    Preview(PreviewArgs),
}

/// Arguments of `schedule preview`.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// From this instant, such as 2021-02-12T06:00:00Z; now when not given
    #[arg(long)]
    pub from: Option<DateTime<Utc>>,
    /// How many wakes
    #[arg(short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub n: u32,
}

/// A cadence, as it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Cadence {
    /// Every four weeks
    FourWeekly,
    /// Every two weeks
    TwoWeekly,
    /// Every week
    Weekly,
}

impl From<Cadence> for PeriodKind {
    fn from(cadence: Cadence) -> Self {
        match cadence {
            Cadence::FourWeekly => Self::FourWeeks,
            Cadence::TwoWeekly => Self::TwoWeeks,
            Cadence::Weekly => Self::Week,
        }
    }
}

/// What to do with the cadence.
#[derive(Debug, Subcommand)]
pub enum CadenceCommand {
    /// Show the cadence, what it was, and who decided that
    Show,
    /// Publish in another rhythm from a day on
    ///
    /// With a cadence shorter than four weeks the running month is pulled too, as far as it is delivered, and snapshots follow at
    /// the new length; longer periods go on as their sums. Four weeks in which a shorter cadence begins or ends come out in the
    /// shorter one, whole. A running service takes it up within a minute.
    Set(CadenceSetArgs),
}

/// Arguments of `cadence set`.
#[derive(Debug, Args)]
pub struct CadenceSetArgs {
    /// The rhythm
    pub cadence: Cadence,
    /// The first day of the new rhythm; today when not given
    #[arg(long)]
    pub from: Option<NaiveDate>,
    /// Why
    #[command(flatten)]
    pub why: Why,
}

/// What to do with a region.
#[derive(Debug, Subcommand)]
pub enum RegionCommand {
    /// List what was agreed with regions
    List,
    /// Pull a region no more until it is resumed
    Pause(RegionPauseArgs),
    /// Pull a paused region again
    Resume(RegionPauseArgs),
    /// Note that a region's system is out of service: it is not pulled and not called late until that ends
    Outage(RegionOutageArgs),
    /// Give a region longer for a month; the periods that need the month wait as much longer
    Extend(RegionExtendArgs),
    /// End what was agreed before its time; `region list` shows the numbers
    End(RegionEndArgs),
}

/// Arguments of `region pause` and `region resume`.
#[derive(Debug, Args)]
pub struct RegionPauseArgs {
    /// The region, such as VT07
    pub region: String,
    /// Why
    #[command(flatten)]
    pub why: Why,
}

/// Arguments of `region outage`.
#[derive(Debug, Args)]
pub struct RegionOutageArgs {
    /// The region, such as VT07
    pub region: String,
    /// The first day; today when not given
    #[arg(long)]
    pub from: Option<NaiveDate>,
    /// The last day
    #[arg(long)]
    pub until: NaiveDate,
    /// Who at the region answers for it; who decides when not given
    #[arg(long)]
    pub owner: Option<String>,
    /// Why
    #[command(flatten)]
    pub why: Why,
}

/// Arguments of `region extend`.
#[derive(Debug, Args)]
pub struct RegionExtendArgs {
    /// The region, such as VT07
    pub region: String,
    /// The month, such as 2020-07
    #[arg(long)]
    pub month: Month,
    /// The last day on which the month is on time
    #[arg(long)]
    pub until: NaiveDate,
    /// Who at the region answers for it; who decides when not given
    #[arg(long)]
    pub owner: Option<String>,
    /// Why
    #[command(flatten)]
    pub why: Why,
}

/// Arguments of `region end`.
#[derive(Debug, Args)]
pub struct RegionEndArgs {
    /// The number
    pub id: i64,
    /// Why
    #[command(flatten)]
    pub why: Why,
}

/// What to do with backfills.
#[derive(Debug, Subcommand)]
pub enum BackfillCommand {
    /// Say what pulling months again would do, and write that down; changes nothing
    Plan(BackfillPlanArgs),
    /// Carry out a plan, while what it was made on still holds
    ///
    /// A service that leads on this ledger takes it up; otherwise it is worked off here, and Ctrl-C stops it at a safe point:
    /// `backfill resume` goes on.
    Apply(BackfillApplyArgs),
    /// Show backfills, or one with its region-months, and when it is expected to end
    Status(BackfillStatusArgs),
    /// Stop a backfill for a while; what it is doing ends at the next safe point
    Pause(BackfillSteerArgs),
    /// Go on with a backfill
    Resume(BackfillSteerArgs),
    /// Stop a backfill for good; what was pulled stays, nothing is left half
    Cancel(BackfillSteerArgs),
    /// Pull once more what failed
    Retry(BackfillRetryArgs),
}

/// Arguments of `backfill plan`.
#[derive(Debug, Args)]
pub struct BackfillPlanArgs {
    /// First month
    #[arg(long)]
    pub from: Month,
    /// Last month
    #[arg(long)]
    pub to: Month,
    /// Only this region, such as VT07; may be given several times
    #[arg(long = "region")]
    pub regions: Vec<String>,
    /// Why. With a reason, published periods that changed get a new issue at once; without, on their day
    #[arg(long)]
    pub reason: Option<String>,
    /// Write the plan into this file, for `backfill apply`
    #[arg(short = 'o', long = "out")]
    pub out: Option<PathBuf>,
}

/// Arguments of `backfill apply`.
#[derive(Debug, Args)]
pub struct BackfillApplyArgs {
    /// The plan's file
    pub plan: PathBuf,
    /// Leave the work to a service, also when none leads now
    #[arg(long)]
    pub detach: bool,
    /// Who decides, for the audit log; the user of this system when not given
    #[arg(long)]
    pub by: Option<String>,
}

/// Arguments of `backfill status`.
#[derive(Debug, Args)]
pub struct BackfillStatusArgs {
    /// The number; all when not given
    pub id: Option<i64>,
}

/// Arguments of `backfill pause`, `resume` and `cancel`.
#[derive(Debug, Args)]
pub struct BackfillSteerArgs {
    /// The number
    pub id: i64,
    /// Leave the work to a service, also when none leads now
    #[arg(long)]
    pub detach: bool,
    /// Who and why
    #[command(flatten)]
    pub who: Who,
}

/// Arguments of `backfill retry`.
#[derive(Debug, Args)]
pub struct BackfillRetryArgs {
    /// The number
    pub id: i64,
    /// Those that failed; nothing else is pulled again
    #[arg(long, required = true)]
    pub failed: bool,
    /// Leave the work to a service, also when none leads now
    #[arg(long)]
    pub detach: bool,
    /// Who and why
    #[command(flatten)]
    pub who: Who,
}

/// Arguments of `audit-log`.
#[derive(Debug, Args)]
pub struct AuditLogArgs {
    /// Check that no entry was changed, removed or put in between
    #[arg(long)]
    pub verify: bool,
    /// Check too that the entry with this digest is still there: the newest one of an earlier --verify, kept elsewhere
    #[arg(long, value_name = "DIGEST", requires = "verify")]
    pub expect: Option<String>,
    /// Only what this one decided
    #[arg(long)]
    pub actor: Option<String>,
    /// Only this kind, such as cadence.set
    #[arg(long)]
    pub action: Option<String>,
    /// How many, the newest
    #[arg(short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub n: u32,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token for somebody; its secret is shown this once
    ///
    /// A token of the role lezer looks at everything but counts of records; operator also steers the work; beheerder also gives others
    /// access; regio:VT07 sees its own deliveries, reports and findings only.
    New(TokenNewArgs),
    /// List tokens, without their secrets
    List,
    /// Let a token count no more; sessions of the page that began with it end too
    Revoke(TokenRevokeArgs),
    /// List who is logged in on the page
    Sessions,
    /// End all sessions of somebody on the page, however they logged in
    ///
    /// What they logged in with may count on: revoke the token, or, of an OIDC issuer, see to it there first.
    EndSessions(TokenEndSessionsArgs),
}

/// Arguments of `token new`.
#[derive(Debug, Args)]
pub struct TokenNewArgs {
    /// Who or what will use it; stands in the audit log for whoever bears it
    pub name: String,
    /// lezer, operator, beheerder, or regio:VT07
    #[arg(long)]
    pub role: String,
    /// For how many days it counts
    #[arg(long, default_value_t = 365)]
    pub days: u32,
    /// Who and why
    #[command(flatten)]
    pub who: Who,
}

/// Arguments of `token revoke`.
#[derive(Debug, Args)]
pub struct TokenRevokeArgs {
    /// The number
    pub id: i64,
    /// Who and why
    #[command(flatten)]
    pub who: Who,
}

/// Arguments of `token end-sessions`.
#[derive(Debug, Args)]
pub struct TokenEndSessionsArgs {
    /// Who, as `token sessions` shows them, such as oidc:anna
    pub actor: String,
    /// Who and why
    #[command(flatten)]
    pub who: Who,
}
