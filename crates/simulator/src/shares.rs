//! How often each code occurs: the lotteries of `data/verdelingen.csv`.

use crate::calibration::{rows, value};
use crate::chance::Lottery;

/// A code, or none where the field is left empty.
pub type Drawn = Option<&'static str>;

/// Lotteries and rates of the fields that adviezen and meldingen share.
#[derive(Debug)]
pub struct CommonShares {
    /// Who asks or reports.
    pub organisatie: Lottery<&'static str>,
    /// Kind of violence, the first.
    pub aard: Lottery<&'static str>,
    /// Per mille with a second and with a third aard.
    pub aard_more: [u32; 2],
    /// Form of violence, the first.
    pub vorm: Lottery<Drawn>,
    /// Per mille with a second and with a third vorm.
    pub vorm_more: [u32; 2],
    /// How long it has lasted.
    pub duur: Lottery<Drawn>,
}

/// All lotteries and rates.
#[derive(Debug)]
pub struct Shares {
    /// Of adviezen.
    pub advies: CommonShares,
    /// Of meldingen.
    pub melding: CommonShares,
    /// Channel of an advies, chat aside.
    pub kanaal: Lottery<&'static str>,
    /// Per mille of adviezen by chat, once it exists.
    pub chat: u32,
    /// Repeated melding.
    pub hermelding: Lottery<Drawn>,
    /// Outcome of the veiligheidstaxatie; `beide` is acuut and structureel.
    pub taxatie: Lottery<&'static str>,
    /// Besluit on a melding without a service.
    pub besluit: Lottery<&'static str>,
    /// Working days until the besluit.
    pub besluit_days: Lottery<usize>,
    /// Persons involved.
    pub betrokkenen: Lottery<u32>,
    /// Outcome of an onderzoek.
    pub uitkomst: Lottery<&'static str>,
    /// Where a closed service was handed over to.
    pub overdracht: Lottery<&'static str>,
}

const TABLE: &str = include_str!("../data/verdelingen.csv");

/// The word of the table for an empty field.
const EMPTY: &str = "leeg";

fn field(record: &str, field: &str) -> Vec<(u32, &'static str)> {
    let of_field = rows::<5>(TABLE).filter(|[r, f, ..]| *r == record && *f == field);
    of_field.map(|[_, _, code, weight, _]| (value(weight), code)).collect()
}

fn codes(record: &str, name: &str) -> Lottery<&'static str> {
    Lottery::new(field(record, name))
}

fn optional(record: &str, name: &str) -> Lottery<Drawn> {
    Lottery::new(field(record, name).into_iter().map(|(weight, code)| (weight, (code != EMPTY).then_some(code))))
}

fn more(record: &str, name: &str) -> [u32; 2] {
    let rates = field(record, name);
    ["tweede", "derde"].map(|which| rates.iter().find(|(_, code)| *code == which).map_or(0, |(rate, _)| *rate))
}

fn numbers<T: Copy + std::str::FromStr<Err: std::fmt::Debug>>(record: &str, name: &str) -> Lottery<T> {
    Lottery::new(field(record, name).into_iter().map(|(weight, text)| (weight, value(text))))
}

impl CommonShares {
    fn of(record: &str) -> Self {
        Self {
            organisatie: codes(record, "organisatie"),
            aard: codes(record, "aard"),
            aard_more: more(record, "aard_bijkomend"),
            vorm: optional(record, "vorm"),
            vorm_more: more(record, "vorm_bijkomend"),
            duur: optional(record, "duur_geweld"),
        }
    }
}

impl Shares {
    /// The built-in table.
    pub fn builtin() -> Self {
        Self {
            advies: CommonShares::of("advies"),
            melding: CommonShares::of("melding"),
            kanaal: codes("advies", "kanaal"),
            chat: field("advies", "chat").iter().map(|(rate, _)| *rate).sum(),
            hermelding: optional("melding", "hermelding"),
            taxatie: codes("melding", "veiligheidstaxatie"),
            besluit: codes("melding", "besluit"),
            besluit_days: numbers("melding", "besluit_werkdagen"),
            betrokkenen: numbers("melding", "betrokkenen"),
            uitkomst: codes("vervolgdienst", "uitkomst"),
            overdracht: codes("vervolgdienst", "overdracht"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vt_domain::codes::CodeLists;

    #[test]
    fn every_code_of_the_contract_has_a_weight_and_no_other_has() {
        let lists = CodeLists::builtin();
        let fields = [
            ("advies", "kanaal", &["chat"][..]),
            ("advies", "organisatie", &[]),
            ("melding", "organisatie", &[]),
            ("advies", "aard", &[]),
            ("melding", "aard", &[]),
            ("advies", "vorm", &[]),
            ("melding", "vorm", &[]),
            ("advies", "duur_geweld", &[]),
            ("melding", "duur_geweld", &[]),
            ("melding", "hermelding", &[]),
            ("melding", "besluit", &["nog_niet_beoordeeld"]),
            ("vervolgdienst", "uitkomst", &[]),
            ("vervolgdienst", "overdracht", &[]),
        ];
        for (record, name, drawn_elsewhere) in fields {
            let mut weighed: Vec<&str> =
                field(record, name).into_iter().map(|(_, code)| code).filter(|code| *code != EMPTY).collect();
            weighed.extend(drawn_elsewhere);
            weighed.sort_unstable();
            let mut listed: Vec<&str> = lists.list(name).deliverable().map(|code| code.code.as_str()).collect();
            listed.sort_unstable();
            assert_eq!(weighed, listed, "{record}.{name}");
        }
    }

    #[test]
    fn the_table_can_be_read() {
        let shares = Shares::builtin();
        assert_eq!(shares.chat, 70);
        assert_eq!(shares.melding.aard_more, [260, 30]);
        assert_eq!(shares.advies.vorm_more, [250, 60]);
    }
}
