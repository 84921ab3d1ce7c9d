//! Why months of a region are late or were not taken in, and what to do about it.

use maud::{Markup, html};

use crate::causes;
use crate::views::FailedPullView;
use crate::web::attention;
use crate::web::frame::facts;
use crate::web::session::Visit;
use crate::web::trouble::{Amiss, Trouble, Why};
use crate::web::words::{day, month, time};

/// What to do when nothing came, or too little.
const DELIVER: &str = "Lever de maand alsnog, bij het leverpunt of met de hand. Lukt dat niet, meld dan bij de beheerder van de monitor een \
                       storing of vraag uitstel.";

/// What is wrong with a region, month by month, newest first.
pub fn section(visit: &Visit, trouble: &Trouble<'_>) -> Markup {
    let vt = &trouble.row.region.vt;
    html! {
        section aria-labelledby="waarom" {
            h2 #waarom { "Wat er mis is" }
            @for amiss in trouble.months.iter().rev() {
                article.bevinding.(if amiss.late { "fout" } else { "waarschuwing" }) {
                    h3 { (month(amiss.maand)) @if amiss.late { ": te laat" } @if let Some(since) = amiss.since { ", sinds " (day(since)) } }
                    @for why in &amiss.why { (one(visit, vt, amiss, why)) }
                }
            }
        }
    }
}

fn one(visit: &Visit, vt: &str, amiss: &Amiss<'_>, why: &Why<'_>) -> Markup {
    let own = visit.caller.may_count(vt);
    let act = match why {
        Why::Rejected(_) => {
            "Bekijk het rapport, herstel in de bron wat het noemt en lever de maand opnieuw onder een hoger nummer."
        }
        Why::Failing(pull) => {
            causes::of_pull(&pull.class).map_or("Vraag het de beheerder van de monitor.", |cause| cause.act)
        }
        Why::Until(_) | Why::Absent => DELIVER,
    };
    let link = attention::link(vt, amiss, why).filter(|_| match why {
        Why::Rejected(_) => own,
        _ => visit.caller.may_see_details(),
    });
    html! {
        p {
            @if matches!(why, Why::Failing(_)) { "Ophalen lukt niet: " }
            (why.words(own, usize::MAX)) "."
            @if let Some((to, text)) = link { " " a.heel href=(to) { "Open " (text) } }
        }
        @if own { p { strong { "Wat te doen: " } (act) } }
        @if let Why::Failing(pull) = why { (attempts(visit, pull)) }
    }
}

fn attempts(visit: &Visit, pull: &FailedPullView) -> Markup {
    html! {
        (facts(&[
            ("Voor het eerst", html! { (time(pull.first_failed)) }),
            ("Laatst geprobeerd", html! { (time(pull.last_failed)) }),
        ]))
        @if visit.caller.may_see_details() {
            details { summary { "Melding van het systeem" } p lang="en" { (pull.message) } }
        }
    }
}
