//! How the deliveries behind each atom relate to those of the issue before.
//!
//! What is claimed here must be a fact of the counts. Events count from the delivery of the month of their own date, so that a
//! month that was not there adds to them and takes nothing away, with one exception: a vervolgdienst has the gemeente of its
//! melding, which can be in the delivery of any month up to the end of the service. A month that comes in before one that was
//! there can therefore move services from one atom of a VT to another.

use std::collections::BTreeMap;

use vt_disclosure::InputChange;
use vt_domain::Month;
use vt_domain::atoms::{AtomCode, AtomCodeError};
use vt_domain::contract::RecordType;
use vt_domain::measure::Maat;

use crate::error::PublicationError;
use crate::gate::{Input, PeriodInput};
use crate::reservation::Reservation;

/// The deliveries of one VT, by month.
type Deliveries<'a> = BTreeMap<Month, (u32, &'a str)>;

/// What an issue was counted from, and by which program.
pub(crate) struct RestsOn<'a> {
    /// Name and version of the program.
    pub(crate) software: &'a str,
    /// The deliveries of the period's own months.
    pub(crate) own: Vec<&'a Input>,
    /// Those of earlier months, in which meldingen were looked up.
    pub(crate) earlier: Vec<&'a Input>,
}

/// [`changes_between`] a reservation and a new input of its period.
pub(super) fn changes(
    previous: &Reservation,
    input: &PeriodInput,
    atoms: &[String],
    software: &str,
) -> Result<Changes, PublicationError> {
    let before = RestsOn {
        software: &previous.software,
        own: previous.invoer.iter().collect(),
        earlier: previous.invoer_eerder.iter().collect(),
    };
    let now = RestsOn { software, own: input.counting.values().collect(), earlier: input.earlier.values().collect() };
    changes_between(&before, &now, atoms).map_err(|error| PublicationError::Reservation {
        period: previous.periode,
        issue: previous.uitgave,
        rule: error.to_string(),
    })
}

/// The change of each atom's deliveries, in the order of `atoms`: for adviezen and meldingen, which rest on the deliveries of the
/// period's own months alone (the manifest shows them), and for the measures that rest on earlier ones too.
///
/// # Errors
/// [`AtomCodeError`] when an atom's code is none.
pub(crate) fn changes_between(
    before: &RestsOn<'_>,
    now: &RestsOn<'_>,
    atoms: &[String],
) -> Result<Changes, AtomCodeError> {
    let codes: Vec<AtomCode> = atoms.iter().map(|atom| atom.parse()).collect::<Result<_, _>>()?;
    let several = |code: &AtomCode| codes.iter().filter(|other| other.vt() == code.vt()).count() > 1;
    let none = Deliveries::new();
    let each = |deliveries: [BTreeMap<&str, Deliveries<'_>>; 2], can_move: bool| {
        let of = |code: &AtomCode| {
            if before.software != now.software {
                // Another program may count otherwise.
                return InputChange::Replaced;
            }
            let [before, now] = deliveries.each_ref().map(|all| all.get(code.vt()).unwrap_or(&none));
            change(before, now, can_move && several(code))
        };
        codes.iter().map(of).collect::<Vec<_>>()
    };
    let own = each([before, now].map(|rests_on| by_region(rests_on.own.iter().copied())), false);
    let all = [before, now].map(|rests_on| by_region(rests_on.own.iter().chain(&rests_on.earlier).copied()));
    let services = each(all, true);
    let rest_on_earlier = Maat::ALL.into_iter().filter(|maat| maat.record() == RecordType::Vervolgdienst);
    let apart = rest_on_earlier.map(|maat| (maat.code().to_owned(), services.clone())).collect();
    Ok(Changes { inputs: own, apart })
}

/// How the deliveries changed, by atom.
pub(crate) struct Changes {
    /// Of measures that rest on the period's own months.
    pub(crate) inputs: Vec<InputChange>,
    /// Of measures that rest on deliveries of earlier months too.
    pub(crate) apart: BTreeMap<String, Vec<InputChange>>,
}

fn by_region<'a>(inputs: impl Iterator<Item = &'a Input>) -> BTreeMap<&'a str, Deliveries<'a>> {
    let mut all: BTreeMap<&str, Deliveries<'_>> = BTreeMap::new();
    for input in inputs {
        all.entry(&input.regio).or_default().insert(input.maand, (input.levering_nr, &input.kenmerk));
    }
    all
}

/// How the deliveries of one VT, by month, changed. `several`: it has several atoms, between which services can move.
pub(crate) fn change<D: PartialEq>(
    before: &BTreeMap<Month, D>,
    now: &BTreeMap<Month, D>,
    several: bool,
) -> InputChange {
    let kept = before.iter().all(|(month, delivery)| now.get(month) == Some(delivery));
    let mut added = now.keys().filter(|month| !before.contains_key(month)).peekable();
    match (kept, added.peek().is_some()) {
        (true, false) => InputChange::Same,
        // What comes after every month that was there is looked at by no event that was.
        (true, true) if !several || added.all(|month| before.keys().all(|known| known < month)) => InputChange::Grown,
        _ => InputChange::Replaced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deliveries(list: &[(&str, u32)]) -> Deliveries<'static> {
        list.iter().map(|(month, number)| (month.parse().unwrap(), (*number, "00ff"))).collect()
    }

    #[test]
    fn the_same_deliveries_are_the_same_and_a_replaced_one_replaces() {
        let june = deliveries(&[("2020-05", 1), ("2020-06", 1)]);
        for several in [false, true] {
            assert_eq!(change(&june, &june, several), InputChange::Same);
            assert_eq!(change(&june, &deliveries(&[("2020-05", 1), ("2020-06", 2)]), several), InputChange::Replaced);
            assert_eq!(change(&june, &deliveries(&[("2020-06", 1)]), several), InputChange::Replaced);
            let other = deliveries(&[("2020-05", 1), ("2020-06", 2), ("2020-07", 1)]);
            assert_eq!(change(&june, &other, several), InputChange::Replaced);
            assert_eq!(change(&deliveries(&[]), &deliveries(&[]), several), InputChange::Same);
        }
        let mut changed = june.clone();
        changed.insert("2020-06".parse().unwrap(), (1, "00fe"));
        assert_eq!(change(&june, &changed, false), InputChange::Replaced);
    }

    #[test]
    fn a_month_that_was_not_there_only_adds_unless_services_can_move_between_atoms() {
        let june = deliveries(&[("2020-06", 1)]);
        let later = deliveries(&[("2020-06", 1), ("2020-07", 1)]);
        let earlier = deliveries(&[("2020-05", 1), ("2020-06", 1)]);
        assert_eq!([false, true].map(|several| change(&june, &later, several)), [InputChange::Grown; 2]);
        assert_eq!(change(&june, &earlier, false), InputChange::Grown);
        assert_eq!(change(&june, &earlier, true), InputChange::Replaced);
        assert_eq!([false, true].map(|several| change(&deliveries(&[]), &earlier, several)), [InputChange::Grown; 2]);
    }
}
