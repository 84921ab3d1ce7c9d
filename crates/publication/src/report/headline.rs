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
                Some((value, margin)) => p.groot { (format::count(value)) " " span.marge { "± " (format::count(margin)) } },
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

/// Without the same period twice: in 2020, a year earlier is 2019.
fn comparisons(data: &Data<'_>) -> Vec<Comparison> {
    let period = |met: &Comparison| met.period(data.explanation().periode);
    let twice = period(&Comparison::JaarEerder) == period(&Comparison::Jaar2019);
    Comparison::ALL.into_iter().filter(|met| !(twice && *met == Comparison::Jaar2019)).collect()
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
    let like = || {
        let found = data.indicator(NL, &format!("verandering_{}_gelijke_regios", met.code()), maat)?;
        Some((found.measured?, found.opmerking))
    };
    html! {
        @match change.measured {
            Some(measured) => { (percent_markup(measured)) (remark(change.opmerking)) },
            None => {
                span.reden { (change.why()) }
                @if let Some((measured, opmerking)) = like() {
                    br; span.klein { "gelijke regio's: " } (percent_markup(measured)) (remark(opmerking))
                }
            },
        }
    }
}

fn percent_markup((value, margin): (f64, f64)) -> Markup {
    let (value, margin) = format::percent(value, margin);
    html! { strong { (value) } " " span.marge { "± " (margin) } }
}

fn remark(text: &str) -> Markup {
    html! { @if !text.is_empty() { span.opmerking { (format::words(text)) } } }
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
