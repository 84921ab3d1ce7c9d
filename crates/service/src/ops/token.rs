//! Tokens: made, listed, revoked. The secret is shown once and kept nowhere. And the sessions of the page, ended before their time.

use anyhow::Result;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_ledger::{Change, NewToken, Role};

use super::arrange::known;
use super::{NotFound, Wrong, one_line, sound_reason};
use crate::access::Secret;
use crate::app::App;
use crate::views::{EndedView, NewTokenView, SessionView, TokenView, of_code};

/// How long a token lasts at most.
const LONGEST_DAYS: u32 = 731;

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTokenBody {
    /// What it is called: who or what will use it. Stands in the audit log for whoever bears it.
    pub name: String,
    /// lezer, operator, beheerder, or `regio:VT07`.
    pub role: String,
    /// For how many days it counts, at most 731.
    #[serde(default = "a_year")]
    pub days: u32,
    /// Why, for the audit log.
    #[serde(default)]
    pub reason: String,
}

fn a_year() -> u32 {
    365
}

/// Makes a token.
///
/// # Errors
/// [`Wrong`]; when the ledger can't be written.
pub async fn make(app: &App, asked: &NewTokenBody, change: &Change) -> Result<NewTokenView> {
    sound_reason(change)?;
    one_line("name", &asked.name)?;
    let (role, regio) = role(app, &asked.role)?;
    if asked.name.trim().is_empty() {
        return Err(Wrong::new("name", "say who or what will use it", "zeg wie of wat hem gaat gebruiken").into());
    }
    if asked.days == 0 || asked.days > LONGEST_DAYS {
        return Err(Wrong::new(
            "days",
            format!("from 1 to {LONGEST_DAYS}"),
            format!("van 1 tot en met {LONGEST_DAYS}"),
        )
        .into());
    }
    let secret = Secret::new()?;
    let expires_at = change.at + TimeDelta::days(i64::from(asked.days));
    let new = NewToken { name: asked.name.clone(), role, regio, hash: secret.digest(), expires_at };
    let token = app.ledger.new_token(&new, change).await?;
    Ok(NewTokenView { token: (&token).into(), secret: secret.reveal().to_owned() })
}

fn role(app: &App, text: &str) -> Result<(Role, Option<String>)> {
    if let Some(vt) = text.strip_prefix("regio:") {
        known(app, vt)?;
        return Ok((Role::Regio, Some(vt.to_owned())));
    }
    match of_code(text) {
        Some(Role::Regio) | None => {
            let (en, nl) = ("lezer, operator, beheerder, or regio:VT07", "lezer, operator, beheerder of regio:VT07");
            Err(Wrong::new("role", en, nl).into())
        }
        Some(role) => Ok((role, None)),
    }
}

/// All tokens; their secrets are known to nobody.
///
/// # Errors
/// When the ledger can't be read.
pub async fn of(app: &App) -> Result<Vec<TokenView>> {
    Ok(app.ledger.tokens().await?.iter().map(Into::into).collect())
}

/// Revokes a token: it counts no more from now on.
///
/// # Errors
/// When there is none of this number.
pub async fn revoke(app: &App, id: i64, change: &Change) -> Result<TokenView> {
    sound_reason(change)?;
    Ok((&app.ledger.revoke_token(id, change).await?).into())
}

/// Whose sessions are ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndSessionsBody {
    /// Who, as the list of sessions and the audit log name them.
    #[schema(example = "oidc:anna")]
    pub actor: String,
    /// Why, for the audit log.
    #[serde(default)]
    pub reason: String,
}

/// The sessions of the page that count now, oldest first.
///
/// # Errors
/// When the ledger can't be read.
pub async fn sessions(app: &App) -> Result<Vec<SessionView>> {
    Ok(app.ledger.sessions(app.clock.now()).await?.iter().map(Into::into).collect())
}

/// Ends all sessions of somebody. What they logged in with may count on: revoke that too.
///
/// # Errors
/// [`NotFound`] when there are none; when the ledger can't be written.
pub async fn end_sessions(app: &App, actor: &str, change: &Change) -> Result<EndedView> {
    sound_reason(change)?;
    match app.ledger.end_sessions_of(actor, change).await? {
        0 => Err(NotFound::new(
            "nobody of that name is logged in; the list of sessions names who is",
            "niemand van die naam is ingelogd",
        )
        .into()),
        ended => Ok(EndedView { actor: actor.trim().to_owned(), ended }),
    }
}
