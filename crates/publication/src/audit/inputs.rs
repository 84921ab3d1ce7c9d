//! How the deliveries behind an issue changed since the issue before, as its readers see it in the manifests.

use std::collections::BTreeMap;

use vt_disclosure::InputChange;
use vt_domain::Month;
use vt_domain::atoms::AtomCode;
use vt_domain::measure::Maat;
use vt_domain::snapshot::Manifest;

/// Measures that also depend on deliveries of earlier months, which manifests do not list: the gemeente of a vervolgdienst is
/// that of its melding. Readers have no tie between their issues.
pub(super) fn unlinked() -> Vec<String> {
    let services = Maat::ALL.into_iter().filter(|maat| maat.dienst_soort().is_some());
    services.map(|maat| maat.code().to_owned()).collect()
}

/// Per atom the change of its region's deliveries; nothing when the counts may have been made otherwise: by another version
/// of the program or of the register.
///
/// A number is immutable, so that month and number name a delivery.
pub(super) fn changes(before: &Manifest, now: &Manifest, atoms: &[AtomCode]) -> Vec<InputChange> {
    if before.software != now.software || before.register != now.register {
        return Vec::new();
    }
    let deliveries = |manifest: &Manifest, vt: &str| -> BTreeMap<Month, u32> {
        let own = manifest.invoer.iter().filter(|input| input.regio == vt);
        own.map(|input| (input.maand, input.levering_nr)).collect()
    };
    let change = |atom: &AtomCode| {
        let (before, now) = (deliveries(before, atom.vt()), deliveries(now, atom.vt()));
        if before == now {
            InputChange::Same
        } else if before.iter().all(|(month, number)| now.get(month) == Some(number)) {
            InputChange::Grown
        } else {
            InputChange::Replaced
        }
    };
    atoms.iter().map(change).collect()
}
