//! Whether the service can do its work, and what is wrong when it can't: for whoever starts it anew or sends it requests. Looked at
//! within bounds, and kept for a moment, so that asking often costs the stores nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use chrono::{DateTime, SecondsFormat, Utc};
use object_store::ObjectStore;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;
use vt_ledger::{Ledger, RunOutcome};

use crate::app::App;
use crate::belonging::{self, Store, WrongStore};
use crate::error_text::error_text;
use crate::runs::holder;
use crate::serve::LEADER;

/// How long each part may take to answer.
const PATIENCE: Duration = Duration::from_millis(2500);

/// How long an answer is kept.
const KEEP: Duration = Duration::from_secs(2);

/// How many runs are looked at for the last round: pulls and parts of backfills stand between rounds.
const RUNS: u32 = 200;

/// Whether this instance leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instance {
    /// This one leads.
    Leads,
    /// Another one leads.
    StandsBy,
    /// None leads.
    NobodyLeads,
}

/// Which instance leads.
///
/// # Errors
/// When the ledger can't be read.
pub async fn instance(ledger: &Ledger) -> Result<Instance> {
    let leases = ledger.leases().await?;
    let leader = leases.iter().find(|lease| lease.name == LEADER);
    Ok(leader.map_or(Instance::NobodyLeads, |lease| {
        if lease.holder == holder() { Instance::Leads } else { Instance::StandsBy }
    }))
}

/// When the last round came to its end, of any instance; one that was stopped or failed did not.
///
/// # Errors
/// When the ledger can't be read.
pub async fn last_round(ledger: &Ledger) -> Result<Option<DateTime<Utc>>> {
    let runs = ledger.latest_runs(RUNS).await?;
    let is_round = |command: &str| command == "run" || command.starts_with("serve: ");
    let ended = |outcome| matches!(outcome, Some(RunOutcome::Succeeded | RunOutcome::Partial));
    Ok(runs.iter().filter(|run| is_round(&run.command) && ended(run.outcome)).filter_map(|run| run.ended).max())
}

/// The health that was seen last.
#[derive(Default)]
pub struct Health {
    newest: Mutex<Option<(Instant, Arc<Seen>)>>,
}

impl Health {
    /// Looks, or gives what was seen a moment ago. What changed is logged, with what the answer does not say.
    pub async fn look(&self, app: &App) -> Arc<Seen> {
        let mut newest = self.newest.lock().await;
        if let Some((at, seen)) = &*newest
            && at.elapsed() < KEEP
        {
            return Arc::clone(seen);
        }
        let seen = Arc::new(Seen::now(app).await);
        let before = newest.as_ref().map(|(_, seen)| Arc::clone(seen));
        tell(before.as_deref(), &seen);
        *newest = Some((Instant::now(), Arc::clone(&seen)));
        seen
    }
}

/// Logs which parts have become wrong, or right again.
fn tell(before: Option<&Seen>, now: &Seen) {
    for (i, part) in now.parts.iter().enumerate() {
        let was = before.and_then(|before| before.parts[i].wrong.as_ref());
        match (&part.wrong, was) {
            (Some(wrong), None) => tracing::warn!(part = part.name, "not ready: {}", wrong.detail),
            (None, Some(_)) => tracing::info!(part = part.name, "ready again"),
            _ => {}
        }
    }
}

/// What was seen of the service.
pub struct Seen {
    parts: [Part; 3],
    schema: Option<i64>,
    instance: Option<Instance>,
    last_round: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
    stopping: bool,
}

struct Part {
    name: &'static str,
    wrong: Option<Wrong>,
}

/// What is wrong with a part.
struct Wrong {
    /// For everybody: without addresses.
    said: String,
    /// For the log.
    detail: String,
}

impl Seen {
    async fn now(app: &App) -> Self {
        let private_folder = app.local_private.as_deref();
        let published_folder = app.local_stores.iter().map(AsRef::as_ref).find(|path| Some(*path) != private_folder);
        let private = async {
            app.vault.key_history().await?;
            Ok(())
        };
        let published = async { listed(app.published.as_ref()).await };
        let (ledger, private, published) = tokio::join!(
            within(ledger(app)),
            within(store(private_folder, private)),
            within(store(published_folder, published)),
        );
        let (ledger, seen) = match ledger {
            Ok(seen) => (newer(seen.schema), Some(seen)),
            Err(wrong) => (Some(wrong), None),
        };
        let mut parts = [
            Part { name: "ledger", wrong: ledger },
            Part { name: Store::Private.part(), wrong: private.err() },
            Part { name: Store::Published.part(), wrong: published.err() },
        ];
        // What can't be read tells nothing about whose it is.
        if parts.iter().all(|part| part.wrong.is_none()) {
            belong(app, &mut parts).await;
        }
        Self {
            parts,
            schema: seen.as_ref().map(|seen| seen.schema),
            instance: seen.as_ref().map(|seen| seen.instance),
            last_round: seen.and_then(|seen| seen.last_round),
            at: app.clock.now(),
            stopping: app.stop.is_cancelled(),
        }
    }

    /// Whether it can do its work.
    pub fn is_ready(&self) -> bool {
        !self.stopping && self.parts.iter().all(|part| part.wrong.is_none())
    }

    /// The parts, and whether each can be used.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.parts.iter().map(|part| (part.name, part.wrong.is_none()))
    }

    /// What is wrong, one sentence for each.
    fn wrong(&self) -> Vec<String> {
        let parts = self.parts.iter().filter_map(|part| Some((part.name, part.wrong.as_ref()?)));
        let mut wrong: Vec<String> = parts.map(|(name, wrong)| format!("the {name} {}", wrong.said)).collect();
        if self.stopping {
            wrong.push("the service is stopping".to_owned());
        }
        wrong
    }

    /// As `/health/ready` tells it: a problem when something is wrong, and the state of each part.
    pub fn json(&self) -> Value {
        let said = |part: &Part| part.wrong.as_ref().map_or_else(|| "ok".to_owned(), |wrong| wrong.said.clone());
        let parts: Map<String, Value> =
            self.parts.iter().map(|part| (part.name.to_owned(), Value::String(said(part)))).collect();
        let instance = self.instance.map(|instance| match instance {
            Instance::Leads => "leads",
            Instance::StandsBy => "stands by",
            Instance::NobodyLeads => "nobody leads",
        });
        let ready = self.is_ready();
        let mut answer = json!({
            "title": if ready { "Ready" } else { "Not ready" },
            "status": if ready { 200 } else { 503 },
            "parts": parts,
            "ledger_schema": self.schema,
            "instance": instance,
            "last_round": self.last_round.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
            "last_round_seconds": self.last_round.map(|at| (self.at - at).num_seconds().max(0)),
        });
        if !ready {
            answer["type"] = "about:blank".into();
            answer["detail"] = self.wrong().join("; ").into();
        }
        answer
    }
}

/// Whether the parts are those of one service.
async fn belong(app: &App, parts: &mut [Part]) {
    let Err(error) = tokio::time::timeout(PATIENCE, belonging::check(app)).await.unwrap_or(Ok(())) else { return };
    // A part that fails just now is seen at the next look.
    let Some(wrong) = error.downcast_ref::<WrongStore>() else { return };
    for part in parts.iter_mut().filter(|part| part.name == wrong.store.part()) {
        part.wrong = Some(Wrong { said: wrong.said(), detail: wrong.to_string() });
    }
}

struct LedgerSeen {
    schema: i64,
    instance: Instance,
    last_round: Option<DateTime<Utc>>,
}

async fn ledger(app: &App) -> Result<LedgerSeen> {
    Ok(LedgerSeen {
        schema: app.ledger.schema().await?,
        instance: instance(&app.ledger).await?,
        last_round: last_round(&app.ledger).await?,
    })
}

/// A ledger that a newer program has changed is not for this one any more.
fn newer(schema: i64) -> Option<Wrong> {
    let known = Ledger::known_schema();
    let said = format!("has schema {schema}, and this program knows {known}: start the newer program");
    (schema > known).then(|| Wrong { detail: said.clone(), said })
}

/// A folder that has gone would list as an empty one.
async fn store(folder: Option<&Path>, look: impl Future<Output = Result<()>>) -> Result<()> {
    if let Some(folder) = folder
        && !tokio::fs::metadata(folder).await?.is_dir()
    {
        return Err(anyhow!("there is no folder `{}`", folder.display()));
    }
    look.await
}

async fn listed(store: &dyn ObjectStore) -> Result<()> {
    store.list_with_delimiter(None).await?;
    Ok(())
}

/// Looks for as long as is bearable.
async fn within<T>(look: impl Future<Output = Result<T>>) -> Result<T, Wrong> {
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok(seen)) => Ok(seen),
        Ok(Err(error)) => Err(Wrong { said: "can't be read".to_owned(), detail: error_text(&error) }),
        Err(_) => {
            let said = format!("gives no answer within {:.1} s", PATIENCE.as_secs_f64());
            Err(Wrong { detail: said.clone(), said })
        }
    }
}
