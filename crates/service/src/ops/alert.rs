//! What is wrong, who was told, and what is not to be told for a while.

use anyhow::Result;
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Europe::Amsterdam;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::month::Month;
use vt_domain::period::Period;
use vt_ledger::Change;

use super::{NotFound, Wrong, near, note, with_reason};
use crate::alerts::{Channel, Letter, Sender, is_muted};
use crate::app::App;
use crate::views::{AlertView, MuteView, TrialView};

/// What is not to be told for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteBody {
    /// Alerts of this rule; of any when not given.
    #[serde(default)]
    #[schema(example = "delivery_late")]
    pub rule: Option<String>,
    /// Alerts about this, or about months of this region; about anything when not given.
    #[serde(default)]
    #[schema(example = "VT07")]
    pub subject: Option<String>,
    /// The last day.
    pub until: NaiveDate,
    /// Why.
    pub reason: String,
}

/// Which channels to try.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialBody {
    /// Only this one, such as `webhook`, `mail` or `mail VT07`; all when not given.
    #[serde(default)]
    pub channel: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// Alerts, newest first, with who was told; `open`: only those that go on, oldest first.
///
/// # Errors
/// When the ledger can't be read.
pub async fn alerts(app: &App, open: bool, limit: u32) -> Result<Vec<AlertView>> {
    let mutes = app.ledger.mutes(app.clock.now()).await?;
    let mut alerts = if open { app.ledger.open_alerts().await? } else { app.ledger.alerts(limit).await? };
    alerts.truncate(limit as usize);
    let mut views = Vec::with_capacity(alerts.len());
    for alert in &alerts {
        let messages = app.ledger.messages_of(alert.id).await?;
        views.push(AlertView::new(alert, &app.alerting, is_muted(&mutes, &alert.rule, &alert.subject), &messages));
    }
    Ok(views)
}

/// The mutes that are in force.
///
/// # Errors
/// When the ledger can't be read.
pub async fn mutes(app: &App) -> Result<Vec<MuteView>> {
    Ok(app.ledger.mutes(app.clock.now()).await?.iter().map(Into::into).collect())
}

/// Tells nothing of a rule or a subject until a day has ended. The alerts themselves go on.
///
/// # Errors
/// [`Wrong`]; when the ledger can't be written.
pub async fn mute(app: &App, asked: &MuteBody, change: &Change) -> Result<MuteView> {
    with_reason(change)?;
    near("until", asked.until, app.clock.today(), (0, 366))?;
    let [rule, subject] = [&asked.rule, &asked.subject].map(|text| text.as_deref().map(str::trim));
    if rule.is_none() && subject.is_none() {
        return Err(
            Wrong::new("rule", "give a rule, a subject or both", "vul een regel in, of waarover, of beide").into()
        );
    }
    if let Some(rule) = rule.filter(|rule| app.alerting.rule(rule).is_none()) {
        let known: Vec<&str> = app.alerting.rules.iter().map(|rule| rule.name.as_str()).collect();
        let known = known.join(", ");
        let nl = format!("“{rule}” is geen regel; er zijn {known}");
        return Err(Wrong::new("rule", format!("`{rule}` is no rule; there are {known}"), nl).into());
    }
    if let Some(subject) = subject {
        names_something(app, subject).await?;
    }
    Ok((&app.ledger.mute_alerts(rule, subject, end_of(asked.until)?, change).await?).into())
}

/// Subjects of alerts that are no region, month or period: a mute may come before the first alert about them.
const PLACES: [&str; 5] = ["published", "private", "ledger", "de database", "de tijdbron"];

/// Refuses a subject that no alert can have: a mute of it would look like one and silence nothing.
async fn names_something(app: &App, subject: &str) -> Result<()> {
    let is_region = |vt: &str| app.register.vt(vt).is_some();
    let is_month = |(vt, maand): (&str, &str)| is_region(vt) && maand.parse::<Month>().is_ok();
    let has_form = is_region(subject)
        || subject.split_once(' ').is_some_and(is_month)
        || subject.parse::<Period>().is_ok()
        || PLACES.contains(&subject);
    if has_form || app.ledger.open_alerts().await?.iter().any(|alert| alert.subject == subject) {
        return Ok(());
    }
    let rule = "no alert is about this; give a region (VT07), a month of one (VT07 2020-07), a period (2020W407), or the subject \
                of an open alert";
    let nl = "hierover gaat geen alarm; vul een regio in (VT07), een maand ervan (VT07 2020-07), een periode (2020W407), of waar een \
              open alarm over gaat";
    Err(Wrong::new("subject", rule, nl).into())
}

/// Ends a mute before its time.
///
/// # Errors
/// When there is none of this number.
pub async fn unmute(app: &App, id: i64, change: &Change) -> Result<MuteView> {
    with_reason(change)?;
    Ok((&app.ledger.end_mute(id, change).await?).into())
}

/// Sends a test message over channels, and says what happened.
///
/// # Errors
/// [`NotFound`] when no such channel is configured; when the audit log can't be written.
pub async fn test_alerts(app: &App, asked: &TrialBody, change: &Change) -> Result<Vec<TrialView>> {
    let named = |channel: &Channel| asked.channel.as_ref().is_none_or(|name| channel.to_string() == name.trim());
    let channels: Vec<Channel> = app.alerting.all_channels().into_iter().filter(named).collect();
    if let (Some(name), true) = (&asked.channel, channels.is_empty()) {
        let all: Vec<String> = app.alerting.all_channels().iter().map(Channel::to_string).collect();
        let known = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
        let nl = format!("er is geen kanaal “{name}” ingesteld; er zijn: {known}");
        return Err(NotFound::new(format!("no channel `{name}` is configured; there are: {known}"), nl).into());
    }
    note(app, "alert.test", asked.channel.as_deref().unwrap_or("all"), change).await?;
    let (mut sender, letter) = (Sender::default(), Letter::trial(change.at));
    let mut tried = Vec::with_capacity(channels.len());
    for channel in channels {
        let outcome = sender.send(&app.alerting, &channel, &letter, app.clock.now()).await;
        tried.push(TrialView {
            channel: channel.to_string(),
            sent: outcome.is_ok(),
            error: outcome.err().map(|it| it.to_string()),
        });
    }
    Ok(tried)
}

/// The instant at which a day ends in the Netherlands.
fn end_of(day: NaiveDate) -> Result<DateTime<Utc>, Wrong> {
    let next = day.succ_opt().and_then(|next| next.and_hms_opt(0, 0, 0));
    let end = next.and_then(|next| Amsterdam.from_local_datetime(&next).earliest());
    end.map(|end| end.to_utc()).ok_or_else(|| Wrong::new("until", "is no day", "dit is geen dag"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_in_the_netherlands() {
        let end = |day: &str| end_of(day.parse().unwrap()).unwrap().to_rfc3339();
        assert_eq!(end("2020-08-13"), "2020-08-13T22:00:00+00:00");
        assert_eq!(end("2020-12-31"), "2020-12-31T23:00:00+00:00");
    }
}
