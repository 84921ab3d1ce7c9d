//! Forms: their labels, and what was filled in of one that was refused, so that nobody has to fill it in twice.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use super::fields::Fields;
use super::frame::{Failure, sentence};

/// The label of a reason, as most forms have it.
pub const REASON: (&str, &str) = ("reason", "Reden");

/// A form: its name on the page, and the labels of its fields.
#[derive(Debug, Clone)]
pub struct Form {
    /// The name, of which no other is on the page.
    pub id: Cow<'static, str>,
    /// The fields, and what people see of them.
    pub labels: &'static [(&'static str, &'static str)],
}

impl Form {
    /// A form with these labels.
    pub fn new(id: impl Into<Cow<'static, str>>, labels: &'static [(&'static str, &'static str)]) -> Self {
        Self { id: id.into(), labels }
    }

    fn label(&self, name: &str) -> Option<&'static str> {
        self.labels.iter().find(|(of, _)| *of == name).map(|(_, label)| *label)
    }
}

/// What was sent of the forms of a page: nothing mostly, or one that was refused or is to be sent once more.
#[derive(Debug, Default)]
pub struct Tried(Option<Attempt>);

#[derive(Debug)]
struct Attempt {
    form: Form,
    fields: Fields,
    failure: Option<Failure>,
}

impl Tried {
    /// A form that was refused.
    pub fn refused(form: Form, fields: Fields, failure: Failure) -> Self {
        Self(Some(Attempt { form, fields, failure: Some(failure) }))
    }

    /// A form that is shown as it was filled in.
    pub fn filled(form: Form, fields: Fields) -> Self {
        Self(Some(Attempt { form, fields, failure: None }))
    }

    /// What is said of a refusal, on top of the page.
    pub fn told(&self) -> Markup {
        let Some(Attempt { form, failure: Some(failure), .. }) = &self.0 else { return html! {} };
        let label = failure.field.and_then(|field| form.label(field));
        html! {
            p.fout role="alert" {
                strong { (failure.title()) ". " }
                (sentence(&label.map_or_else(|| failure.text(), |label| format!("{label}: {}", failure.text()))))
                @if failure.status < 500 { " Er is niets veranderd. " }
                a href={ "#" (form.id) } { "Naar het formulier" }
            }
        }
    }

    /// A page with the status of the refusal.
    pub fn answer(&self, page: Html<String>) -> Response {
        let failure = self.0.as_ref().and_then(|attempt| attempt.failure.as_ref());
        let status = failure.map_or(StatusCode::OK, Failure::status);
        (status, page).into_response()
    }

    /// A form as it is drawn on the page.
    pub fn of(&self, form: Form) -> Drawn<'_> {
        let attempt = self.0.as_ref().filter(|attempt| attempt.form.id == form.id);
        Drawn { form, attempt }
    }
}

/// A form as it is drawn: empty, or as it was filled in.
pub struct Drawn<'a> {
    form: Form,
    attempt: Option<&'a Attempt>,
}

impl Drawn<'_> {
    /// The name of the form.
    pub fn form(&self) -> &str {
        &self.form.id
    }

    /// The name of a field on the page.
    pub fn id(&self, name: &str) -> String {
        format!("{}-{name}", self.form.id)
    }

    /// The label of a field.
    pub fn label(&self, name: &str) -> Markup {
        html! { label for=(self.id(name)) { (self.form.label(name).unwrap_or(name)) } }
    }

    /// What was filled in.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attempt.map(|attempt| attempt.fields.text(name))
    }

    /// Whether a value of a list, or a mark, was chosen; `at_first`: whether it is before anybody chose.
    pub fn chosen(&self, name: &str, value: &str, at_first: bool) -> bool {
        self.attempt.map_or(at_first, |attempt| attempt.fields.all(name).iter().any(|it| it == value))
    }

    /// What is wrong with a field.
    fn rule(&self, name: &str) -> Option<String> {
        let failure = self.attempt?.failure.as_ref()?;
        (failure.field == Some(name)).then(|| failure.text())
    }

    /// Whether a field is wrong, as assistive technology is told.
    pub fn invalid(&self, name: &str) -> Option<&'static str> {
        self.rule(name).map(|_| "true")
    }

    /// Where a wrong field is explained.
    pub fn explained(&self, name: &str) -> Option<String> {
        self.rule(name).map(|_| format!("{}-fout", self.id(name)))
    }

    /// What is wrong with a field, below it.
    pub fn wrong(&self, name: &str) -> Markup {
        html! {
            @if let (Some(rule), Some(id)) = (self.rule(name), self.explained(name)) { p.klein.fout id=(id) { (sentence(&rule)) } }
        }
    }

    /// A field with its label, and what is wrong with it.
    pub fn input(&self, name: &str, how: &Input) -> Markup {
        html! {
            (self.label(name))
            (self.bare(name, how))
            (self.wrong(name))
        }
    }

    /// A field alone.
    pub fn bare(&self, name: &str, how: &Input) -> Markup {
        html! {
            input id=(self.id(name)) type=(how.kind) name=(name) required[how.is_required] maxlength=[how.longest]
                placeholder=[how.hint] pattern=[how.pattern] min=[how.least]
                value=[self.value(name).or(how.at_first.as_deref()).filter(|text| !text.is_empty())]
                aria-invalid=[self.invalid(name)] aria-describedby=[self.explained(name)] autofocus[self.invalid(name).is_some()];
        }
    }

    /// A field for the reason of a change.
    pub fn reason(&self) -> Markup {
        self.input("reason", &Input::reason().required())
    }
}

/// How a field is typed.
#[derive(Debug, Clone, Default)]
pub struct Input {
    kind: &'static str,
    is_required: bool,
    longest: Option<u32>,
    hint: Option<&'static str>,
    pattern: Option<&'static str>,
    at_first: Option<String>,
    least: Option<u32>,
}

impl Input {
    /// Text of at most so many characters.
    pub fn text(longest: u32) -> Self {
        Self { kind: "text", longest: Some(longest), ..Self::default() }
    }

    /// A reason.
    pub fn reason() -> Self {
        Self::text(300).hint("komt in het auditlog")
    }

    /// A day.
    pub fn day() -> Self {
        Self { kind: "date", ..Self::default() }
    }

    /// A month; a browser that does not know months takes it as text.
    pub fn month() -> Self {
        Self { kind: "month", hint: Some("2020-07"), pattern: Some("[0-9]{4}-[0-9]{2}"), ..Self::default() }
    }

    /// A number from 1 on.
    pub fn number() -> Self {
        Self { kind: "number", least: Some(1), ..Self::default() }
    }

    /// It must be filled in.
    pub fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// An example.
    pub fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// How text must look.
    pub fn pattern(self, pattern: &'static str) -> Self {
        Self { pattern: Some(pattern), ..self }
    }

    /// What stands there before anybody fills it in.
    pub fn at_first(self, text: &impl ToString) -> Self {
        Self { at_first: Some(text.to_string()), ..self }
    }
}

/// The page on which the form of an address stands: what only takes forms can't be opened.
pub fn page_of(path: &str) -> String {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts[..] {
        ["ronde"] | ["afspraken", ..] => "/overzicht".to_owned(),
        ["uitloggen"] => "/".to_owned(),
        ["regio", vt, "pauze" | "hervat" | "storing" | "uitstel"] => format!("/regio/{vt}"),
        ["backfill", "plan"] => "/backfill".to_owned(),
        ["backfill", id, _] => format!("/backfill/{id}"),
        ["publicaties", "opdracht"] | ["publicaties", .., "vervallen"] => "/publicaties".to_owned(),
        ["alarmen", ..] => "/alarmen".to_owned(),
        _ => path.to_owned(),
    }
}
