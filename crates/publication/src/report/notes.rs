//! The part of the page with definitions, reasons, breaks and sources.

use maud::{Markup, html};

use super::data::Data;
use super::format;
use super::page::{Column, section, table};
use crate::render::explanation::ComparedIssue;
use crate::render::wording;

/// What a reader must know, at length.
pub(super) fn notes(data: &Data<'_>) -> Markup {
    let body = html! {
        (read_this(data))
        (definitions(data))
        (reasons(data))
        (breaks(data))
        (compared(data))
        (sources(data))
    };
    section("toelichting", "Toelichting", &body)
}

fn read_this(data: &Data<'_>) -> Markup {
    html! {
        h3 { "Lees dit" }
        ul { @for sentence in &data.explanation().lees_dit { li { (sentence) } } }
    }
}

fn definitions(data: &Data<'_>) -> Markup {
    html! {
        h3 { "Wat is geteld" }
        dl.begrippen {
            @for measure in &data.explanation().maten {
                dt { (measure.label) }
                dd { (measure.omschrijving) " " (wording::counted_by(measure)) }
            }
            dt { "Veilig Thuis" }
            dd { "Advies- en meldpunt voor huiselijk geweld en kindermishandeling." }
            dt { "Voorlopig" }
            dd { "Er ontbreekt nog iets, of een regio heeft een maand nog niet tot het einde geleverd." }
            dt { "Nader voorlopig" }
            dd { "Alle maanden zijn geheel geleverd; er kunnen nog correcties komen." }
            dt { "Definitief" }
            dd { "Het halfjaar is afgesloten en er zijn drie weken voorbij." }
            dt { "Niet dezelfde status" }
            dd {
                "Staat bij een verandering als de ene periode bijvoorbeeld definitief is en de andere voorlopig. Op het voorlopige cijfer \
                 kunnen nog correcties komen, en daarmee op de verandering. In de bestanden: rijpheid_verschilt."
            }
        }
    }
}

fn reasons(data: &Data<'_>) -> Markup {
    html! {
        h3 { "Waarom een cijfer leeg is" }
        dl.begrippen {
            @for reason in &data.explanation().redenen {
                dt { (format::sentence(format::reason(Some(reason.reden_leeg)))) }
                dd { (reason.betekenis) }
            }
        }
    }
}

fn breaks(data: &Data<'_>) -> Markup {
    let breaks = &data.explanation().reeksbreuken;
    html! {
        h3 { "Reeksbreuken en gebeurtenissen" }
        @if breaks.is_empty() {
            p { "In de perioden waarmee wordt vergeleken, zijn geen reeksbreuken bekend." }
        } @else {
            ol.gebeurtenissen {
                @for found in breaks {
                    li {
                        strong { (wording::break_title(found)) ". " }
                        (wording::break_text(found))
                    }
                }
            }
        }
    }
}

fn compared(data: &Data<'_>) -> Markup {
    let columns = [Column::text("Vergelijking"), Column::text("Periode"), Column::number("Uitgave")];
    // One issue can be what several comparisons look at: it is named once.
    let mut issues: Vec<(&ComparedIssue, Vec<String>)> = Vec::new();
    for found in &data.explanation().vergelijking {
        let name = format::words(found.met.code());
        match issues.iter_mut().find(|(other, _)| other.periode == found.periode) {
            Some((_, names)) => names.push(name),
            None => issues.push((found, vec![name])),
        }
    }
    let row = |(found, names): &(&ComparedIssue, Vec<String>)| {
        vec![names.join(", "), found.periode.to_string(), found.uitgave.to_string()]
    };
    let rows: Vec<Vec<String>> = issues.iter().map(row).collect();
    html! {
        @if !rows.is_empty() {
            h3 { "Waarmee is vergeleken" }
            (table("Gepubliceerde uitgaven waarmee veranderingen zijn berekend", &columns, &rows))
        }
    }
}

fn sources(data: &Data<'_>) -> Markup {
    html! {
        h3 { "Bronnen" }
        ul {
            @for source in wording::sources(data.explanation()) { li { (source) } }
            li { "Grenzen op de kaart: CBS gebiedsindelingen 2020 en Kadaster, CC BY 4.0, vereenvoudigd." }
            li { "Licentie van de cijfers: " (wording::licence_of_figures()) }
            li {
                "Dezelfde cijfers staan in de bestanden kerncijfers, verdelingen, indicatoren, dekking en wijzigingen van deze uitgave "
                "(parquet, json en csv), met alle begrippen in toelichting.json."
            }
        }
    }
}
