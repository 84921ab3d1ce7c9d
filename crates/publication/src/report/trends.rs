//! The part of the page with figures over time: the Netherlands large, each region small.

use maud::{Markup, html};
use vt_domain::measure::Maat;

use super::canvas::Alt;
use super::data::{Data, NL};
use super::format;
use super::lines::{NARROW, SMALL, WIDE, chart};
use super::page::{Column, Picture, section, table};
use super::series::{Point, Series, is_grave};
use crate::indicators::Break;

const SHOWN: [Maat; 2] = [Maat::GestarteAdviezen, Maat::OntvangenMeldingen];

/// Figures over time.
pub(super) fn trends(data: &Data<'_>) -> Markup {
    let series = Series::of(data);
    if series.periods.len() < 2 {
        return section("verloop", "Verloop in de tijd", &first_period(data, &series));
    }
    let body = html! {
        (key(&series))
        @for maat in SHOWN { (national(data, &series, maat)) }
        @for maat in SHOWN { (regional(data, &series, maat)) }
    };
    section("verloop", "Verloop in de tijd", &body)
}

/// What stands in place of charts with a single point.
fn first_period(data: &Data<'_>, series: &Series) -> Markup {
    let rows = SHOWN.into_iter().flat_map(|maat| {
        let row = |point: &Point| [vec![maat.label().to_owned()], point_row(point, false)].concat();
        series.points(data, NL, maat).iter().map(row).collect::<Vec<_>>()
    });
    let columns = [vec![Column::text("Cijfer")], point_columns(false)].concat();
    html! {
        p {
            "Er zijn nog geen eerdere perioden gepubliceerd: het verloop begint bij deze periode. De cijfers van de regio's staan bij "
            a href="#regios" { "Kerncijfers per regio" } "."
        }
        (table("Nederland, in deze periode", &columns, &rows.collect::<Vec<_>>()))
    }
}

/// How the charts are read.
fn key(series: &Series) -> Markup {
    html! {
        ul.legenda {
            li { span.teken.vol {} "definitief" }
            li { span.teken.hol {} "voorlopig of nader voorlopig (open punt, streeplijn)" }
            li { span.teken.band {} "marge van de afronding" }
            li { span.teken.breuk {} "reeksbreuk of gebeurtenis" }
        }
        p.klein {
            "De as begint bij 0. Waar een cijfer ontbreekt, is de lijn onderbroken."
            @if series.per_28_days { " Niet alle perioden zijn even lang: aantallen zijn omgerekend naar 28 dagen." }
        }
    }
}

fn national(data: &Data<'_>, series: &Series, maat: Maat) -> Markup {
    let points = series.points(data, NL, maat);
    let breaks = series.breaks(data, NL, maat);
    let id = format!("verloop-nl-{}", maat.code());
    let description = described(&points);
    let title = format!("Nederland: {}", maat.label().to_lowercase());
    let drawn = |look, kind: &str| {
        let alt = Alt { id: &format!("{id}-{kind}"), title: &title, description: &description };
        chart(look, &alt, &points, &breaks)
    };
    Picture {
        id: &id,
        title: &title,
        within: None,
        picture: html! { div.breed { (drawn(&WIDE, "breed")) } div.smal { (drawn(&NARROW, "smal")) } },
        note: html! { (margin_note(&points)) (numbered(&breaks)) },
        table: points_table(&title, series, &points),
    }
    .markup()
}

/// What the line shows, for those who don't see it.
fn described(points: &[Point]) -> String {
    let known: Vec<(&Point, f64)> = points.iter().filter_map(|point| Some((point, point.value()?))).collect();
    let say = |(point, value): &(&Point, f64)| format!("{} in {}", format::count(value.round() as i64), point.periode);
    let (Some(first), Some(last)) = (known.first(), known.last()) else { return "Er zijn geen cijfers.".to_owned() };
    let least = known.iter().min_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or(first);
    let most = known.iter().max_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or(last);
    format!(
        "{} perioden: van {} naar {}; laagste {}, hoogste {}.",
        known.len(),
        say(first),
        say(last),
        say(least),
        say(most)
    )
}

fn margin_note(points: &[Point]) -> Markup {
    let current = points.last().and_then(|point| point.figure).and_then(|figure| figure.waarde.zip(figure.marge));
    html! {
        @match current {
            Some((value, margin)) => {
                "Deze periode: " strong { (format::count(value)) } " " (format::plus_minus(format::count(margin))) (per_28_days(points))
                ". De marge is op deze schaal vaak smaller dan de lijn."
            },
            None => "Over deze periode is er geen landelijk cijfer, omdat niet alle regio's volledig hebben geleverd.",
        }
    }
}

/// What is drawn for this period, where that is not what was published.
fn per_28_days(points: &[Point]) -> String {
    let drawn = points.last().filter(|point| point.is_converted()).and_then(Point::value);
    drawn.map_or_else(String::new, |value| format!("; per 28 dagen {}", format::count(value.round() as i64)))
}

fn numbered(breaks: &[(usize, &Break)]) -> Markup {
    html! {
        @if !breaks.is_empty() {
            ul.breuken {
                @for (number, found) in breaks {
                    li { span.nummer { (number) } (format::date(found.datum)) ": " (found.titel) }
                }
            }
        }
    }
}

fn point_columns(per_28_days: bool) -> Vec<Column> {
    let mut columns = vec![
        Column::text("Periode"),
        Column::number("Dagen"),
        Column::number("Aantal"),
        Column::number("Marge"),
        Column::text("Status"),
    ];
    if per_28_days {
        columns.insert(4, Column::number("Per 28 dagen"));
    }
    columns
}

fn points_table(title: &str, series: &Series, points: &[Point]) -> Markup {
    let rows: Vec<Vec<String>> = points.iter().rev().map(|point| point_row(point, series.per_28_days)).collect();
    table(&format!("{title}, per periode"), &point_columns(series.per_28_days), &rows)
}

fn point_row(point: &Point, per_28_days: bool) -> Vec<String> {
    let figure = point.figure;
    let value = figure.and_then(|figure| figure.waarde);
    let count = match (figure, value) {
        (_, Some(value)) => format::count(value),
        (Some(figure), None) => format::reason(figure.reden).to_owned(),
        (None, None) => format::NONE.to_owned(),
    };
    let margin = figure.and_then(|figure| figure.marge).map_or_else(|| format::NONE.to_owned(), format::plus_minus);
    let status = figure.map_or(format::NONE, |figure| format::status(figure.status)).to_owned();
    let mut row = vec![point.periode.to_string(), point.periode.days().to_string(), count, margin, status];
    if per_28_days {
        row.insert(4, point.value().map_or_else(|| format::NONE.to_owned(), format::decimal));
    }
    row
}

fn regional(data: &Data<'_>, series: &Series, maat: Maat) -> Markup {
    let id = format!("verloop-regio-{}", maat.code());
    let title = format!("Per regio: {}", maat.label().to_lowercase());
    let all: Vec<(String, Vec<Point>)> =
        data.regions.iter().map(|region| (region.code.to_owned(), series.points(data, region.code, maat))).collect();
    Picture {
        id: &id,
        title: &title,
        within: None,
        picture: html! {
            div.veel { @for (code, points) in &all { (small(data, series, maat, code, points)) } }
        },
        note: html! {
            "Elke regio heeft een eigen schaal, vanaf 0: vergelijk de vorm, niet de hoogte. Onder de naam: deze periode. "
            "Alleen breuken die vergelijken verhinderen of die één regio betreffen, zijn getekend; landelijke gebeurtenissen staan in \
             de grafiek van Nederland."
            (grave_breaks(data, series, maat))
        },
        table: regions_table(data, &title, series, &all),
    }
    .markup()
}

fn small(data: &Data<'_>, series: &Series, maat: Maat, code: &str, points: &[Point]) -> Markup {
    let mut breaks = series.breaks(data, code, maat);
    breaks.retain(|(_, found)| is_grave(found));
    let title = data.title(code);
    let id = format!("verloop-{code}-{}", maat.code());
    let figure = points.last().and_then(|point| point.figure);
    let alt =
        Alt { id: &id, title: &format!("{title}: {}", maat.label().to_lowercase()), description: &described(points) };
    html! {
        div.klein-beeld {
            h4 { (title) }
            p {
                @match figure.and_then(|figure| figure.waarde.zip(figure.marge)) {
                    Some((value, margin)) => { strong { (format::count(value)) } " " (format::plus_minus(margin)) },
                    None => span.reden { (format::reason(figure.and_then(|figure| figure.reden))) },
                }
            }
            (chart(&SMALL, &alt, points, &breaks))
        }
    }
}

fn grave_breaks(data: &Data<'_>, series: &Series, maat: Maat) -> Markup {
    let mut found: Vec<(usize, &Break)> =
        data.regions.iter().flat_map(|region| series.breaks(data, region.code, maat)).collect();
    found.retain(|(_, found)| is_grave(found));
    found.sort_by_key(|(number, _)| *number);
    found.dedup_by_key(|(number, _)| *number);
    let where_it_is =
        |found: &Break| if found.gebieden.is_empty() { "alle regio's".to_owned() } else { found.gebieden.join(", ") };
    html! {
        @if !found.is_empty() {
            ul.breuken {
                @for (number, found) in &found {
                    li { span.nummer { (number) } (format::date(found.datum)) " (" (where_it_is(found)) "): " (found.titel) }
                }
            }
        }
    }
}

fn regions_table(data: &Data<'_>, title: &str, series: &Series, all: &[(String, Vec<Point>)]) -> Markup {
    let heading = |period: &vt_domain::Period| match series.per_28_days {
        true => format!("{period} ({} d)", period.days()),
        false => period.to_string(),
    };
    let periods = series.periods.iter().rev().map(|period| Column::number(heading(period)));
    let columns: Vec<Column> = std::iter::once(Column::text("Regio")).chain(periods).collect();
    let cell = |point: &Point| format::count_or_none(point.figure.and_then(|figure| figure.waarde));
    let row = |(code, points): &(String, Vec<Point>)| {
        std::iter::once(data.title(code)).chain(points.iter().rev().map(cell)).collect()
    };
    let caption = format!("{title}: gepubliceerde aantallen per periode, nieuwste eerst");
    table(&caption, &columns, &all.iter().map(row).collect::<Vec<_>>())
}
