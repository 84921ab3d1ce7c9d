//! The figures of the Netherlands, with their changes, and what is exceptional.

use maud::{Markup, html};
use vt_domain::measure::Maat;
use vt_domain::snapshot::Comparison;

use super::data::{Data, Indicator, NL};
use super::format;
use super::page::section;

/// The figures of the Netherlands per measure.
pub(super) fn headline(data: &Data<'_>) -> Markup {
    let body = html! {
        div.kaarten {
            @for maat in Maat::ALL { (card(data, maat)) }
        }
        p.klein {
            "Verandering: groei ten opzichte van de eerdere periode, met de marge in procentpunten die uit de afronding volgt. "
            "Adviezen, meldingen en afgeronde diensten zijn verschillende dingen: tel ze niet bij elkaar op."
        }
    };
    section("kerncijfers", "Nederland in deze periode", &body)
}

fn card(data: &Data<'_>, maat: Maat) -> Markup {
    let id = format!("cijfer-{}", maat.code());
    let figure = data.total(NL, maat);
    html! {
        article.cijfer aria-labelledby=(id) {
            h3 #(id) { (maat.label()) }
            @match figure.and_then(|figure| figure.waarde.zip(figure.marge)) {
                Some((value, margin)) => p.groot { (format::count(value)) " " span.marge { (format::plus_minus(format::count(margin))) } },
                None => p.groot.leeg { "geen cijfer" span.reden { (format::reason(figure.and_then(|found| found.reden))) } },
            }
            @if let Some(figure) = figure { p.status { "Status: " (format::status(figure.status)) } }
            dl {
                @for met in comparisons(data) {
                    @if let Some(change) = data.indicator(NL, &format!("verandering_{}", met.code()), maat) {
                        dt { (compared_with(data, met)) }
                        dd { (change_markup(data, &change, met, maat)) }
                    }
                }
            }
        }
    }
}

/// Each compared period once: in 2020, a year earlier is 2019, and of an ISO year it is the period before too.
fn comparisons(data: &Data<'_>) -> Vec<Comparison> {
    let period = |met: Comparison| met.period(data.explanation().periode);
    let mut all: Vec<Comparison> = Vec::new();
    for met in Comparison::ALL {
        if all.iter().all(|other| period(*other) != period(met)) {
            all.push(met);
        }
    }
    all
}

fn compared_with(data: &Data<'_>, met: Comparison) -> String {
    let other = met.period(data.explanation().periode).map_or_else(String::new, |other| format!(" ({other})"));
    match met {
        Comparison::JaarEerder => format!("Een jaar eerder{other}"),
        Comparison::Jaar2019 => format!("Zelfde periode 2019{other}"),
        Comparison::VorigePeriode => format!("Vorige periode{other}"),
    }
}

fn change_markup(data: &Data<'_>, change: &Indicator<'_>, met: Comparison, maat: Maat) -> Markup {
    let code = format!("verandering_{}_gelijke_regios", met.code());
    let like = data.indicator(NL, &code, maat).and_then(|found| Some((found.measured?, found.opmerking)));
    // Beside a change that is given, only where it leaves a region out.
    let shown = like.filter(|(_, opmerking)| {
        change.measured.is_none() || change.opmerking.contains(LIKE_FOR_LIKE) && opmerking.contains(WITHOUT)
    });
    html! {
        @match change.measured {
            Some(measured) => { (percent_markup(measured)) (remark(change.opmerking)) },
            None => span.reden { (change.why()) },
        }
        @if let Some((measured, opmerking)) = shown {
            br; span.klein { "gelijke regio's: " } (percent_markup(measured)) (remark(opmerking))
        }
    }
}

/// What the remark of a change refers to where a break lies in one of its regions.
const LIKE_FOR_LIKE: &str = "_gelijke_regios";
/// How the remark of a like-for-like change begins to name what it leaves out.
const WITHOUT: &str = "zonder ";

fn percent_markup((value, margin): (f64, f64)) -> Markup {
    let (value, margin) = format::percent(value, margin);
    html! { strong { (value) } " " span.marge { (format::plus_minus(margin)) } }
}

fn remark(text: &str) -> Markup {
    html! { @if !text.is_empty() { span.opmerking { (format::remark(text)) } } }
}

/// Earlier periods that are needed to say what is usual.
const USUAL_NEEDS: usize = 26;

fn nothing_exceptional(data: &Data<'_>) -> &'static str {
    if data.bases().series().count() < USUAL_NEEDS {
        "Er zijn nog te weinig eerdere perioden om te zeggen wat gebruikelijk is; ten minste 26 zijn nodig."
    } else {
        "Geen cijfer ligt met zijn hele marge buiten wat gebruikelijk is, voor zover de eerdere perioden daarvoor te vergelijken zijn."
    }
}

/// What is exceptional, or why nothing is said.
pub(super) fn exceptional(data: &Data<'_>) -> Markup {
    let sentences = &data.explanation().bijzonderheden;
    let body = html! {
        @if sentences.is_empty() {
            p { (nothing_exceptional(data)) }
        } @else {
            ul.opvallend { @for sentence in sentences { li { (sentence) } } }
            p.klein { "Alleen cijfers die met hun hele marge buiten het gebruikelijke liggen, staan hier. Het is geen verklaring." }
        }
    };
    section("opvallend", "Wat valt op", &body)
}
