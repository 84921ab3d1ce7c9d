//! The frame of every page: its head, the menu, tables, forms, and what is said when something goes wrong.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::fields::CSRF;
use super::files::VERSION;
use super::session::Visit;
use crate::access::Need;
use crate::problem::Problem;

/// How the library behaves: it adds no styles of its own, runs no text as code and asks nobody else.
const HTMX: &str =
    r#"{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyEnabled":false}"#;

/// How often a live part is looked at again, in seconds.
pub const LIVE_SECONDS: u32 = 2;

/// A page of somebody who is logged in.
pub struct Page<'a> {
    /// Who looks.
    pub visit: &'a Visit,
    /// What it is about.
    pub title: &'a str,
    /// The entry of the menu that it belongs to.
    pub menu: &'static str,
    /// Whether it shows something that is under way: without JavaScript the whole page is loaded again.
    pub live: bool,
}

impl Page<'_> {
    /// The whole page.
    pub fn show(&self, main: &Markup) -> Html<String> {
        let refresh = html! {
            @if self.live { noscript { meta http-equiv="refresh" content=(LIVE_SECONDS * 3); } }
        };
        let header = html! {
            p.naam { "Monitor Veilig Thuis" }
            nav aria-label="Hoofdmenu" {
                ul {
                    @for (name, to) in menu(self.visit) {
                        li { a href=(to) aria-current=[(name == self.menu).then_some("page")] { (name) } }
                    }
                }
            }
            form.uit method="post" action="/uitloggen" {
                span { (self.visit.caller.actor) }
                button.stil { "Uitloggen" }
            }
        };
        whole(self.title, &refresh, &header, main)
    }
}

/// What somebody may go to.
fn menu(visit: &Visit) -> Vec<(&'static str, String)> {
    let caller = &visit.caller;
    if let Some(vt) = &caller.regio {
        return vec![("Mijn regio", format!("/regio/{vt}")), ("Aanleveren", format!("/regio/{vt}/aanleveren"))];
    }
    let mut menu: Vec<(&'static str, &str)> = vec![
        ("Overzicht", "/overzicht"),
        ("Publicaties", "/publicaties"),
        ("Cadans", "/cadans"),
        ("Backfill", "/backfill"),
        ("Runs", "/runs"),
        ("Alarmen", "/alarmen"),
    ];
    if Need::Steer.met_by(caller.role, false) {
        menu.push(("Auditlog", "/auditlog"));
    }
    menu.into_iter().map(|(name, to)| (name, to.to_owned())).collect()
}

/// A page without a menu.
pub fn bare(title: &str, main: &Markup) -> Html<String> {
    whole(title, &html! {}, &html! { p.naam { "Monitor Veilig Thuis" } }, main)
}

fn whole(title: &str, head: &Markup, header: &Markup, main: &Markup) -> Html<String> {
    let markup = html! {
        (DOCTYPE)
        html lang="nl" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta name="htmx-config" content=(HTMX);
                title { (title) " · Monitor Veilig Thuis" }
                link rel="icon" type="image/svg+xml" href="/favicon.ico";
                link rel="stylesheet" href={ "/vast/stijl.css?" (VERSION) };
                script src={ "/vast/htmx.js?" (VERSION) } defer {}
                (head)
            }
            body {
                a.skip href="#inhoud" { "Direct naar de inhoud" }
                header.top { (header) }
                main #inhoud tabindex="-1" { (main) }
            }
        }
    };
    Html(markup.into_string())
}

/// The hidden field that every form carries.
pub fn csrf(visit: &Visit) -> Markup {
    html! { input type="hidden" name=(CSRF) value=(visit.csrf); }
}

/// A field for the reason of a change.
pub fn reason(id: &str) -> Markup {
    reason_field(id, "Reden", true)
}

/// The same, of a change that only sometimes needs one; `when` says so in Dutch.
pub fn reason_when(id: &str, when: &str) -> Markup {
    reason_field(id, &format!("Reden ({when})"), false)
}

fn reason_field(id: &str, label: &str, required: bool) -> Markup {
    html! {
        label for=(id) { (label) }
        input id=(id) type="text" name="reason" required[required] maxlength="300" placeholder="komt in het auditlog";
    }
}

/// A table; it scrolls by itself where it is wider than the page.
pub fn table(caption: &str, columns: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (index, cell) in row.iter().enumerate() {
                                @if index == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
        @if rows.is_empty() { p.klein { "Er is niets." } }
    }
}

/// Text as a cell.
pub fn cell(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}

/// A term and what is said of it.
pub fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! { dl.kenmerken { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } } }
}

/// What is said after something was done.
pub fn told(text: Option<&str>) -> Markup {
    html! { @if let Some(text) = text { p.gedaan role="status" { (text) } } }
}

/// A problem as a page.
#[derive(Debug)]
pub struct Failure(pub Problem);

/// What a page answers.
pub type Answer = Result<Response, Failure>;

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let problem = Problem::of(&error);
        if Problem::is_ours(&error) {
            tracing::error!("a page failed: {error:#}");
        }
        Self(problem)
    }
}

impl From<crate::ops::Wrong> for Failure {
    fn from(wrong: crate::ops::Wrong) -> Self {
        anyhow::Error::from(wrong).into()
    }
}

impl From<vt_ledger::LedgerError> for Failure {
    fn from(error: vt_ledger::LedgerError) -> Self {
        anyhow::Error::from(error).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let (title, what) = in_dutch(problem.status);
        let main = html! {
            h1 { (title) }
            p.fout role="alert" { (what) }
            @if let Some(field) = &problem.field { p { "Het gaat om het veld " code { (field) } "." } }
            @if let Some(detail) = &problem.detail {
                details open { summary { "Melding van het systeem" } p lang="en" { (detail) } }
            }
            p { a href="/" { "Terug naar het begin" } }
        };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, bare(title, &main)).into_response()
    }
}

fn in_dutch(status: u16) -> (&'static str, &'static str) {
    match status {
        401 => ("U bent niet ingelogd", "Log in en probeer het opnieuw."),
        403 => (
            "Dit mag u niet",
            "Uw toegangscode geeft hier geen recht op, of dit formulier is verlopen. Open de pagina opnieuw.",
        ),
        404 => ("Dit is er niet", "De pagina of het onderdeel dat u vraagt, is er niet."),
        409 => ("Dit kan nu niet", "De toestand is anders dan waarvan werd uitgegaan. Er is niets veranderd."),
        413 => ("Dit is te groot", "Wat u stuurt is groter dan wordt aangenomen. Er is niets veranderd."),
        400..=499 => ("Dit klopt niet", "Er klopt iets niet in wat u invulde. Er is niets veranderd."),
        _ => ("Er ging iets mis", "De dienst kon dit niet doen. Probeer het opnieuw, of meld het aan de beheerder."),
    }
}
