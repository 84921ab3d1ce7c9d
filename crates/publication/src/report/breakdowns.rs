//! The part of the page with breakdowns of the Netherlands.

use maud::{Markup, html};
use vt_domain::measure::{Dimensie, Maat};

use super::bars::{Bar, chart};
use super::canvas::Alt;
use super::data::{Data, NL};
use super::format;
use super::page::{Column, Picture, section, table};
use crate::render::explanation::BreakdownDefinition;

/// What stands for an unknown category, last.
const UNKNOWN: &str = "onbekend";

/// Breakdowns of the Netherlands, each as bars.
pub(super) fn breakdowns(data: &Data<'_>) -> Markup {
    let measures = [Maat::GestarteAdviezen, Maat::OntvangenMeldingen];
    let body = html! {
        p { "Aantallen voor Nederland; elk verschilt ten hoogste " (data.bound()) " van het geregistreerde aantal. De balken van één figuur hebben dezelfde schaal." }
        @for maat in measures {
            h3.groep { (maat.label()) }
            (of_measure(data, maat))
        }
    };
    section("verdelingen", "Verdelingen", &body)
}

fn of_measure(data: &Data<'_>, maat: Maat) -> Markup {
    let total = data.total(NL, maat);
    let given = total.is_some_and(|total| total.waarde.is_some());
    let of = data.explanation().verdelingen.iter().filter(|found| found.maat == maat);
    html! {
        @if given {
            div.staven { @for definition in of { (breakdown(data, definition)) } }
        } @else {
            p.leeg { "Geen cijfers voor Nederland: " (format::reason(total.and_then(|total| total.reden))) "." }
        }
    }
}

fn breakdown(data: &Data<'_>, definition: &BreakdownDefinition) -> Markup {
    let bars = bars(data, definition);
    let (maat, dimensie) = (definition.maat, definition.dimensie);
    let id = format!("verdeling-{}-{}", maat.code(), dimensie.code());
    let title = format!("{}: {}", maat.label(), word(dimensie).to_lowercase());
    let say =
        |bar: &Bar<'_>| format!("{} {}", bar.label, bar.value.map_or_else(|| bar.reason.to_owned(), format::count));
    let description = bars.iter().map(say).collect::<Vec<_>>().join("; ");
    let alt = Alt { id: &format!("{id}-beeld"), title: &title, description: &description };
    Picture {
        id: &id,
        title: word(dimensie),
        within: Some(maat.label()),
        picture: chart(&alt, &bars),
        note: html! {
            @if definition.meervoudig {
                "Een registratie kan in meer categorieën vallen: samen zijn ze meer dan het totaal" (total(data, maat)) "."
            } @else {
                "De categorieën tellen op tot het totaal" (total(data, maat)) "."
            }
            @if definition.alleen_nl { " Alleen voor Nederland gegeven." }
        },
        table: bars_table(data, &title, definition, &bars),
    }
    .markup()
}

fn total(data: &Data<'_>, maat: Maat) -> String {
    let value = data.total(NL, maat).and_then(|total| total.waarde);
    value.map_or_else(String::new, |value| format!(" van {}", format::count(value)))
}

/// The dimension as a reader says it.
fn word(dimensie: Dimensie) -> &'static str {
    match dimensie {
        Dimensie::Kanaal => "Kanaal",
        Dimensie::Organisatie => "Organisatie van de vrager of melder",
        Dimensie::Aard => "Aard van het geweld",
        Dimensie::Vorm => "Vorm van het geweld",
        Dimensie::Duur => "Duur van het geweld",
        Dimensie::Veiligheidstaxatie => "Veiligheidstaxatie",
        Dimensie::Hermelding => "Hermelding",
        Dimensie::Besluit => "Besluit",
    }
}

/// Whether the categories have an order of their own.
fn is_ordered(dimensie: Dimensie) -> bool {
    !matches!(dimensie, Dimensie::Organisatie | Dimensie::Aard | Dimensie::Vorm)
}

fn bars<'d>(data: &Data<'_>, definition: &'d BreakdownDefinition) -> Vec<Bar<'d>> {
    let bar = |categorie: &str, label: &'d str| {
        let figure = data.figures.part(NL, definition.maat, definition.dimensie.code(), categorie);
        let (value, reden) = figure.map_or((None, None), |figure| (figure.waarde, figure.reden));
        Bar { label, value, reason: format::reason(reden) }
    };
    let named = definition.categorieen.iter().map(|category| (&category.categorie, &category.label));
    let mut bars: Vec<(bool, Bar<'_>)> = named.map(|(code, label)| (code == UNKNOWN, bar(code, label))).collect();
    if !is_ordered(definition.dimensie) {
        bars.sort_by_key(|(unknown, bar)| (*unknown, std::cmp::Reverse(bar.value)));
    }
    bars.into_iter().map(|(_, bar)| bar).collect()
}

fn bars_table(data: &Data<'_>, title: &str, definition: &BreakdownDefinition, bars: &[Bar<'_>]) -> Markup {
    let columns = [Column::text("Categorie"), Column::number("Aantal"), Column::number("Marge")];
    let margin = |bar: &Bar<'_>| bar.value.map_or(format::NONE.to_owned(), |_| format::plus_minus(data.bound()));
    let row = |bar: &Bar<'_>| {
        let value = bar.value.map_or_else(|| bar.reason.to_owned(), format::count);
        vec![bar.label.to_owned(), value, margin(bar)]
    };
    let kind = if definition.meervoudig { " (meer categorieën per registratie mogelijk)" } else { "" };
    table(&format!("{title}, Nederland{kind}"), &columns, &bars.iter().map(row).collect::<Vec<_>>())
}
