//! `rapport.html`, one page with all that a snapshot shows, and `index.html`, the page of the whole store.
//!
//! Both are one file each: nothing is loaded, nothing is run, so they can be read from a disk or a mail. They are made from published
//! values only, hold no clock and are the same bytes on any machine.

mod bars;
mod breakdowns;
mod canvas;
mod changed;
mod covered;
mod data;
mod format;
mod headline;
pub mod index;
mod lines;
mod map;
mod notes;
mod page;
mod regions;
mod scale;
mod series;
mod shapes;
mod trends;

#[cfg(test)]
mod tests;

use maud::{Markup, html};
use vt_domain::PeriodKind;

use crate::render::Contents;
use data::Data;

pub use index::{INDEX_FILE, index};

/// The file's name.
pub const REPORT_FILE: &str = "rapport.html";

/// The part that ISO years don't have: of a year there is no time of year.
const EXCEPTIONAL: &str = "opvallend";

/// The parts of the page, with their ids.
const PARTS: [(&str, &str); 10] = [
    ("lezen", "Zo leest u de cijfers"),
    ("kerncijfers", "Nederland"),
    (EXCEPTIONAL, "Wat valt op"),
    ("kaart", "Kaart"),
    ("regios", "Regio's"),
    ("verloop", "Verloop"),
    ("verdelingen", "Verdelingen"),
    ("dekking", "Dekking"),
    ("wijzigingen", "Wijzigingen"),
    ("toelichting", "Toelichting"),
];

/// The page of a snapshot.
pub fn report(contents: &Contents<'_>) -> Vec<u8> {
    let data = Data::new(contents);
    let main = html! {
        (reading(&data))
        (table_of_contents(&data))
        (headline::headline(&data))
        @if says_what_is_exceptional(&data) { (headline::exceptional(&data)) }
        (map::maps(&data))
        (regions::regions(&data))
        (trends::trends(&data))
        (breakdowns::breakdowns(&data))
        (covered::coverage(&data))
        (changed::changes(&data))
        (notes::notes(&data))
    };
    let explanation = data.explanation();
    let title = format!("Veilig Thuis, {} (uitgave {})", explanation.label, explanation.uitgave);
    page::page(&title, None, &header(&data), &main, &footer(&data))
}

fn says_what_is_exceptional(data: &Data<'_>) -> bool {
    data.explanation().cadans != PeriodKind::IsoYear
}

fn header(data: &Data<'_>) -> Markup {
    let explanation = data.explanation();
    html! {
        p.naam { "Monitor Veilig Thuis" }
        h1 { "Adviezen en meldingen, " span { (short_label(&explanation.label)) } }
        dl.kenmerken {
            div { dt { "Periode" } dd { (explanation.periode) " · " (format::date(explanation.begin)) " t/m " (format::date(explanation.eind)) } }
            div { dt { "Uitgave" } dd { (explanation.uitgave) @if explanation.uitgave > 1 { " (herzien)" } } }
            div { dt { "Status" } dd { (format::status(explanation.status)) } }
            div { dt { "Verschijnt" } dd { (format::cadence(explanation.cadans)) } }
        }
        p.klein {
            "Dit bestand verandert nooit. Of deze uitgave is vervangen of ingetrokken, of een erratum kreeg, staat in "
            a href="../../../../index.html" { "index.html" } " van de verzameling, en voor programma's in latest.json."
        }
        @if !explanation.delen.is_empty() {
            p.klein {
                "Som van "
                (explanation.delen.iter().map(|part| format!("{} (uitgave {})", part.periode, part.uitgave)).collect::<Vec<_>>().join(", "))
                "."
            }
        }
    }
}

/// The period without its dates, which stand below it; weeks are not torn apart at the end of a line.
fn short_label(label: &str) -> String {
    let end = label.find([',', '(']).unwrap_or(label.len());
    label[..end].trim_end().replace('–', "\u{2060}–\u{2060}")
}

/// How the figures are read: rounding first, as ours is coarser than that of CBS.
fn reading(data: &Data<'_>) -> Markup {
    let policy = &data.explanation().beleid;
    let body = html! {
        p {
            "Alle aantallen zijn " strong { "veelvouden van " (policy.veelvoud) } " en verschillen ten hoogste "
            strong { (policy.grens) } " van het geregistreerde aantal (" (format::plus_minus(policy.grens)) "). Dat is ruimer dan de " (format::plus_minus(2)) " die u van CBS kent. "
            "Zo is niemand herkenbaar, en tellen alle tabellen op."
        }
        p {
            "Een 0 staat voor een klein aantal, niet per se voor niets. Een leeg cijfer is er niet; de reden staat erbij. "
            strong { "Adviezen en meldingen worden nooit bij elkaar opgeteld: " } "het zijn verschillende dingen."
        }
    };
    html! {
        section.lezen #lezen aria-labelledby="lezen-titel" {
            h2 #lezen-titel { "Zo leest u deze cijfers" }
            div { (body) }
        }
    }
}

fn table_of_contents(data: &Data<'_>) -> Markup {
    let parts = PARTS.into_iter().filter(|(id, _)| *id != EXCEPTIONAL || says_what_is_exceptional(data));
    html! {
        nav.inhoud aria-label="Inhoud" {
            ul { @for (id, title) in parts { li { a href={ "#" (id) } { (title) } } } }
        }
    }
}

fn footer(data: &Data<'_>) -> Markup {
    let explanation = data.explanation();
    html! {
        p {
            "Veilig Thuis, " (explanation.periode) ", uitgave " (explanation.uitgave) "."
        }
    }
}
