//! Codes of months, periods, areas and atoms, and the text of an erratum.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use vt_domain::atoms::AtomCode;
use vt_domain::measure::Maat;
use vt_domain::register::AreaRef;
use vt_domain::snapshot::{Status, check_text};
use vt_domain::{Month, Period};

use crate::Target;

pub(crate) const TARGETS: [Target; 2] = [
    Target {
        name: "codes",
        run: codes,
        words: &["2020", "W1", "W2", "W4", "ISO", "-", "53", "13", "VT", "VR", "GM", "NL", "JJ00", "HJ01", "MM"],
    },
    Target {
        name: "erratum_text",
        run: |input| {
            if let Ok(text) = std::str::from_utf8(input) {
                drop(check_text(text));
            }
        },
        words: &[
            "een", "twee", "tien", "tiende", "zevende", "honderd", "tallen", "voudig", "ver", "voudigd", "XIV", "½",
            "VT07",
        ],
    },
];

fn codes(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Some(month) = same::<Month>(text) {
        assert!(month.contains(month.first_day()) && month.contains(month.last_day()));
        assert_eq!(month.next().previous(), month);
        assert!(month.definitive_from() > month.last_day() && (28..=31).contains(&month.days()));
        drop(month.code());
    }
    if let Some(period) = same::<Period>(text) {
        assert!(period.contains(period.begin()) && period.contains(period.last_day()));
        assert_eq!(period.next().begin(), period.end());
        assert!(period.months().count() >= 1 && period.each_day().count() == period.days() as usize);
        drop((period.label(), period.previous()));
    }
    same::<AtomCode>(text);
    same::<Status>(text);
    same::<Maat>(text);
    if let Some(AreaRef::Vt(code) | AreaRef::Vr(code) | AreaRef::Gm(code)) = AreaRef::parse(text) {
        assert_eq!(code, text);
    }
}

/// Reads a code. What is accepted is written as it was read: no two texts mean the same.
fn same<T: FromStr + Display + Debug>(text: &str) -> Option<T> {
    let value = text.parse::<T>().ok()?;
    assert_eq!(value.to_string(), text);
    Some(value)
}
