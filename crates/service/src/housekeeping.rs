//! Removes what is past its term and what crashes left. What goes is decided first and can be looked at; published snapshots
//! never go.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use object_store::path::Path;
use serde::Serialize;
use vt_domain::clock::local_date;
use vt_domain::delivery::DeliveryId;
use vt_domain::period::{Period, PeriodKind};
use vt_domain::snapshot::Issue;
use vt_publication::gate::Input;
use vt_publication::orphans::{self, Orphan};
use vt_publication::reservation::{self, reservation};
use vt_vault::{DeliveryRecord, Kept, Removal, ReservationKey, VaultError, due};

use crate::app::App;
use crate::due::PeriodState;
use crate::hold::Hold;
use crate::issues::PeriodIssues;
use crate::overview::Overview;
use crate::publishing::checked_memory;
use crate::retention::{Claim, RetentionConfig, needed, years_due};
use crate::sweep;

/// The rooms of a private store on disk from which folders go with the files in them.
const EMPTIED: [&str; 4] = ["quarantine", "raw", "registrations", "rekey"];

/// What goes, and what stays although it is old.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Deliveries whose raw bytes go.
    pub raw: BTreeSet<DeliveryId>,
    /// Deliveries whose registrations go.
    pub registrations: BTreeSet<DeliveryId>,
    /// Deliveries whose registrations are past their term and stay: figures that are not definitief or not published need them.
    pub needed: BTreeSet<DeliveryId>,
    /// Reservations that go.
    pub reservations: Vec<Issue>,
    /// Files of void issues in the published store that go.
    pub orphans: Vec<Orphan>,
    /// Files without a manifest in the published store that stay, and why.
    pub left: Vec<Orphan>,
    /// Files in the quarantine that go.
    pub quarantine: Vec<String>,
    /// Half-written files that go.
    pub half_written: Vec<PathBuf>,
    #[serde(skip)]
    terms: RetentionConfig,
}

impl Plan {
    /// Decides what goes now. Changes nothing.
    ///
    /// # Errors
    /// When a store can't be read, or the disclosure memory does not match the published store: then nothing is safe to remove.
    pub async fn make(app: &App) -> Result<Self> {
        checked_memory(app).await?;
        let (now, terms) = (app.clock.now(), app.retention.clone());
        let overview = Overview::read(app).await?;
        let today = overview.today;
        let claims = claims(app, &overview).await?;
        let needed_now = needed(today, &claims);
        let none = BTreeSet::new();
        // What has no verdict yet is in the hands of a pull.
        let judged: BTreeSet<DeliveryId> = overview.records.iter().map(DeliveryRecord::id).collect();
        let standing = async |what| {
            let kept = app.vault.kept(what).await?.into_keys();
            Ok::<BTreeSet<DeliveryId>, VaultError>(kept.filter(|id| judged.contains(id)).collect())
        };
        let (raw, registrations) = (standing(Kept::Raw).await?, standing(Kept::Registrations).await?);
        let begun = app.vault.removed(Kept::Registrations).await?;
        let past = due(today, terms.registrations_months, registrations.iter().cloned(), &begun, &none);
        let goes = due(today, terms.registrations_months, registrations, &begun, &needed_now);
        let before = now - TimeDelta::hours(i64::from(terms.orphan_grace_hours));
        let found = orphans::find(&app.vault, app.published.as_ref(), before).await?;
        let quarantine = app.vault.quarantined_before(before).await?;
        Ok(Self {
            at: now,
            raw: due(today, terms.raw_months, raw, &app.vault.removed(Kept::Raw).await?, &none),
            needed: past.difference(&goes).cloned().collect(),
            registrations: goes,
            reservations: reservations_due(app, &overview).await?,
            orphans: found.due,
            left: found.left,
            quarantine: quarantine.into_iter().map(|path| path.to_string()).collect(),
            half_written: sweep::half_written(&app.local_stores, before)?,
            terms,
        })
    }

    /// Whether nothing goes.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
            && self.registrations.is_empty()
            && self.reservations.is_empty()
            && self.orphans.is_empty()
            && self.quarantine.is_empty()
            && self.half_written.is_empty()
    }

    /// The rule by which raw bytes go, as it is configured.
    pub fn raw_rule(&self) -> String {
        format!("raw_months = {}", self.terms.raw_months)
    }

    /// The rule by which registrations go.
    pub fn registrations_rule(&self) -> String {
        format!("registrations_months = {}", self.terms.registrations_months)
    }

    /// The rule by which reservations go.
    pub fn memory_rule(&self) -> String {
        self.terms.memory_months.map_or_else(|| "begun before".into(), |months| format!("memory_months = {months}"))
    }

    /// Removes what goes. `false` when a signal stopped it: the next one goes on.
    ///
    /// # Errors
    /// When something can't be removed; what was removed stays removed, and repeating goes on.
    pub async fn carry_out(&self, app: &App) -> Result<bool> {
        let removal = |rule: String| Removal::new(self.at, rule, App::software());
        for (what, ids, rule) in [
            (Kept::Raw, &self.raw, self.raw_rule()),
            (Kept::Registrations, &self.registrations, self.registrations_rule()),
        ] {
            let removal = removal(rule);
            for id in ids {
                if app.stop.is_cancelled() {
                    return Ok(false);
                }
                app.vault.remove_kept(what, id, &removal).await?;
            }
        }
        let removal = removal(self.memory_rule());
        for issue in &self.reservations {
            if app.stop.is_cancelled() {
                return Ok(false);
            }
            reservation::remove(&app.vault, app.published.as_ref(), key(*issue), &removal).await?;
        }
        for orphan in &self.orphans {
            orphans::remove(&app.vault, app.published.as_ref(), orphan).await?;
        }
        for path in &self.quarantine {
            app.vault.remove_quarantined(&Path::parse(path)?).await?;
        }
        sweep::remove(&self.half_written)?;
        for room in app.local_private.iter().flat_map(|private| EMPTIED.map(|room| private.join(room))) {
            sweep::remove_empty_folders(&room)?;
        }
        Ok(true)
    }
}

fn key(issue: Issue) -> ReservationKey {
    ReservationKey { period: issue.periode, issue: issue.uitgave }
}

/// What goes now, removed; nothing when another run is at work. The flag: whether it was done to its end.
///
/// # Errors
/// As [`Plan::make`] and [`Plan::carry_out`].
pub async fn keep_house(app: &App) -> Result<Option<(Plan, bool)>> {
    let Some(hold) = Hold::take(app, "run").await? else { return Ok(None) };
    let done = async {
        let plan = Plan::make(app).await?;
        let whole =
            plan.carry_out(app).await.context("not all that is past its term was removed; repeat it to go on")?;
        Ok((plan, whole))
    };
    let done = done.await;
    hold.release().await;
    done.map(Some)
}

/// Keeps house at the end of a run; a failure is told, and is none of the run.
pub async fn at_the_end(app: &App) -> Option<Plan> {
    let before = app.clock.now() - TimeDelta::days(i64::from(app.retention.run_log_days));
    if let Err(error) = app.ledger.forget_lines(before).await {
        tracing::warn!("what runs logged long ago is kept for now: {error}");
    }
    match keep_house(app).await {
        Ok(done) => done.map(|(plan, _)| plan),
        Err(error) => {
            tracing::warn!("housekeeping failed, and is done again at the end of the next run: {error:#}");
            None
        }
    }
}

/// The claims of all periods on registrations.
async fn claims(app: &App, overview: &Overview) -> Result<Vec<Claim>> {
    let mut states: BTreeMap<Period, Option<PeriodState>> =
        overview.issues.rounded().into_iter().map(|period| (period, None)).collect();
    states.extend(overview.periods(app).into_iter().map(|row| (row.periode, Some(row.state))));
    let is_sum = overview.summed_now();
    let judged: BTreeMap<DeliveryId, NaiveDate> =
        overview.records.iter().map(|record| (record.id(), local_date(record.beoordeeld_op))).collect();
    let mut claims = Vec::new();
    // A sum is made from reservations.
    for (period, state) in states.into_iter().filter(|(period, _)| !is_sum(*period)) {
        let newest = overview.issues.of(period).and_then(PeriodIssues::newest);
        let input = overview.input(app, period);
        let mut names = ids(input.counting.values().chain(input.earlier.values()));
        names.extend(newest.into_iter().flat_map(|newest| ids(newest.invoer.iter().chain(&newest.earlier))));
        if let Some(issue) = overview.interrupted(period) {
            let reserved = reservation(&app.vault, ReservationKey { period, issue }).await?;
            names.extend(reserved.iter().flat_map(|it| ids(it.invoer.iter().chain(&it.invoer_eerder))));
        }
        let open = state.as_ref().is_some_and(|state| is_open(state, newest.is_some()));
        let can_come = newest.is_none() && !matches!(state, Some(PeriodState::TermOver { .. }));
        let verdicts = input.counting.values().filter_map(|delivery| judged.get(&delivery.id()).copied());
        claims.push(Claim { period, open, delivered: verdicts.max().filter(|_| can_come), names });
    }
    Ok(claims)
}

fn ids<'i>(inputs: impl Iterator<Item = &'i Input>) -> BTreeSet<DeliveryId> {
    inputs.map(Input::id).collect()
}

/// Whether an issue is still to come. One that was published and of which a revision finds no protected values is not waited for.
fn is_open(state: &PeriodState, published: bool) -> bool {
    match state {
        PeriodState::HeldBack { .. } => !published,
        PeriodState::Waiting { .. } | PeriodState::ChangedWaits { .. } => true,
        state => state.due(),
    }
}

/// The reservations of whole ISO years that are past their term.
async fn reservations_due(app: &App, overview: &Overview) -> Result<Vec<Issue>> {
    let mut reserved = BTreeSet::new();
    for kind in PeriodKind::ALL {
        reserved.extend(app.vault.reservations(kind).await?);
    }
    let year = |key: &ReservationKey| key.period.iso_year();
    let unfinished = overview.issues.periods().filter(|period| overview.interrupted(*period).is_some());
    let unfinished: BTreeSet<i32> = unfinished.map(Period::iso_year).collect();
    let begun = overview.issues.closed();
    let years = years_due(overview.today, app.retention.memory_months, reserved.iter().map(year), begun, &unfinished);
    let goes = reserved.into_iter().filter(|key| years.contains(&year(key)));
    Ok(goes.map(|key| Issue { periode: key.period, uitgave: key.issue }).collect())
}
