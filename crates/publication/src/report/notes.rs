//! The part of the page with definitions, reasons, breaks and sources.

use maud::{Markup, html};

use super::data::Data;
use super::format;
use super::page::{Column, section, table};
use crate::indicators::Effect;

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
            @for measure in &data.explanation().maten { dt { (measure.label) } dd { (measure.omschrijving) } }
            dt { "Veilig Thuis" }
            dd { "Advies- en meldpunt voor huiselijk geweld en kindermishandeling." }
            dt { "Voorlopig" }
            dd { "Er ontbreekt nog iets, of een regio heeft een maand nog niet tot het einde geleverd." }
            dt { "Nader voorlopig" }
            dd { "Alle maanden zijn geheel geleverd; er kunnen nog correcties komen." }
            dt { "Definitief" }
            dd { "Het halfjaar is afgesloten en er zijn drie weken voorbij." }
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
                        strong { (format::date(found.datum)) ": " (found.titel) ". " }
                        (found.tekst)
                        @if !found.gebieden.is_empty() { " Betreft " (found.gebieden.join(", ")) "." }
                        @if found.gevolg == Effect::GeenVergelijking { " Vergelijkingen over deze dag heen zijn leeg." }
                    }
                }
            }
        }
    }
}

fn compared(data: &Data<'_>) -> Markup {
    let columns = [Column::text("Vergelijking"), Column::text("Periode"), Column::number("Uitgave")];
    let row = |found: &crate::render::explanation::ComparedIssue| {
        vec![format::words(found.met.code()), found.periode.to_string(), found.uitgave.to_string()]
    };
    let rows: Vec<Vec<String>> = data.explanation().vergelijking.iter().map(row).collect();
    html! {
        @if !rows.is_empty() {
            h3 { "Waarmee is vergeleken" }
            (table("Gepubliceerde uitgaven waarmee veranderingen zijn berekend", &columns, &rows))
        }
    }
}

fn sources(data: &Data<'_>) -> Markup {
    let explanation = data.explanation();
    let mut years: Vec<i32> = explanation.inwoners.iter().map(|row| row.jaar).collect();
    years.sort_unstable();
    years.dedup();
    let years: Vec<String> = years.iter().map(i32::to_string).collect();
    html! {
        h3 { "Bronnen" }
        ul {
            li { "Aantallen: registraties van de Veilig Thuis-organisaties, afgerond door vt-monitor." }
            li {
                "Inwoners en indeling van gemeenten en regio's: CBS, CC BY 4.0 (register " (explanation.indeling.register) ")."
                @if !years.is_empty() { " Inwoners van " (years.join(", ")) "." }
            }
            li { "Grenzen op de kaart: CBS gebiedsindelingen 2020 en Kadaster, CC BY 4.0, vereenvoudigd." }
            li {
                "Dezelfde cijfers staan in de bestanden kerncijfers, verdelingen, indicatoren, dekking en wijzigingen van deze uitgave "
                "(parquet, json en csv), met alle begrippen in toelichting.json."
            }
        }
    }
}
