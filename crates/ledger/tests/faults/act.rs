//! One of each kind of operation, and how often it stands in the ledger.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use vt_domain::Month;
use vt_domain::delivery::{DeliveryId, DeliveryKind};
use vt_domain::period::PeriodKind;
use vt_ledger::{
    AlertMessageKind, ArrangementKind, AuditFilter, Change, Claimed, Delivery, DeliveryStatus, Fault, JudgedDelivery,
    Ledger, LedgerError, NewArrangement, NewBackfill, NewRequest, NewRun, NewSession, NewToken, PullRecord, Role, Step,
    StepName,
};

/// Longer than any test.
pub const TTL: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Run,
    Pull,
    FailedPull,
    Issue,
    Lease,
    Audit,
    Cadence,
    Arrangement,
    Backfill,
    Token,
    Session,
    Request,
    Lines,
    Alert,
    Message,
}

pub const ALL: [Act; 15] = [
    Act::Run,
    Act::Pull,
    Act::FailedPull,
    Act::Issue,
    Act::Lease,
    Act::Audit,
    Act::Cadence,
    Act::Arrangement,
    Act::Backfill,
    Act::Token,
    Act::Session,
    Act::Request,
    Act::Lines,
    Act::Alert,
    Act::Message,
];

pub fn noon() -> DateTime<Utc> {
    "2020-08-05T12:00:00Z".parse().unwrap()
}

fn month() -> Month {
    "2020-07".parse().unwrap()
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn change(reason: &str) -> Change {
    Change { at: noon(), actor: "ann".into(), reason: reason.into() }
}

fn day(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 1, 6).unwrap() + Days::new(u64::from(n))
}

fn pull(vt: String, nr: u32, failure: Option<Fault>) -> PullRecord {
    let step = Step::of_pull(&vt, month(), StepName::Fetch, noon()).done(noon());
    let delivery = Delivery {
        id: DeliveryId { vt: vt.clone(), maand: month(), nr },
        soort: DeliveryKind::Volledig,
        tot_en_met: month().last_day(),
        status: DeliveryStatus::Rejected,
        first_seen: noon(),
        decided_at: Some(noon()),
        records: None,
        dropped: 0,
        listing_digest: "0".repeat(64),
    };
    let deliveries = if failure.is_some() { vec![] } else { vec![JudgedDelivery { delivery, findings: vec![] }] };
    PullRecord { vt, maand: month(), at: noon(), steps: vec![step], deliveries, failure, backfill: None }
}

fn command(n: u32) -> String {
    format!("act {n}")
}

async fn run(ledger: &Ledger, n: u32) -> Result<vt_ledger::RunId, LedgerError> {
    ledger.begin_run(&NewRun::of_this_process(command(n), "0.1.0", noon())).await
}

impl Act {
    /// Does the `n`th one.
    pub async fn perform(self, ledger: &Ledger, n: u32) -> Result<(), LedgerError> {
        let name = format!("act {n}");
        match self {
            Self::Run => run(ledger, n).await.map(drop),
            Self::Pull => {
                let run = run(ledger, n).await?;
                ledger.record_pull(run, None, &pull(format!("V{n}"), 1, None)).await.map(drop)
            }
            Self::FailedPull => {
                let run = run(ledger, n).await?;
                let failed = pull(format!("V{n}"), 1, Some(Fault::new("timeout", "no answer")));
                ledger.record_pull(run, None, &failed).await.map(drop)
            }
            Self::Issue => {
                let period = "2020W407".parse().unwrap();
                let _ = ledger.record_reservation(period, n + 1, noon()).await?;
                ledger.record_publication(period, n + 1, noon(), &digest(&name)).await.map(drop)
            }
            Self::Lease => ledger.claim(&name, "ann", TTL).await.map(drop),
            Self::Audit => ledger.record_audit(&change("why").audit("act", name, None, None)).await.map(drop),
            Self::Cadence => ledger.decide_cadence(day(n), PeriodKind::Week, None, &change(&name)).await.map(drop),
            Self::Arrangement => {
                let (vt, from) = (format!("V{n}"), day(0));
                let new = NewArrangement {
                    kind: ArrangementKind::Pause,
                    vt,
                    maand: None,
                    from,
                    until: None,
                    owner: "bob".into(),
                };
                ledger.arrange(&new, &change(&name)).await.map(drop)
            }
            Self::Backfill => {
                let orders = vec![(format!("V{n}"), month())];
                let new = NewBackfill { plan: "{}".into(), plan_digest: digest(&name), orders, reason: None };
                ledger.begin_backfill(&new, &change(&name)).await.map(drop)
            }
            Self::Token => {
                let hash = digest(&name);
                let expires_at = noon() + TimeDelta::days(1);
                let new = NewToken { name, role: Role::Lezer, regio: None, hash, expires_at };
                ledger.new_token(&new, &change("")).await.map(drop)
            }
            Self::Session => {
                let (hash, csrf) = (digest(&name), digest("csrf"));
                let (begun_at, expires_at) = (noon(), noon() + TimeDelta::days(1));
                let new = NewSession {
                    hash,
                    csrf,
                    token: None,
                    actor: name,
                    role: Role::Lezer,
                    regio: None,
                    begun_at,
                    expires_at,
                };
                ledger.begin_session(&new).await
            }
            Self::Request => {
                let new = NewRequest { actor: "ann".into(), key: name.clone(), request: digest(&name), at: noon() };
                if ledger.claim_request(&new, TTL).await? != Claimed::OtherRequest {
                    ledger.answer_request("ann", &name, 200, "{}").await?;
                }
                Ok(())
            }
            Self::Lines => {
                let run = run(ledger, n).await?;
                ledger
                    .append_lines(run, &[(noon(), "info".into(), "one".into()), (noon(), "info".into(), "two".into())])
                    .await
            }
            Self::Alert => ledger.begin_alert("rule", &name, "late", noon()).await.map(drop),
            Self::Message => {
                let (alert, _) = ledger.begin_alert("rule", &name, "late", noon()).await?;
                ledger.queue_message(alert.id, AlertMessageKind::Begun, "webhook", noon()).await.map(drop)
            }
        }
    }

    /// How often the `n`th one stands there; half of one counts as none, and what belongs together is held against each other.
    pub async fn stands(self, ledger: &Ledger, n: u32) -> usize {
        let name = format!("act {n}");
        let audited = async |subject: &str| {
            let filter = AuditFilter { subject: Some(subject.into()), ..AuditFilter::default() };
            ledger.audit_log(&filter).await.unwrap().len()
        };
        let runs: Vec<_> =
            ledger.latest_runs(5000).await.unwrap().into_iter().filter(|run| run.command == command(n)).collect();
        assert!(runs.len() <= 1, "{name} began {} runs", runs.len());
        let is_of = |vt: &str| vt == format!("V{n}");
        match self {
            Self::Run => runs.len(),
            Self::Pull => {
                let deliveries = ledger.deliveries(&Default::default()).await.unwrap();
                let many = deliveries.iter().filter(|delivery| is_of(&delivery.id.vt)).count();
                assert_eq!(ledger.pulled().await.unwrap().keys().filter(|(vt, _)| is_of(vt)).count(), many);
                many
            }
            Self::FailedPull => {
                let failed = ledger.failed_pulls().await.unwrap();
                failed.iter().filter(|pull| is_of(&pull.vt)).map(|pull| pull.attempts as usize).sum()
            }
            Self::Issue => {
                let all = ledger.publications(None).await.unwrap();
                all.iter().filter(|issue| issue.issue == n + 1 && issue.published_at.is_some()).count()
            }
            Self::Lease => ledger.leases().await.unwrap().iter().filter(|lease| lease.name == name).count(),
            Self::Audit => audited(&name).await,
            Self::Cadence => {
                let decisions = ledger.cadence_decisions().await.unwrap();
                decisions.iter().filter(|decision| decision.from == day(n)).count()
            }
            Self::Arrangement => {
                let many = ledger.arrangements().await.unwrap().iter().filter(|one| is_of(&one.vt)).count();
                assert_eq!(audited(&format!("V{n}")).await, many, "with its entry");
                many
            }
            Self::Backfill => {
                let all = ledger.backfills(5000).await.unwrap();
                let ours: Vec<_> = all.iter().filter(|one| one.plan_digest == digest(&name)).collect();
                for one in &ours {
                    assert_eq!((one.waiting, audited(&format!("backfill {}", one.id)).await), (1, 1));
                }
                ours.len()
            }
            Self::Token => ledger.tokens().await.unwrap().iter().filter(|token| token.name == name).count(),
            Self::Session => {
                ledger.sessions(noon()).await.unwrap().iter().filter(|session| session.actor == name).count()
            }
            Self::Request => {
                let new = NewRequest { actor: "ann".into(), key: name.clone(), request: digest(&name), at: noon() };
                match ledger.claim_request(&new, TTL).await.unwrap() {
                    Claimed::Answered { status: 200, .. } => 1,
                    Claimed::New => {
                        ledger.release_request("ann", &name).await.unwrap();
                        0
                    }
                    _ => 0,
                }
            }
            Self::Lines => match runs.first() {
                Some(run) => {
                    let lines = ledger.lines_of(run.id, 0, 100).await.unwrap();
                    assert_eq!(lines.len() % 2, 0, "all of a call or none");
                    lines.len() / 2
                }
                None => 0,
            },
            Self::Alert => ledger.open_alerts().await.unwrap().iter().filter(|alert| alert.subject == name).count(),
            Self::Message => {
                let alerts = ledger.open_alerts().await.unwrap();
                match alerts.iter().find(|alert| alert.subject == name) {
                    Some(alert) => ledger.messages_of(alert.id).await.unwrap().len(),
                    None => 0,
                }
            }
        }
    }

    /// Whether the same call again gives the same, whatever became of the first one. Of the others one looks first: a decision on the
    /// cadence counts anew when another one came after it.
    pub fn may_be_repeated(self) -> bool {
        !matches!(self, Self::Audit | Self::Lines | Self::Cadence)
    }
}
