//! The part of the page with the coverage of each region's deliveries.

use maud::{Markup, html};
use vt_domain::snapshot::SnapshotTable;

use super::data::{Data, Line, VT, status_words};
use super::format;
use super::page::{Column, Picture, section, table};

/// Coverage by region.
pub(super) fn coverage(data: &Data<'_>) -> Markup {
    let all: Vec<Line<'_>> = data.lines(SnapshotTable::Dekking).collect();
    let regions: Vec<Line<'_>> = all.iter().copied().filter(|line| line.text("regio_type") == VT).collect();
    let complete = regions.iter().filter(|line| is_complete(line)).count();
    let picture = Picture {
        id: "dekking-raster",
        title: &format!("{complete} van {} regio's volledig geleverd", regions.len()),
        within: None,
        picture: html! { ul.raster { @for line in &regions { (tile(line)) } } },
        note: html! { "Cijfers van een regio staan er alleen als elke dag van de periode is geleverd; die van Nederland als alle regio's volledig zijn." },
        table: coverage_table(&all),
    };
    section("dekking", "Dekking", &picture.markup())
}

fn days(line: &Line<'_>) -> (i64, i64) {
    (line.int("dagen_gedekt").unwrap_or(0), line.int("dagen").unwrap_or(0))
}

fn is_complete(line: &Line<'_>) -> bool {
    let (covered, days) = days(line);
    covered >= days
}

fn tile(line: &Line<'_>) -> Markup {
    let (covered, days) = days(line);
    let (class, sign) = match covered {
        _ if covered >= days => ("heel", "●"),
        0 => ("niets", "○"),
        _ => ("deels", "◐"),
    };
    html! {
        li class=(class) {
            span.sign aria-hidden="true" { (sign) }
            strong { (line.text("regio_code")) " " (line.text("regio")) }
            span { (covered) " van " (days) " dagen · " (status_words(line.text("status"))) }
        }
    }
}

fn coverage_table(all: &[Line<'_>]) -> Markup {
    let columns = [
        Column::text("Gebied"),
        Column::number("Dagen"),
        Column::number("Gedekt"),
        Column::text("Status"),
        Column::text("Wat ontbreekt"),
    ];
    let row = |line: &Line<'_>| {
        let (covered, days) = days(line);
        let missing = line.text("toelichting");
        let missing = if missing.is_empty() { format::NONE } else { missing };
        let name = format!("{} {}", line.text("regio_code"), line.text("regio"));
        vec![name, days.to_string(), covered.to_string(), status_words(line.text("status")), missing.to_owned()]
    };
    let caption = "Dekking per gebied: Nederland, veiligheidsregio's en Veilig Thuis-regio's";
    table(caption, &columns, &all.iter().map(row).collect::<Vec<_>>())
}
