//! What is written to people: Dutch, short, with what to do. One letter may be about several alerts that were found at once.

use chrono::{DateTime, Utc};
use serde::Serialize;
use vt_ledger::{Alert, AlertMessage, AlertMessageKind};

use super::config::Alerting;
use super::rule::{Audience, Rule, Severity};
use super::words::{capital, local, without_cause};

/// How every letter begins.
const OPENING: &str = "Dit is een automatisch bericht van de VT-monitor.";

/// What is sent over one channel at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The same for each attempt, so that who gets it twice knows it.
    pub id: String,
    /// The subject of a mail, in ASCII.
    pub subject: String,
    /// The text of a mail.
    pub text: String,
    /// The body of a request, in JSON.
    pub json: String,
}

/// What a program is told. Fields are added, never changed.
#[derive(Debug, Serialize)]
struct Event<'a> {
    version: u32,
    id: &'a str,
    kind: &'a str,
    rule: &'a str,
    title: &'a str,
    severity: Option<Severity>,
    subject: &'a str,
    text: &'a str,
    since: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

/// One message with its alert.
pub struct Piece<'a> {
    /// The message.
    pub message: &'a AlertMessage,
    /// The alert.
    pub alert: &'a Alert,
}

impl Letter {
    /// A letter about one or more alerts, all of one kind of message and over one channel; `vt`: the region that reads it.
    /// Nothing when there is nothing to tell.
    pub fn about(pieces: &[Piece<'_>], alerting: &Alerting, vt: Option<&str>) -> Option<Self> {
        let first = pieces.first()?;
        let kind = first.message.kind;
        let id = match pieces.len() {
            1 => format!("alert-{}", first.message.id),
            n => format!("alert-{}-{n}", first.message.id),
        };
        let lines: Vec<String> = pieces.iter().map(|piece| line(piece, alerting, vt)).collect();
        let (title, told) = (alerting.title(&first.alert.rule), alerting.told(first.alert, Audience::Operators));
        let event = Event {
            version: 1,
            id: &id,
            kind: name(kind),
            rule: &first.alert.rule,
            title: &title,
            severity: alerting.rule(&first.alert.rule).map(|rule| rule.severity),
            subject: &first.alert.subject,
            text: &told,
            since: Some(first.alert.since),
            ended_at: first.alert.ended_at,
        };
        let json = json(&event);
        Some(Self { subject: subject(pieces, kind, &title, vt), text: text(kind, &lines), json, id })
    }

    /// A letter that stands in no ledger.
    pub fn without_ledger(
        rule: &Rule,
        subject: &str,
        text: &str,
        since: DateTime<Utc>,
        kind: AlertMessageKind,
        at: DateTime<Utc>,
    ) -> Self {
        let id = format!("{subject}-{}-{}", name(kind), at.timestamp_millis());
        let event = Event {
            version: 1,
            id: &id,
            kind: name(kind),
            rule: &rule.name,
            title: rule.kind.title(),
            severity: Some(rule.severity),
            subject,
            text,
            since: Some(since),
            ended_at: (kind == AlertMessageKind::Ended).then_some(at),
        };
        let json = json(&event);
        let head = format!("[vt-monitor] {}{}, {subject}", prefix(kind), rule.kind.title());
        Self { subject: head, text: format!("{OPENING}\n\n{text}\n"), json, id }
    }

    /// A letter that only shows that a channel works.
    pub fn trial(at: DateTime<Utc>) -> Self {
        let id = format!("test-{}", at.timestamp_millis());
        let text = "Dit is een proefbericht van de VT-monitor. Er is niets aan de hand en er is niets te doen.";
        let event = Event {
            version: 1,
            id: &id,
            kind: "test",
            rule: "test",
            title: "proefbericht",
            severity: None,
            subject: "test",
            text,
            since: None,
            ended_at: None,
        };
        let json = json(&event);
        Self { subject: "[vt-monitor] Proefbericht".into(), text: format!("{text}\n"), json, id }
    }
}

fn json(event: &Event<'_>) -> String {
    // Unwrap safety: an event is texts, numbers and instants.
    serde_json::to_string(event).unwrap()
}

fn name(kind: AlertMessageKind) -> &'static str {
    match kind {
        AlertMessageKind::Begun => "begun",
        AlertMessageKind::Reminder => "reminder",
        AlertMessageKind::Ended => "ended",
    }
}

fn prefix(kind: AlertMessageKind) -> &'static str {
    match kind {
        AlertMessageKind::Begun => "",
        AlertMessageKind::Reminder => "Herinnering: ",
        AlertMessageKind::Ended => "Voorbij: ",
    }
}

fn subject(pieces: &[Piece<'_>], kind: AlertMessageKind, title: &str, vt: Option<&str>) -> String {
    let before = prefix(kind);
    match pieces {
        [only] if is_foreign(only.alert, vt) => format!("[vt-monitor] {before}uw levering"),
        [only] => format!("[vt-monitor] {before}{title}, {}", only.alert.subject),
        several => format!("[vt-monitor] {before}{} alarmen", several.len()),
    }
}

fn text(kind: AlertMessageKind, lines: &[String]) -> String {
    let one = lines.len() == 1;
    let tells = match (kind, one) {
        (AlertMessageKind::Begun, true) => "Er is een alarm:",
        (AlertMessageKind::Begun, false) => "Er zijn alarmen:",
        (AlertMessageKind::Reminder, true) => "Dit alarm duurt nog voort:",
        (AlertMessageKind::Reminder, false) => "Deze alarmen duren nog voort:",
        (AlertMessageKind::Ended, true) => "Dit alarm is voorbij; er is niets meer te doen:",
        (AlertMessageKind::Ended, false) => "Deze alarmen zijn voorbij; er is niets meer te doen:",
    };
    format!("{OPENING}\n\n{tells}\n\n{}\n", lines.join("\n\n"))
}

fn line(piece: &Piece<'_>, alerting: &Alerting, vt: Option<&str>) -> String {
    let alert = piece.alert;
    if is_foreign(alert, vt) {
        return "- Er is iets met uw levering. Neem contact op met de beheerder van de monitor.".to_owned();
    }
    let (title, since) = (capital(&alerting.title(&alert.rule)), local(alert.since));
    if piece.message.kind == AlertMessageKind::Ended {
        let ended = alert.ended_at.map(|at| format!(" tot {}", local(at))).unwrap_or_default();
        let what = without_cause(&alert.text).unwrap_or(&alert.text);
        return format!("- {title}, {}, van {since}{ended}. Het ging om: {what}", alert.subject);
    }
    let severity = alerting.rule(&alert.rule).map_or_else(String::new, |rule| format!(" ({})", rule.severity.word()));
    let to = if vt.is_some() { Audience::Region } else { Audience::Operators };
    format!("- {title}{severity}, sinds {since}: {}", alerting.told(alert, to))
}

/// The last wall: whatever a rule says, a region reads of no other one.
fn is_foreign(alert: &Alert, vt: Option<&str>) -> bool {
    vt.is_some_and(|vt| names_another(&alert.text, vt) || names_another(&alert.subject, vt))
}

/// Whether a text names a region that is not this one.
pub fn names_another(text: &str, vt: &str) -> bool {
    text.match_indices("VT").any(|(at, _)| {
        let code = text.get(at..at + 4);
        code.is_some_and(|code| code != vt && code.bytes().skip(2).all(|byte| byte.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(id: i64, subject: &str) -> Alert {
        Alert {
            id,
            rule: "delivery_late".into(),
            subject: subject.into(),
            text: format!("De levering van {subject} is te laat. Oorzaak: er is nog niets geleverd."),
            since: "2020-08-10T04:30:00Z".parse().unwrap(),
            ended_at: None,
            reminded_at: None,
            told: true,
        }
    }

    fn message(id: i64, kind: AlertMessageKind) -> AlertMessage {
        let made_at = "2020-08-10T04:30:00Z".parse().unwrap();
        AlertMessage {
            id,
            alert: id,
            kind,
            channel: "mail".into(),
            made_at,
            sent_at: None,
            attempts: 0,
            last_error: None,
        }
    }

    fn about(alerts: &[Alert], kind: AlertMessageKind, vt: Option<&str>) -> Letter {
        let alerting = Alerting::of(&super::super::AlertsConfig::default()).unwrap();
        let messages: Vec<AlertMessage> = alerts.iter().map(|alert| message(alert.id, kind)).collect();
        let pieces: Vec<Piece<'_>> =
            alerts.iter().zip(&messages).map(|(alert, message)| Piece { message, alert }).collect();
        Letter::about(&pieces, &alerting, vt).unwrap()
    }

    #[test]
    fn a_letter_says_what_and_what_to_do() {
        let letter = about(&[alert(3, "VT07")], AlertMessageKind::Begun, Some("VT07"));
        assert_eq!((letter.id.as_str(), letter.subject.as_str()), ("alert-3", "[vt-monitor] levering te laat, VT07"));
        for said in ["Levering te laat (waarschuwing), sinds 10-8-2020 06:30", "Oorzaak: er is", "Wat te doen: lever"] {
            assert!(letter.text.contains(said), "{said}: {}", letter.text);
        }
        let event: serde_json::Value = serde_json::from_str(&letter.json).unwrap();
        assert_eq!((event["kind"].as_str(), event["severity"].as_str()), (Some("begun"), Some("warning")));
        assert_eq!(event["title"], "levering te laat");
        let to_operators = event["text"].as_str().unwrap();
        assert!(to_operators.contains("Wat te doen: vraag de regio"), "a program is one of operators: {to_operators}");
        assert!(about(&[alert(3, "VT07")], AlertMessageKind::Begun, None).text.contains("vraag de regio"));
    }

    #[test]
    fn several_come_in_one_letter_and_an_ended_one_asks_for_nothing() {
        let two = [alert(3, "VT07 2020-06"), alert(4, "VT07 2020-07")];
        let letter = about(&two, AlertMessageKind::Reminder, None);
        assert_eq!((letter.id.as_str(), letter.subject.as_str()), ("alert-3-2", "[vt-monitor] Herinnering: 2 alarmen"));
        let ended = about(&two[..1], AlertMessageKind::Ended, None);
        assert!(!ended.text.contains("Wat te doen") && ended.text.contains("is voorbij"), "{}", ended.text);
        assert!(ended.text.contains("is te laat") && !ended.text.contains("Oorzaak"), "{}", ended.text);
    }

    #[test]
    fn a_region_reads_of_no_other_one_whatever_a_text_says() {
        let letter = about(&[alert(3, "VT08 2020-07")], AlertMessageKind::Begun, Some("VT07"));
        assert!(
            !letter.subject.contains("VT08") && !letter.text.contains("VT08") && letter.text.contains("beheerder"),
            "{}",
            letter.text
        );
        assert!(names_another("VT07 en VT08", "VT07") && !names_another("VT07, VT-monitor, VT", "VT07"));
    }
}
