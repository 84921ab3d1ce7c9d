//! A backfill: how far it is, and what is decided about it. Only what changed is swapped while it goes on, so that nothing that
//! is opened or half typed is lost.

use maud::{Markup, html};

use crate::causes;
use crate::views::{BackfillItemView, BackfillView};
use crate::web::forms::{Form, REASON, Tried};
use crate::web::frame::{LIVE_SECONDS, Page, cell, csrf, facts, part_table, told};
use crate::web::session::Visit;
use crate::web::words::{month, time, word};

/// What can be decided: its address, the button, and what is said once it is done.
pub const WAYS: [(&str, &str, &str); 4] = [
    ("pauze", "Pauzeer", "De backfill is gepauzeerd."),
    ("hervat", "Ga verder", "De backfill gaat verder."),
    ("stop", "Stop voorgoed", "De backfill is gestopt."),
    ("opnieuw", "Probeer wat mislukte opnieuw", "Wat mislukte, wordt opnieuw geprobeerd."),
];

/// To decide something about a backfill.
pub fn deciding(way: &str) -> Form {
    Form::new(format!("besluit-{way}"), &[REASON])
}

/// What forms somebody sees: those of the state, and whether something can be tried again.
pub fn stand(view: &BackfillView) -> String {
    format!("{}-{}", view.state, if can_retry(view) { "opnieuw" } else { "niets" })
}

fn can_retry(view: &BackfillView) -> bool {
    // One that was stopped for good, or went well, stays as it is.
    let can_go_on = !matches!(view.state.as_str(), "cancelled" | "done");
    can_go_on && (view.failed > 0 || view.unpublished.is_some())
}

/// What is said after a decision, or after it was begun.
pub fn done(what: Option<&str>) -> Markup {
    told(what.and_then(|what| match what {
        "begonnen" => Some("De backfill is begonnen; hij gaat door als u deze pagina verlaat."),
        way => WAYS.iter().find(|(of, ..)| *of == way).map(|(.., words)| *words),
    }))
}

/// The page; `has`: the forms that whoever asks for it again has on the page already.
pub fn page(
    visit: &Visit,
    view: &BackfillView,
    has: Option<&str>,
    done: &Markup,
    tried: &Tried,
) -> axum::response::Response {
    let id = view.id;
    let is_live = view.ended_at.is_none();
    let address = || format!("/backfill/{id}?stand={}", stand(view));
    let title = format!("Backfill {id}");
    let main = html! {
        h1 { (title) }
        (done)
        (tried.told())
        @if is_live { noscript { p { a href={ "/backfill/" (id) } { "Ververs deze pagina" } } } }
        div #live hx-get=[is_live.then(address)] hx-trigger=[is_live.then(|| format!("every {LIVE_SECONDS}s"))]
            hx-select="#live" hx-select-oob="#regio-maanden,#besluiten,#opnieuw" hx-swap="outerHTML" {
            (progress(view))
        }
        (items(view))
        @if visit.caller.may_see_details() { (steering(visit, view, has, tried)) }
    };
    tried.answer(Page { visit, title: &title, menu: "Backfill", live: false }.show(&main))
}

/// How far it is: what is done is the bar, what else became of region-months is named.
fn progress(view: &BackfillView) -> Markup {
    let all = view.waiting + view.done + view.failed + view.cancelled;
    let rest = [(view.waiting, "te doen"), (view.failed, "mislukt"), (view.cancelled, "afgebroken")];
    html! {
        p {
            progress value=(view.done) max=(all.max(1)) aria-label="Voortgang" {}
            " " (view.done) " van " (all) " regio-maanden klaar"
            @for (n, what) in rest { @if n > 0 { ", " (n) " " (what) } }
        }
        (facts(&[
            ("Toestand", cell(word(&view.state))),
            ("Begonnen", cell(time(view.begun_at))),
            ("Geëindigd", cell(view.ended_at.map_or_else(|| "nog niet".to_owned(), time))),
            ("Einde verwacht", cell(view.expected_end.map_or_else(|| "–".to_owned(), time))),
            ("Klaar", cell(view.done.to_string())),
            ("Mislukt", cell(view.failed.to_string())),
            ("Afgebroken", cell(view.cancelled.to_string())),
            ("Wie", cell(&view.actor)),
            ("Reden", cell(view.reason.as_deref().unwrap_or("geen"))),
        ]))
        @if let Some(why) = &view.unpublished {
            p.fout { "Niet alles kon verschijnen." @if !why.is_empty() { br; span.klein lang="en" { (why) } } }
        }
    }
}

fn items(view: &BackfillView) -> Markup {
    let row = |it: &BackfillItemView| {
        vec![html! { (it.vt) " " (month(it.maand)) }, cell(word(&it.state)), cell(it.attempts.to_string()), failure(it)]
    };
    let rows: Vec<Vec<Markup>> = view.items.iter().map(row).collect();
    html! {
        details open[view.failed > 0] {
            summary { "Regio-maanden" }
            (part_table("regio-maanden", "Regio-maanden", &["Regio-maand", "Toestand", "Pogingen", "Wat misging"], &rows))
        }
    }
}

/// Why a region-month failed: in Dutch, and for operators what the system says.
fn failure(it: &BackfillItemView) -> Markup {
    let message = it.failure.as_deref().unwrap_or_default();
    html! {
        @if let Some(class) = &it.class { (causes::pull(class)) }
        @if !message.is_empty() { br; span.klein lang="en" { (message) } }
    }
}

/// The forms. A part that whoever asks has already is left out, so that what is typed there stays; an empty one takes its place when
/// there is nothing to decide.
fn steering(visit: &Visit, view: &BackfillView, has: Option<&str>, tried: &Tried) -> Markup {
    let ways: &[&str] = match view.state.as_str() {
        "running" => &["pauze", "stop"],
        "paused" => &["hervat", "stop"],
        _ => &[],
    };
    let (state, retry) = has.and_then(|has| has.split_once('-')).unwrap_or_default();
    let again: &[&str] = if can_retry(view) { &["opnieuw"] } else { &[] };
    html! {
        @if state != view.state { section #besluiten { (forms(visit, view.id, ways, tried)) } }
        @if (retry == "opnieuw") != can_retry(view) || retry.is_empty() { section #opnieuw { (forms(visit, view.id, again, tried)) } }
    }
}

fn forms(visit: &Visit, id: i64, ways: &[&str], tried: &Tried) -> Markup {
    html! {
        @if !ways.is_empty() {
            h2 { "Besluiten" }
            div.kaarten {
                @for (way, button, _) in WAYS.iter().filter(|(way, ..)| ways.contains(way)) {
                    @let form = tried.of(deciding(way));
                    form.kaart id=(form.form()) method="post" action={ "/backfill/" (id) "/" (way) } {
                        (csrf(visit))
                        (form.reason())
                        button { (button) }
                    }
                }
            }
        }
    }
}
