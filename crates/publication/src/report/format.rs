//! Numbers, dates and words as Dutch readers write them.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use vt_domain::PeriodKind;
use vt_domain::snapshot::RedenLeeg;

pub(super) use crate::render::wording::{date, month, status};

/// What stands where there is no value.
pub(super) const NONE: &str = "–";

/// `10.120`, with a true minus sign.
pub(super) fn count(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::from(if value < 0 { "−" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// The count, or what stands for its absence.
pub(super) fn count_or_none(value: Option<i64>) -> String {
    value.map_or_else(|| NONE.to_owned(), count)
}

/// `+1.205`, `−5`, `0`.
pub(super) fn signed(value: i64) -> String {
    if value > 0 { format!("+{}", count(value)) } else { count(value) }
}

/// `1.234,5`: with one decimal.
pub(super) fn decimal(value: f64) -> String {
    let tenths = tenths(value);
    let sign = if tenths < 0 { "−" } else { "" };
    format!("{sign}{},{}", count(tenths.abs() / 10), tenths.abs() % 10)
}

/// `± 9`, not to be torn apart at the end of a line.
pub(super) fn plus_minus(margin: impl Display) -> String {
    format!("±\u{a0}{margin}")
}

/// A number of tenths, rounded half away from zero.
pub(super) fn tenths(value: f64) -> i64 {
    (value * 10.0).round() as i64
}

/// A percentage: without decimals when value and margin have none.
pub(super) fn percent(value: f64, margin: f64) -> (String, String) {
    let whole = value.fract() == 0.0 && margin.fract() == 0.0;
    let text = |value: f64| if whole { count(value as i64) } else { decimal(value) };
    let sign = if value > 0.0 { "+" } else { "" };
    (format!("{sign}{}%", text(value)), text(margin))
}

/// `1 maart 2021, 06.00 uur UTC`.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    format!("{}, {} uur UTC", date(at.date_naive()), at.format("%H.%M"))
}

/// A code of the tables in words: without underscores.
pub(super) fn words(code: &str) -> String {
    code.replace('_', " ")
}

/// What stands in `opmerking` where compared periods differ in status, and how it is said.
const MATURITY_DIFFERS: (&str, &str) = ("rijpheid_verschilt", "de vergeleken perioden hebben niet dezelfde status");

/// Where a remark refers to another indicator by its code.
const REFERENCE: &str = ": zie verandering_";

/// A remark of the tables in words; without a reference to a row that the page shows beside it.
pub(super) fn remark(text: &str) -> String {
    let said = |part: &str| match part {
        part if part == MATURITY_DIFFERS.0 => MATURITY_DIFFERS.1.to_owned(),
        part => words(part.split(REFERENCE).next().unwrap_or(part)),
    };
    text.split("; ").map(said).collect::<Vec<_>>().join("; ")
}

/// Why a value is absent, in a few words.
pub(super) fn reason(reason: Option<RedenLeeg>) -> &'static str {
    match reason {
        Some(RedenLeeg::Onvolledig) | None => "niet volledig geleverd",
        Some(RedenLeeg::Ontbreekt) => "niet geleverd",
        Some(RedenLeeg::RegioOnbekend) => "veiligheidsregio te vaak onbekend",
        Some(RedenLeeg::Reeksbreuk) => "breuk in de reeks",
        Some(RedenLeeg::GeenBasis) => "geen basis om mee te vergelijken",
    }
}

/// The same for the code of a table.
pub(super) fn reason_code(code: &str) -> &'static str {
    reason(code.parse().ok())
}

/// With a capital.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// How often a cadence appears.
pub(super) fn cadence(kind: PeriodKind) -> &'static str {
    match kind {
        PeriodKind::Week => "per week",
        PeriodKind::TwoWeeks => "per twee weken",
        PeriodKind::FourWeeks => "per vier weken",
        PeriodKind::IsoYear => "per ISO-jaar",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_dutch() {
        assert_eq!([count(0), count(995), count(10_120), count(-1_234_567)], ["0", "995", "10.120", "−1.234.567"]);
        assert_eq!([signed(5), signed(0), signed(-1_200)], ["+5", "0", "−1.200"]);
        assert_eq!([decimal(7.3), decimal(-0.4), decimal(1_234.0)], ["7,3", "−0,4", "1.234,0"]);
        assert_eq!(percent(-9.9, 0.4), ("−9,9%".to_owned(), "0,4".to_owned()));
        assert_eq!(percent(12.0, 3.0), ("+12%".to_owned(), "3".to_owned()));
    }

    #[test]
    fn remarks_are_said_in_words() {
        let text =
            "rijpheid_verschilt; in VT06 ligt een reeksbreuk tussen de perioden: zie verandering_2019_gelijke_regios";
        let said = "de vergeleken perioden hebben niet dezelfde status; in VT06 ligt een reeksbreuk tussen de perioden";
        assert_eq!(remark(text), said);
        assert_eq!(remark("hoger_dan_gebruikelijk"), "hoger dan gebruikelijk");
        assert_eq!(remark(""), "");
    }

    #[test]
    fn days_are_written_out() {
        assert_eq!(date("2020-07-06".parse().unwrap()), "6 juli 2020");
        assert_eq!(instant("2021-03-01T06:00:00Z".parse().unwrap()), "1 maart 2021, 06.00 uur UTC");
    }
}
