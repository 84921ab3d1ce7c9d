//! What each gemeente code means in one region and month, looked up once instead of per record.

use vt_domain::Month;
use vt_domain::register::{GemeenteMatch, Register};

use super::check::Check;
use super::day;

/// Marks an empty field, or `onbekend`, in a column of gemeenten.
pub(crate) const EMPTY: u16 = 0;

/// Marks a value that is no gemeente code.
pub(crate) const INVALID: u16 = u16::MAX;

const CODES: usize = 10_000;

/// What a code means: the code to count under (0 = unknown), and what is to be said of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meaning {
    pub counts_as: u16,
    pub check: Option<Check>,
}

/// The meanings of all codes, per stretch of days without a change in the register.
#[derive(Debug, Clone)]
pub(crate) struct GemeenteTable {
    /// First day of each stretch but the first, and its meanings.
    stretches: Vec<(i32, Vec<Meaning>)>,
}

impl GemeenteTable {
    pub fn new(register: &Register, vt: &str, month: Month) -> Self {
        let changes = register.change_days();
        let known: std::collections::BTreeSet<&str> = std::iter::once(register.first_day())
            .chain(changes.iter().copied())
            .flat_map(|day| register.gemeenten(day).map(|gemeente| gemeente.code.as_str()))
            .collect();
        let begins = std::iter::once(month.first_day())
            .chain(changes.iter().copied().filter(|day| *day > month.first_day() && month.contains(*day)));
        let stretches = begins.map(|begin| {
            let mut meanings = vec![Meaning { counts_as: EMPTY, check: Some(Check::GemeenteOnbekend) }; CODES];
            for code in &known {
                let Some(place) = number(code) else { continue };
                meanings[usize::from(place)] = meaning(register.resolve(vt, Some(code), begin));
            }
            (day::number(begin), meanings)
        });
        Self { stretches: stretches.collect() }
    }

    /// What a code means on a day of the month.
    #[inline]
    pub fn meaning(&self, code: u16, day: i32) -> Meaning {
        let stretch = self.stretches.iter().rfind(|(begin, _)| *begin <= day).or(self.stretches.first());
        let found = stretch.and_then(|(_, meanings)| meanings.get(usize::from(code)));
        found.copied().unwrap_or(Meaning { counts_as: EMPTY, check: None })
    }
}

fn meaning(found: GemeenteMatch<'_>) -> Meaning {
    match found {
        GemeenteMatch::Known { gm, .. } => Meaning { counts_as: number(&gm.code).unwrap_or(EMPTY), check: None },
        GemeenteMatch::Successor { gm, .. } => {
            Meaning { counts_as: number(&gm.code).unwrap_or(EMPTY), check: Some(Check::GemeenteOpgeheven) }
        }
        GemeenteMatch::Elsewhere { .. } => Meaning { counts_as: EMPTY, check: Some(Check::GemeenteElders) },
        GemeenteMatch::Dissolved { .. } => Meaning { counts_as: EMPTY, check: Some(Check::GemeenteOpgedeeld) },
        GemeenteMatch::NotYet { .. } => Meaning { counts_as: EMPTY, check: Some(Check::GemeenteNogNiet) },
        GemeenteMatch::Unknown => Meaning { counts_as: EMPTY, check: Some(Check::GemeenteOnbekend) },
        GemeenteMatch::NotGiven => Meaning { counts_as: EMPTY, check: None },
    }
}

/// The number in a code such as `GM0363`.
fn number(code: &str) -> Option<u16> {
    match read(code.as_bytes()) {
        EMPTY | INVALID => None,
        number => Some(number),
    }
}

/// Reads a field: a code as its number, `onbekend` as empty.
#[inline]
pub(crate) fn read(text: &[u8]) -> u16 {
    if let [b'G', b'M', digits @ ..] = text
        && digits.len() == 4
        && digits.iter().all(u8::is_ascii_digit)
    {
        let number = digits.iter().fold(0u16, |number, digit| number * 10 + u16::from(digit - b'0'));
        return if number == 0 { INVALID } else { number };
    }
    if text == b"onbekend" { EMPTY } else { INVALID }
}

/// How a code is written.
#[inline]
pub(crate) fn written(number: u16) -> [u8; 6] {
    let digit = |place: u16| b'0' + (number / place % 10) as u8;
    [b'G', b'M', digit(1000), digit(100), digit(10), digit(1)]
}
