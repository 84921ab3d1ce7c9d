//! Maps of the Veilig Thuis regions, coloured by rate.

use maud::{Markup, PreEscaped, html};
use vt_domain::measure::Maat;

use super::canvas::Alt;
use super::data::{Data, NL, Region};
use super::format;
use super::page::{Column, Picture, section, table};
use super::shapes::{SIZE, shape};

/// The indicator that colours the map.
const RATE: &str = "per_10000_inwoners";

/// From few to many, distinguishable for the colour-blind and in grey (ColorBrewer YlGnBu), with the colour of text on it.
const CLASSES: [(&str, &str); 5] = [
    ("#ffffcc", "#1b2733"),
    ("#a1dab4", "#1b2733"),
    ("#41b6c4", "#10202c"),
    ("#225ea8", "#ffffff"),
    ("#081d58", "#ffffff"),
];

/// Half the height of a figure on the map, in units.
const HALF_TEXT: i32 = 16;

/// Classes are so many halves wide, in tenths.
const HALF: i64 = 5;

/// Classes of equal width, in tenths.
struct Classes {
    first: i64,
    step: i64,
    count: usize,
}

impl Classes {
    /// The fewest rounded classes, at most five, that hold all rates.
    fn of(rates: &[i64]) -> Option<Self> {
        let (least, most) = (*rates.iter().min()?, *rates.iter().max()?);
        let mut halves = (1..).map(|halves| halves * HALF);
        let step = halves.find(|step| most / step - least / step < CLASSES.len() as i64)?;
        let first = least / step;
        Some(Self { first, step, count: (most / step - first + 1) as usize })
    }

    fn class(&self, tenths: i64) -> usize {
        ((tenths / self.step - self.first).max(0) as usize).min(self.count.saturating_sub(1))
    }

    /// Fewer classes are spread over the whole palette.
    fn colours(&self, class: usize) -> (&'static str, &'static str) {
        let spread = if self.count > 1 { class * (CLASSES.len() - 1) / (self.count - 1) } else { 2 };
        CLASSES[spread.min(CLASSES.len() - 1)]
    }

    fn label(&self, class: usize) -> String {
        let from = (self.first + class as i64) * self.step;
        let text = |tenths: i64| format::decimal(tenths as f64 / 10.0);
        format!("{} tot {}", text(from), text(from + self.step))
    }
}

struct Rate<'a> {
    region: Region<'a>,
    tenths: Option<i64>,
    words: String,
    margin: String,
    status: String,
}

impl Rate<'_> {
    /// Of the region and of text on it; nothing where there is no rate.
    fn colours(&self, classes: Option<&Classes>) -> Option<(&'static str, &'static str)> {
        self.tenths.zip(classes).map(|(tenths, classes)| classes.colours(classes.class(tenths)))
    }
}

fn rates<'a>(data: &Data<'a>, maat: Maat) -> Vec<Rate<'a>> {
    let rate = |&region: &Region<'a>| {
        let found = data.indicator(region.code, RATE, maat);
        let measured = found.and_then(|found| found.measured);
        let why = || found.map_or_else(|| format::reason(None).to_owned(), |found| found.why());
        Rate {
            region,
            tenths: measured.map(|(value, _)| format::tenths(value)),
            words: measured.map_or_else(why, |(value, _)| format::decimal(value)),
            margin: measured
                .map_or_else(|| format::NONE.to_owned(), |(_, margin)| format::plus_minus(format::decimal(margin))),
            status: found.map_or_else(String::new, |found| super::data::status_words(found.status)),
        }
    };
    data.regions.iter().map(rate).collect()
}

/// The maps of adviezen and of meldingen.
pub(super) fn maps(data: &Data<'_>) -> Markup {
    let body = html! {
        p {
            "Aantal per 10.000 inwoners, omgerekend naar 28 dagen. Een hoger cijfer hoeft niet te betekenen dat er meer geweld is: \
             ook wie Veilig Thuis beter weet te vinden, telt mee. Elke kaart heeft een eigen schaal: dezelfde kleur is op de andere kaart \
             een ander cijfer."
        }
        div.duo {
            (map(data, Maat::GestarteAdviezen))
            (map(data, Maat::OntvangenMeldingen))
        }
    };
    section("kaart", "Kaart: per 10.000 inwoners", &body)
}

fn map(data: &Data<'_>, maat: Maat) -> Markup {
    let rates = rates(data, maat);
    let known: Vec<i64> = rates.iter().filter_map(|rate| rate.tenths).collect();
    let classes = Classes::of(&known);
    let id = format!("kaart-{}", maat.code());
    let missing: Vec<String> = rates
        .iter()
        .filter(|rate| shape(rate.region.code).is_none())
        .map(|rate| format!("{} {} ({})", rate.region.code, rate.region.naam, rate.words))
        .collect();
    Picture {
        id: &id,
        title: &format!("{} per 10.000 inwoners", maat.label()),
        within: None,
        picture: html! { (drawing(&id, maat, &rates, classes.as_ref())) (legend(&rates, classes.as_ref())) (names_on_paper(&rates)) },
        note: html! {
            "Getal in de regio: aantal per 10.000 inwoners per 28 dagen. "
            span.op-scherm { "De namen van de regio's staan in de tabel hieronder. " }
            (average(data, maat)) " "
            "De grenzen zijn die van CBS in 2020, met Weesp en Wijdemeren bij Utrecht; een gemeente telt mee in de regio waar zij in deze periode bij hoort."
            @if !missing.is_empty() { br; strong { "Niet op de kaart: " } (missing.join(", ")) "." }
        },
        table: rates_table(maat, &rates),
    }
    .markup()
}

fn average(data: &Data<'_>, maat: Maat) -> String {
    match data.indicator(NL, RATE, maat).and_then(|found| found.measured) {
        Some((value, margin)) => {
            format!("Nederland: {} ({}).", format::decimal(value), format::plus_minus(format::decimal(margin)))
        }
        None => "Voor heel Nederland is er geen cijfer.".to_owned(),
    }
}

fn drawing(id: &str, maat: Maat, rates: &[Rate<'_>], classes: Option<&Classes>) -> Markup {
    let hatch = format!("{id}-arcering");
    let described = format!("Kaart van Nederland met per Veilig Thuis-regio: {}.", listed(rates));
    let alt = Alt {
        id: &format!("{id}-beeld"),
        title: &format!("{} per 10.000 inwoners", maat.label()),
        description: &described,
    };
    html! {
        div.kaart {
            (PreEscaped(alt.open(SIZE.0, SIZE.1)))
            defs {
                pattern #(hatch) patternUnits="userSpaceOnUse" width="28" height="28" patternTransform="rotate(45)" {
                    rect width="28" height="28" fill="#ffffff" {}
                    rect width="8" height="28" fill="#7d8c99" {}
                }
            }
            @for rate in rates { (region(rate, classes, &hatch)) }
            g { @for rate in rates { (value(rate, classes)) } }
            (PreEscaped("</svg>"))
        }
    }
}

fn listed(rates: &[Rate<'_>]) -> String {
    let of = |rate: &Rate<'_>| format!("{} {}", rate.region.naam, rate.words);
    rates.iter().map(of).collect::<Vec<_>>().join("; ")
}

fn region(rate: &Rate<'_>, classes: Option<&Classes>, hatch: &str) -> Markup {
    let Some(shape) = shape(rate.region.code) else { return html! {} };
    let fill = rate.colours(classes).map_or_else(|| format!("url(#{hatch})"), |(fill, _)| fill.to_owned());
    html! {
        path d=(shape.path) fill=(fill) { title { (rate.region.code) " " (rate.region.naam) ": " (rate.words) } }
    }
}

/// The rate in its region, over all borders; around it the region's colour, for it can be wider than the region.
fn value(rate: &Rate<'_>, classes: Option<&Classes>) -> Markup {
    let Some(shape) = shape(rate.region.code) else { return html! {} };
    let (x, y) = (shape.label.0, shape.label.1 + HALF_TEXT);
    let (fill, ink, text) = match rate.colours(classes) {
        Some((fill, ink)) => (fill, ink, rate.words.as_str()),
        None => ("#ffffff", "#1b2733", format::NONE),
    };
    html! { text x=(x) y=(y) fill=(ink) stroke=(fill) { (text) } }
}

fn legend(rates: &[Rate<'_>], classes: Option<&Classes>) -> Markup {
    html! {
        ul.legenda {
            @if let Some(classes) = classes {
                @for class in 0..classes.count {
                    li { span.vak style={ "background:" (classes.colours(class).0) } {} (classes.label(class)) }
                }
            }
            @if rates.iter().any(|rate| rate.tenths.is_none()) {
                li { span.vak.geen {} "geen cijfer" }
            }
        }
    }
}

/// What the folded table says, for paper, where nothing opens.
fn names_on_paper(rates: &[Rate<'_>]) -> Markup {
    html! {
        ul.namen.op-papier {
            @for rate in rates { li { span { (rate.region.code) " " (rate.region.naam) } " " span { (rate.words) } } }
        }
    }
}

fn rates_table(maat: Maat, rates: &[Rate<'_>]) -> Markup {
    let columns =
        [Column::text("Regio"), Column::number("Per 10.000 inwoners"), Column::number("Marge"), Column::text("Status")];
    let row = |rate: &Rate<'_>| {
        let name = format!("{} {}", rate.region.code, rate.region.naam);
        vec![name, rate.words.clone(), rate.margin.clone(), rate.status.clone()]
    };
    let caption = format!("{} per 10.000 inwoners per 28 dagen, per regio", maat.label());
    table(&caption, &columns, &rates.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_five_classes_hold_all_rates() {
        for (rates, count) in [(vec![31, 94], 5), (vec![50, 50], 1), (vec![0, 1_234], 5), (vec![12, 36, 20], 3)] {
            let classes = Classes::of(&rates).unwrap();
            assert_eq!(classes.count, count, "{rates:?}");
            assert!(rates.iter().all(|&rate| classes.class(rate) < classes.count));
        }
        assert!(Classes::of(&[]).is_none());
        assert_eq!(Classes::of(&[31, 94]).unwrap().label(0), "3,0 tot 4,5");
    }
}
