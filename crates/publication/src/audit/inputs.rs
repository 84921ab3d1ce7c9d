//! How the deliveries behind an issue changed since the issue before, as its readers see it in the manifests.

use std::collections::BTreeMap;

use vt_disclosure::InputChange;
use vt_domain::Month;
use vt_domain::atoms::AtomCode;
use vt_domain::measure::Maat;
use vt_domain::snapshot::Manifest;

use crate::gate::Input;
use crate::history::change;
use crate::reservation::Reservation;

/// What a manifest shows of what an issue was made from. A number is immutable, so that region, month and number name a
/// delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    software: String,
    register: String,
    deliveries: BTreeMap<String, BTreeMap<Month, u32>>,
}

impl Seen {
    /// What the manifest of an issue will show: program, register, and the deliveries that count.
    pub fn new(software: &str, register: &str, invoer: &[Input]) -> Self {
        Self::of(software, register, invoer.iter().map(|input| (input.regio.as_str(), input.maand, input.levering_nr)))
    }

    fn of<'a>(software: &str, register: &str, invoer: impl Iterator<Item = (&'a str, Month, u32)>) -> Self {
        let mut deliveries: BTreeMap<String, BTreeMap<Month, u32>> = BTreeMap::new();
        for (regio, maand, number) in invoer {
            deliveries.entry(regio.to_owned()).or_default().insert(maand, number);
        }
        Self { software: software.to_owned(), register: register.to_owned(), deliveries }
    }

    /// Per atom the change of its region's deliveries since another issue; nothing when the counts may have been made
    /// otherwise: by another version of the program or of the register.
    pub(super) fn changes(&self, before: &Self, atoms: &[AtomCode]) -> Vec<InputChange> {
        if before.software != self.software || before.register != self.register {
            return Vec::new();
        }
        let none = BTreeMap::new();
        let of = |atom: &AtomCode| {
            let [then, now] = [before, self].map(|seen| seen.deliveries.get(atom.vt()).unwrap_or(&none));
            // The measures of which this says something do not move between atoms.
            change(then, now, false)
        };
        atoms.iter().map(of).collect()
    }
}

impl From<&Manifest> for Seen {
    fn from(manifest: &Manifest) -> Self {
        let invoer = manifest.invoer.iter().map(|input| (input.regio.as_str(), input.maand, input.levering_nr));
        Self::of(&manifest.software, &manifest.register, invoer)
    }
}

impl From<&Reservation> for Seen {
    fn from(reservation: &Reservation) -> Self {
        Self::new(&reservation.software, &reservation.register, &reservation.invoer)
    }
}

/// Measures that also depend on deliveries of earlier months, which manifests do not list: the gemeente of a vervolgdienst is
/// that of its melding. Readers have no tie between their issues.
pub(super) fn unlinked() -> Vec<String> {
    let services = Maat::ALL.into_iter().filter(|maat| maat.dienst_soort().is_some());
    services.map(|maat| maat.code().to_owned()).collect()
}
