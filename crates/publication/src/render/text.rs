//! Days as text, written and read without a general date format: ten thousand of them stand in one snapshot.

use chrono::{Datelike, NaiveDate};

/// Writes `2020-07-31`.
pub(crate) fn write_day(out: &mut Vec<u8>, day: NaiveDate) {
    let digit = |number: u32| b'0' + (number % 10) as u8;
    // Periods lie in the years 2000–2099.
    let (year, month, day) = (day.year().unsigned_abs(), day.month(), day.day());
    out.extend_from_slice(&[
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        b'-',
        digit(month / 10),
        digit(month),
        b'-',
        digit(day / 10),
        digit(day),
    ]);
}

/// Reads `2020-07-31` and nothing else.
pub(crate) fn parse_day(text: &str) -> Option<NaiveDate> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let number = |digits: &[u8]| {
        let digits = digits.iter().map(|digit| digit.is_ascii_digit().then(|| u32::from(digit - b'0')));
        digits.into_iter().try_fold(0, |number, digit| Some(number * 10 + digit?))
    };
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_is_no_day() {
        for text in ["2020-7-31", "2020-02-30", "31-07-2020", "2020-07-3x", "+020-07-31", "", "2020-07-31 "] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn days_are_written_as_iso_8601_and_read_back(offset in 0..36_500u64) {
            let day = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + chrono::Days::new(offset);
            let mut out = Vec::new();
            write_day(&mut out, day);
            let text = String::from_utf8(out).unwrap();
            prop_assert_eq!(&text, &day.to_string());
            prop_assert_eq!(parse_day(&text), Some(day));
        }
    }
}
