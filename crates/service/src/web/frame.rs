//! The frame of every page: its head, the menu, tables, forms, and what is said when something goes wrong.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum_extra::extract::CookieJar;
use maud::{DOCTYPE, Markup, html};

use super::fields::CSRF;
use super::files::VERSION;
use super::forms::page_of;
use super::refused::failure;
use super::session::{Visit, visit};
use crate::access::Need;
use crate::api::Api;

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
    html! {
        label for=(id) { "Reden" }
        input id=(id) type="text" name="reason" required maxlength="300" placeholder="komt in het auditlog";
    }
}

/// A table; it scrolls by itself where it is wider than the page.
pub fn table(caption: &str, columns: &[&str], rows: &[Vec<Markup>]) -> Markup {
    table_with(None, caption, columns, rows)
}

/// The same, whose rows are a part of the page that is swapped while something goes on: where it is scrolled to, and what has the focus, stays.
pub fn part_table(part: &str, caption: &str, columns: &[&str], rows: &[Vec<Markup>]) -> Markup {
    table_with(Some(part), caption, columns, rows)
}

fn table_with(part: Option<&str>, caption: &str, columns: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody id=[part] {
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

/// Text as a cell; what is short, such as a date or a code, is not broken over two lines.
pub fn cell(text: impl AsRef<str>) -> Markup {
    const SHORT: usize = 20;
    let text = text.as_ref();
    html! { @if text.chars().count() <= SHORT { span.heel { (text) } } @else { (text) } }
}

/// A term and what is said of it.
pub fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! { dl.kenmerken { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } } }
}

/// What is said after something was done.
pub fn told(text: Option<&str>) -> Markup {
    html! { @if let Some(text) = text { p.gedaan role="status" { (text) } } }
}

/// What went wrong, as a page.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// The field that is wrong, as the form sends it.
    pub field: Option<&'static str>,
    /// What is wrong, in Dutch; none when the status says it all.
    pub what: Option<String>,
    /// Where to go on, and what that is called; none for what goes without saying.
    pub next: Option<(String, &'static str)>,
}

/// What a page answers.
pub type Answer = Result<Response, Failure>;

impl Failure {
    /// A failure of a status.
    pub fn new(status: u16) -> Self {
        Self { status, field: None, what: None, next: None }
    }

    /// What is wrong, in Dutch.
    pub fn saying(self, what: impl Into<String>) -> Self {
        Self { what: Some(what.into()), ..self }
    }

    /// Where to go on.
    pub fn next(self, to: String, words: &'static str) -> Self {
        Self { next: Some((to, words)), ..self }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The kind of failure.
    pub fn title(&self) -> &'static str {
        in_dutch(self.status).0
    }

    /// What is wrong.
    pub fn text(&self) -> String {
        self.what.clone().unwrap_or_else(|| in_dutch(self.status).1.to_owned())
    }

    /// The page, in the frame of who looks.
    fn page(&self, visit: Option<&Visit>) -> Response {
        let (to, words) = match &self.next {
            Some((to, words)) => (to.as_str(), *words),
            None => ("/", "Terug naar het begin"),
        };
        let main = html! {
            h1 { (self.title()) }
            p.fout role="alert" { (sentence(&self.text())) }
            p { a href=(to) { (words) } }
        };
        let page = match visit {
            Some(visit) => Page { visit, title: self.title(), menu: "", live: false }.show(&main),
            None => bare(self.title(), &main),
        };
        (self.status(), page).into_response()
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        failure(&error)
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
        let mut answer = self.page(None);
        answer.extensions_mut().insert(self);
        answer
    }
}

/// Puts a failure into the frame of who looks, with a way on.
pub async fn dress(State(api): State<Api>, jar: CookieJar, request: Request, next: Next) -> Response {
    let (request_was_form, path) = (request.method() == Method::POST, request.uri().path().to_owned());
    let answer = next.run(request).await;
    let Some(failure) = answer.extensions().get::<Failure>().cloned() else { return answer };
    let is_form = request_was_form && failure.next.is_none();
    let failure =
        if is_form { failure.next(page_of(&path), "Terug naar de pagina van het formulier") } else { failure };
    // Whoever can't be known now sees it without a menu.
    failure.page(visit(&api, &jar).await.ok().flatten().as_ref())
}

/// A text as a sentence.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

fn in_dutch(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => ("Dit adres klopt niet", "Er staat iets in het adres dat niet te lezen is."),
        401 => ("U bent niet ingelogd", "Log in en probeer het opnieuw."),
        403 => ("Dit mag u niet", "Uw rol mag dit niet zien of doen."),
        404 => ("Dit is er niet", "De pagina of het onderdeel dat u vraagt, is er niet."),
        405 => ("Zo kan dit niet", "Dit adres kan niet zo worden geopend."),
        408 => ("Dit duurde te lang", "Wat u stuurde kwam niet op tijd binnen. Probeer het opnieuw."),
        409 => ("Dit kan nu niet", "Iets staat dit nu in de weg."),
        413 => ("Dit is te groot", "Wat u stuurt is groter dan wordt aangenomen."),
        402..=499 => ("Dit klopt niet", "Er klopt iets niet in wat u invulde."),
        503 => ("Dit kan nu niet", "De dienst kan dit nu niet doen. Probeer het over enkele minuten opnieuw."),
        _ => ("Er ging iets mis", "De dienst kon dit niet doen. Probeer het opnieuw, of meld het aan de beheerder."),
    }
}
