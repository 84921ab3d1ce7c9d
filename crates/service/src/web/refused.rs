//! What is refused, in the Dutch of the pages: the rules of the service say it themselves, plans and the ledger are told here.

use vt_ledger::LedgerError;

use super::frame::Failure;
use super::words::{count, word};
use crate::backfill::{Difference, PlanError};
use crate::belonging::{Store, WrongStore};
use crate::ops::{NotFound, Refused, Stopping, Wrong};
use crate::problem::{Problem, find};
use crate::uploading::{CutOff, TooLarge};

/// The failure that an error is. One that is ours says nothing of its inside: that stands in the log.
pub fn failure(error: &anyhow::Error) -> Failure {
    let status = Problem::of(error).status;
    if Problem::is_ours(error) {
        tracing::error!("a page failed: {error:#}");
    }
    let (field, what) = told(error);
    Failure { field, what, ..Failure::new(status) }
}

/// The field that is wrong, and what is wrong.
fn told(error: &anyhow::Error) -> (Option<&'static str>, Option<String>) {
    if let Some(Wrong { field, rule }) = find(error) {
        return (Some(*field), Some(rule.nl.clone()));
    }
    if let Some(PlanError::Asked { field, said }) = find(error) {
        return (*field, Some(said.nl.clone()));
    }
    (None, what(error))
}

fn what(error: &anyhow::Error) -> Option<String> {
    if let Some(wrong) = find::<WrongStore>(error) {
        let store = if wrong.store == Store::Private { "besloten" } else { "gepubliceerde" };
        return Some(format!(
            "De {store} opslag is niet die waarmee gewerkt werd, of is leeg. Er wordt niets opgehaald of gepubliceerd tot hij terug is."
        ));
    }
    if let Some(NotFound(said)) = find(error) {
        return Some(said.nl.clone());
    }
    if let Some(Refused(said)) = find(error) {
        return Some(said.nl.clone());
    }
    if find::<Stopping>(error).is_some() {
        return Some("de dienst stopt; probeer het opnieuw als hij terug is".to_owned());
    }
    if let Some(TooLarge(most)) = find(error) {
        return Some(format!("wat u stuurt is groter dan {most} bytes"));
    }
    if find::<CutOff>(error).is_some() {
        return Some("wat u stuurt kwam niet tot het einde aan; probeer het opnieuw".to_owned());
    }
    match find(error) {
        Some(PlanError::Moved(differences)) => return Some(moved(differences)),
        Some(PlanError::File { .. }) => return Some("dit plan geldt niet meer; maak een nieuw plan".to_owned()),
        _ => {}
    }
    find::<LedgerError>(error).and_then(of_ledger)
}

/// What moved since a plan was made; the first of many.
fn moved(differences: &[Difference]) -> String {
    const SHOWN: usize = 5;
    let name = |about: &str| match about {
        "cadence" => "de cadans".to_owned(),
        "register" => "de lijst van regio's".to_owned(),
        "software" => "het programma".to_owned(),
        other => other.to_owned(),
    };
    let mut names: Vec<String> = differences.iter().take(SHOWN).map(|it| name(&it.about)).collect();
    if differences.len() > SHOWN {
        names.push(format!("en nog {}", differences.len() - SHOWN));
    }
    format!("sinds dit plan is er iets veranderd ({}); maak een nieuw plan", names.join(", "))
}

fn of_ledger(error: &LedgerError) -> Option<String> {
    Some(match error {
        LedgerError::BackfillOverlap { id, orders, more } => {
            let rest = if *more == 0 { String::new() } else { format!(" en nog {}", count(*more, "andere", "andere")) };
            format!(
                "backfill {id} is al bezig met {}{rest}; wacht tot die klaar is, of stop die eerst",
                orders.join(", ")
            )
        }
        LedgerError::Conflict { what, recorded, offered } => {
            let wanted = match offered.as_str() {
                "running" => "niet verder gaan".to_owned(),
                "cancelled" => "niet meer worden gestopt".to_owned(),
                other => format!("niet {} worden", word(other)),
            };
            format!("{what} is {} en kan {wanted}", word(recorded))
        }
        LedgerError::UnknownBackfill(id) => format!("er is geen backfill {id}"),
        LedgerError::UnknownArrangement(id) => format!("er is geen afspraak {id}"),
        LedgerError::UnknownToken(id) => format!("er is geen toegangscode {id}"),
        LedgerError::UnknownMute(id) => format!("nummer {id} staat niet stil"),
        LedgerError::UnknownRun(id) => format!("er is geen run {id}"),
        LedgerError::Invalid { .. } => "zo kan dit niet worden vastgelegd; kijk na wat u invulde".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(error: impl Into<anyhow::Error>) -> String {
        failure(&error.into()).what.unwrap_or_default()
    }

    #[test]
    fn what_the_ledger_and_a_plan_refuse_is_told_in_dutch() {
        let overlap = LedgerError::BackfillOverlap { id: 3, orders: vec!["VT07 2020-07".into()], more: 2 };
        assert_eq!(
            said(overlap),
            "backfill 3 is al bezig met VT07 2020-07 en nog 2 andere; wacht tot die klaar is, of stop die eerst"
        );
        let conflict =
            LedgerError::Conflict { what: "backfill 3".into(), recorded: "done".into(), offered: "paused".into() };
        assert_eq!(said(conflict), "backfill 3 is klaar en kan niet gepauzeerd worden");
        assert_eq!(said(LedgerError::UnknownBackfill(9)), "er is geen backfill 9");
        let difference = |about: &str| Difference { about: about.into(), planned: None, now: None };
        let moved = PlanError::Moved(vec![difference("cadence"), difference("VT07 2020-07")]);
        assert_eq!(said(moved), "sinds dit plan is er iets veranderd (de cadans, VT07 2020-07); maak een nieuw plan");
    }

    #[test]
    fn an_error_of_ours_says_nothing_of_its_inside() {
        assert_eq!(said(anyhow::anyhow!("/srv/private/key can't be read")), "");
    }
}
