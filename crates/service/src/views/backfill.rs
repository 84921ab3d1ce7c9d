//! Backfills.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::month::Month;
use vt_ledger::{Backfill, BackfillItem};

use super::code;
use crate::backfill::expected_end;

/// A backfill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackfillView {
    /// Its number.
    pub id: i64,
    /// running, paused, cancelled, done or partial.
    pub state: String,
    /// Who began it.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// When it began.
    pub begun_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Region-months that wait.
    pub waiting: i64,
    /// That were pulled.
    pub done: i64,
    /// That failed.
    pub failed: i64,
    /// That were cancelled.
    pub cancelled: i64,
    /// Whether its publications were made, or tried.
    pub published: bool,
    /// Which of these failed, and why.
    pub unpublished: Option<String>,
    /// When it is expected to have pulled all.
    pub expected_end: Option<DateTime<Utc>>,
    /// Its region-months, where one backfill is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<BackfillItemView>,
}

/// A region-month of a backfill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackfillItemView {
    /// The region.
    pub vt: String,
    /// The month.
    #[schema(value_type = String, example = "2020-07")]
    pub maand: Month,
    /// waiting, done, failed or cancelled.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Class of the fault, when it failed.
    #[serde(default)]
    pub class: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
}

impl BackfillView {
    /// A backfill, with its region-months or without.
    pub fn new(backfill: &Backfill, items: &[BackfillItem], now: DateTime<Utc>) -> Self {
        Self {
            id: backfill.id,
            state: code(backfill.state),
            actor: backfill.actor.clone(),
            reason: backfill.reason.clone(),
            begun_at: backfill.begun_at,
            ended_at: backfill.ended_at,
            waiting: backfill.waiting,
            done: backfill.done,
            failed: backfill.failed,
            cancelled: backfill.cancelled,
            published: backfill.published,
            unpublished: backfill.unpublished.clone(),
            expected_end: expected_end(backfill.state, items, now),
            items: items.iter().map(BackfillItemView::from).collect(),
        }
    }
}

impl BackfillView {
    /// The same without what failures say, which may name sizes: for those who must not count records.
    pub fn without_details(mut self) -> Self {
        self.items.iter_mut().for_each(|item| item.failure = item.failure.take().map(|_| String::new()));
        self.unpublished = self.unpublished.map(|_| String::new());
        self
    }
}

impl From<&BackfillItem> for BackfillItemView {
    fn from(item: &BackfillItem) -> Self {
        Self {
            vt: item.vt.clone(),
            maand: item.maand,
            state: code(item.state),
            attempts: item.attempts,
            class: item.fault.as_ref().map(|fault| fault.class.clone()),
            failure: item.fault.as_ref().map(|fault| fault.message.clone()),
        }
    }
}
