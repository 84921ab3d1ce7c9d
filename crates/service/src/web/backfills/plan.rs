//! What a backfill would do, to be confirmed.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::backfill::{BackfillPlan, Effect, PlannedSnapshot};
use crate::web::frame::{Page, cell, csrf, facts, table};
use crate::web::session::Visit;
use crate::web::words::{count, month};

/// The page of a plan; `text` is the plan as it is sent back to be carried out.
pub fn page(visit: &Visit, plan: &BackfillPlan, text: &str) -> Response {
    let main = html! {
        h1 { "Plan voor een backfill" }
        (facts(&[
            ("Maanden", html! { (month(plan.asked.from)) " t/m " (month(plan.asked.to)) }),
            ("Regio's", cell(if plan.asked.regions.is_empty() { "alle".to_owned() } else { plan.asked.regions.join(", ") })),
            ("Op te halen", cell(count(plan.pulls.len(), "regio-maand", "regio-maanden"))),
            ("Overgeslagen", cell(count(plan.skipped.len(), "regio-maand", "regio-maanden"))),
            ("Reden", cell(plan.asked.reason.as_deref().unwrap_or("geen"))),
        ]))
        h2 { "Gevolgen per periode" }
        (table("Gevolgen per periode", &["Periode", "Gevolg", "Uitgave", "Nieuw geleverd", "Cellen die veranderen"], &effects(plan)))
        (skipped(plan))
        @if plan.pulls.is_empty() { p.fout { "Dit plan haalt niets op." } }
        @else {
            form.kaart method="post" action="/backfill" {
                (csrf(visit))
                input type="hidden" name="plan" value=(text);
                p { "Het plan geldt zolang er niets verandert. Is er dan iets anders, dan begint er niets en ziet u wat." }
                button { "Begin deze backfill" }
                " " a href="/backfill" { "Toch niet" }
            }
        }
    };
    Page { visit, title: "Plan voor een backfill", menu: "Backfill", live: false }.show(&main).into_response()
}

fn effects(plan: &BackfillPlan) -> Vec<Vec<Markup>> {
    let cells = |it: &PlannedSnapshot| match &it.cells {
        None => "nog niet te zeggen".to_owned(),
        Some(areas) if areas.values().all(|cells| cells.changed == 0) => "geen".to_owned(),
        Some(areas) => {
            let changed = areas.iter().filter(|(_, cells)| cells.changed > 0);
            changed
                .map(|(area, cells)| format!("{area}: {} van {}", cells.changed, cells.of))
                .collect::<Vec<_>>()
                .join("; ")
        }
    };
    let new = |it: &PlannedSnapshot| {
        it.new
            .iter()
            .map(|new| format!("{} {} nr. {}", new.vt, month(new.maand), new.counts))
            .collect::<Vec<_>>()
            .join("; ")
    };
    let row = |it: &PlannedSnapshot| {
        vec![
            cell(it.periode.to_string()),
            cell(effect(it.effect)),
            cell(it.issue.to_string()),
            cell(new(it)),
            cell(cells(it)),
        ]
    };
    plan.snapshots.iter().map(row).collect()
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::FirstIssue => "verschijnt voor het eerst",
        Effect::NewIssue => "krijgt een nieuwe uitgave",
        Effect::WaitsForItsDay => "veranderd, wacht op zijn dag",
        Effect::FollowsAsSum => "volgt als som",
        Effect::IfCountsDiffer => "nieuwe uitgave als een telling verandert door leveringen van eerdere maanden",
        Effect::IfDelivered => "alleen als er iets nieuws geleverd wordt",
    }
}

fn skipped(plan: &BackfillPlan) -> Markup {
    html! {
        @if !plan.skipped.is_empty() {
            details {
                summary { "Overgeslagen regio-maanden" }
                ul { @for it in &plan.skipped { li { (it.vt) " " (month(it.maand)) ": " (left_out(&it.why)) } } }
            }
        }
    }
}

/// Why a plan leaves a region-month out, in Dutch; as it is when it is not known.
fn left_out(why: &str) -> String {
    match why.split_once(": ") {
        Some(("is kept out", reason)) => format!("gepauzeerd of buiten gebruik: {reason}"),
        _ if why == "has no source in regions.toml" => "er is geen leverpunt ingesteld".to_owned(),
        _ => why.to_owned(),
    }
}
