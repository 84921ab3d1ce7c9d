//! The part of the page with the four key figures of each region.

use maud::{Markup, html};
use vt_domain::measure::Maat;

use super::data::{Data, Region, VR, VT, status_words};
use super::format;
use super::page::{Column, section, table};

/// Key figures of the Veilig Thuis regions and the veiligheidsregio's.
pub(super) fn regions(data: &Data<'_>) -> Markup {
    let body = html! {
        p {
            "Dezelfde registraties, op twee manieren ingedeeld: tel Veilig Thuis-regio's en veiligheidsregio's niet bij elkaar op. "
            "VR00 is wat van Veilig Thuis-regio's in meer veiligheidsregio's geen bekende gemeente heeft."
        }
        h3 { "Veilig Thuis-regio's" }
        (key_figures(data, "Kerncijfers per Veilig Thuis-regio", VT))
        h3 { "Veiligheidsregio's" }
        (key_figures(data, "Kerncijfers per veiligheidsregio", VR))
    };
    section("regios", "Kerncijfers per regio", &body)
}

fn key_figures(data: &Data<'_>, caption: &str, kind: &str) -> Markup {
    let measures = Maat::ALL.map(|maat| Column::number(maat.label()));
    let columns: Vec<Column> =
        [Column::text("Regio")].into_iter().chain(measures).chain([Column::text("Status")]).collect();
    let rows: Vec<Vec<String>> = data.areas(kind).iter().map(|region| row(data, region)).collect();
    table(caption, &columns, &rows)
}

fn row(data: &Data<'_>, region: &Region<'_>) -> Vec<String> {
    let figures = Maat::ALL.map(|maat| data.total(region.code, maat));
    let status = figures.iter().flatten().next().map_or(String::new(), |figure| status_words(figure.status.code()));
    let cell = |figure: &Option<crate::tables::Figure>| match figure.and_then(|figure| figure.waarde.zip(figure.marge))
    {
        Some((value, margin)) => {
            format!("{} {}", format::count(value), format::plus_minus(margin)).replace(' ', "\u{a0}")
        }
        None => format::reason(figure.and_then(|figure| figure.reden)).to_owned(),
    };
    let name = [format!("{} {}", region.code, region.naam)];
    name.into_iter().chain(figures.iter().map(cell)).chain([status]).collect()
}
