//! Cells counted from what the regions delivered, record by record: an oracle that shares nothing with the product's SQL.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use vt_domain::month::Month;
use vt_domain::period::Period;
use vt_domain::register::Register;
use vt_simulator::{Records, Truth};

/// Counts by (maat, dimensie or nothing, category or nothing, atom); zeros are left out.
pub type Cells = BTreeMap<(String, String, String, String), u64>;

/// Counts one period from the deliveries in force at `now`, of the months from `first` on.
pub fn count(truth: &Truth, first: Month, period: Period, now: DateTime<Utc>) -> Cells {
    let mut cells = Cells::new();
    let register = Register::builtin();
    for vt in register.vt_regions(period.last_day()) {
        let mut counter = Counter { register, vt: &vt.code, period, cells: &mut cells, gemeente: HashMap::new() };
        for month in first.through(Month::of(period.last_day())) {
            let Some((_, records)) = truth.in_force(&vt.code, month, now) else { continue };
            counter.records(&records, month);
        }
    }
    cells
}

struct Counter<'a> {
    register: &'a Register,
    vt: &'a str,
    period: Period,
    cells: &'a mut Cells,
    /// Gemeente of each melding so far: a service counts there.
    gemeente: HashMap<String, String>,
}

impl Counter<'_> {
    fn records(&mut self, records: &Records, month: Month) {
        for melding in &records.meldingen {
            self.gemeente.insert(melding.melding_id.clone(), melding.gm_code.clone());
            if month.contains(melding.ontvangstdatum) {
                let hermelding = melding.hermelding.unwrap_or("onbekend");
                self.event(
                    "ontvangen_meldingen",
                    melding.ontvangstdatum,
                    Some(&melding.gm_code),
                    &[
                        ("organisatie", vec![melding.organisatie]),
                        ("aard", melding.aard.clone()),
                        ("vorm", or_unknown(&melding.vorm)),
                        ("duur", vec![melding.duur_geweld.unwrap_or("onbekend")]),
                        ("veiligheidstaxatie", melding.veiligheidstaxatie.clone()),
                        ("hermelding", vec![hermelding]),
                        ("besluit", vec![melding.besluit]),
                    ],
                );
            }
        }
        for advies in records.adviezen.iter().filter(|advies| month.contains(advies.startdatum)) {
            self.event(
                "gestarte_adviezen",
                advies.startdatum,
                advies.gm_code.as_deref(),
                &[
                    ("kanaal", vec![advies.kanaal]),
                    ("organisatie", vec![advies.organisatie]),
                    ("aard", advies.aard.clone()),
                    ("vorm", or_unknown(&advies.vorm)),
                    ("duur", vec![advies.duur_geweld.unwrap_or("onbekend")]),
                ],
            );
        }
        for dienst in &records.vervolgdiensten {
            let Some(eind) = dienst.eind.filter(|eind| month.contains(*eind)) else { continue };
            let maat = match dienst.soort {
                "onderzoek" => "afgeronde_onderzoeken",
                "voorwaarden_vervolg" => "afgeronde_voorwaarden_vervolg",
                _ => continue,
            };
            let gemeente = self.gemeente.get(&dienst.melding_id).cloned();
            self.event(maat, eind, gemeente.as_deref(), &[]);
        }
    }

    /// One event on `day`, in the gemeente `gm` as the division was on that day.
    fn event(&mut self, maat: &str, day: NaiveDate, gm: Option<&str>, values: &[(&str, Vec<&str>)]) {
        if !self.period.contains(day) {
            return;
        }
        let gm = gm.filter(|gm| *gm != "onbekend");
        let atom = self.register.atom_of(self.vt, gm, day).map_or_else(String::new, |atom| atom.to_string());
        let mut add = |dimensie: &str, code: &str| {
            *self.cells.entry((maat.into(), dimensie.into(), code.into(), atom.clone())).or_default() += 1;
        };
        add("", "");
        for (dimensie, codes) in values {
            for code in codes {
                add(dimensie, code);
            }
        }
    }
}

fn or_unknown<'a>(codes: &[&'a str]) -> Vec<&'a str> {
    if codes.is_empty() { vec!["onbekend"] } else { codes.to_vec() }
}
