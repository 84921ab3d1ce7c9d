//! Auditlog: who decided what, when and why.

use axum::extract::State;
use axum::routing::get;
use axum::{Extension, Router};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use vt_ledger::AuditFilter;

use super::asked::Query;
use super::fields::Fields;
use super::forms::{Form, Input, Tried};
use super::frame::{Answer, Failure, Page, cell, table};
use super::session::Visit;
use super::words::audit::{action, field};
use super::words::{second, word};
use crate::api::Api;
use crate::ops;
use crate::views::{AuditVerdictView, AuditView};

pub fn steer() -> Router<Api> {
    Router::new().route("/auditlog", get(show))
}

#[derive(Debug, Deserialize)]
struct Asked {
    onder: Option<i64>,
    controleer: Option<String>,
    kenmerk: Option<String>,
}

async fn show(State(api): State<Api>, Extension(visit): Extension<Visit>, Query(asked): Query<Asked>) -> Answer {
    let filter = AuditFilter { below: asked.onder, limit: 50, ..AuditFilter::default() };
    let log = ops::audit_log(&api.app, &filter).await?;
    let (verdict, tried) = match asked.controleer {
        Some(_) => checked(&api, asked.kenmerk.unwrap_or_default()).await,
        None => (None, Tried::default()),
    };
    let rows: Vec<Vec<Markup>> = log.items.iter().map(row).collect();
    let columns = ["Nummer", "Wanneer", "Wie", "Wat", "Waarover", "Reden", "Van", "Naar"];
    let main = html! {
        h1 { "Auditlog" }
        @match &verdict {
            Some(AuditVerdictView::Whole { entries, newest, kept }) => p.gedaan role="status" {
                "De keten is heel: " (entries) " regels. "
                @if let Some(kept) = kept { "Regel " (kept) ", van het bewaarde kenmerk, is er nog. " }
                "Kenmerk van de nieuwste: " code { (newest) }
            },
            Some(AuditVerdictView::Lacks { entries, .. }) => p.fout role="alert" {
                "De regel van het bewaarde kenmerk is er niet meer: regels zijn van het einde weggenomen, of de auditlog is opnieuw geschreven. Er zijn "
                (entries) " regels."
            },
            Some(AuditVerdictView::Broken { seq, rule }) => p.fout role="alert" {
                "De keten is gebroken bij regel " (seq) ": " span lang="en" { (rule) }
            },
            None => {},
        }
        (tried.told())
        (form(&tried))
        (table("Besluiten, nieuwste eerst", &columns, &rows))
        @if let Some(next) = &log.next { p { a href={ "/auditlog?onder=" (next) } { "Ouder" } } }
    };
    Ok(tried.answer(Page { visit: &visit, title: "Auditlog", menu: "Auditlog", live: false }.show(&main)))
}

/// Whether the log is whole, and the form as it was filled in.
async fn checked(api: &Api, kept: String) -> (Option<AuditVerdictView>, Tried) {
    let expect = Some(kept.as_str()).filter(|kept| !kept.trim().is_empty());
    let verdict = ops::audit_verdict(&api.app, expect).await;
    let fields = Fields::of(vec![("kenmerk".to_owned(), kept)]);
    match verdict {
        Ok(verdict) => (Some(verdict), Tried::filled(check(), fields)),
        Err(error) => {
            let failure = Failure { field: Some("kenmerk"), ..error.into() };
            (None, Tried::refused(check(), fields, failure))
        }
    }
}

fn check() -> Form {
    Form::new("controle", &[("kenmerk", "Kenmerk dat u elders hebt bewaard (mag leeg blijven)")])
}

fn form(tried: &Tried) -> Markup {
    let form = tried.of(check());
    html! {
        form id=(form.form()) method="get" action="/auditlog" {
            input type="hidden" name="controleer" value="ja";
            (form.input("kenmerk", &Input::text(64).pattern("[0-9A-Fa-f]{64}")))
            button { "Controleer of de keten heel is" }
        }
    }
}

fn row(entry: &AuditView) -> Vec<Markup> {
    vec![
        cell(entry.seq.to_string()),
        cell(second(entry.at)),
        cell(&entry.actor),
        html! { span title=(entry.action) { (action(&entry.action)) } },
        cell(&entry.subject),
        cell(&entry.reason),
        value(entry.before.as_ref()),
        value(entry.after.as_ref()),
    ]
}

/// A value as lines of what is in it.
fn value(value: Option<&Value>) -> Markup {
    let told = |value: &Value| match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => word(text).to_owned(),
        Value::Bool(yes) => (if *yes { "ja" } else { "nee" }).to_owned(),
        other => other.to_string(),
    };
    html! {
        @match value {
            None => {},
            Some(Value::Object(of)) => ul.waarden { @for (key, value) in of { li { (field(key)) ": " (told(value)) } } },
            Some(other) => (told(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_in_lines_and_not_as_json() {
        let pause = serde_json::json!({ "kind": "pause", "until": null, "owner": "Jo", "nieuw": [1] });
        let told = value(Some(&pause)).into_string();
        for line in ["soort: gepauzeerd", "tot en met: –", "wie: Jo", "nieuw: [1]"] {
            assert!(told.contains(&format!("<li>{line}</li>")), "{line} in {told}");
        }
        assert_eq!(value(Some(&Value::from("week"))).into_string(), "wekelijks");
        assert_eq!(value(None).into_string(), "");
    }
}
