//! Records as rows of values, in the order of the contract.

use chrono::{Datelike, NaiveDate};
use vt_domain::contract::{LIST_SEPARATOR, RecordType};

use crate::records::{Advies, Melding, Vervolgdienst};

/// The value of one field.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A text, or an empty optional field.
    Text(Option<&'a str>),
    /// Codes; none is an empty optional field.
    Codes(&'a [&'static str]),
    /// A day, or an empty optional field.
    Day(Option<NaiveDate>),
    /// A truth value.
    Bool(bool),
    /// A number, or an empty optional field.
    Number(Option<u32>),
}

/// A record that can be written.
pub trait Row {
    /// What it is.
    const RECORD: RecordType;

    /// Hands over its values, in the order of the contract.
    fn each(&self, take: impl FnMut(Value<'_>));
}

impl Row for Advies {
    const RECORD: RecordType = RecordType::Advies;

    fn each(&self, mut take: impl FnMut(Value<'_>)) {
        take(Value::Text(Some(&self.advies_id)));
        take(Value::Day(Some(self.startdatum)));
        take(Value::Text(Some(self.kanaal)));
        take(Value::Text(Some(self.rol)));
        take(Value::Text(Some(self.organisatie)));
        take(Value::Codes(&self.aard));
        take(Value::Codes(&self.vorm));
        take(Value::Text(self.duur_geweld));
        take(Value::Text(self.gm_code.as_deref()));
    }
}

impl Row for Melding {
    const RECORD: RecordType = RecordType::Melding;

    fn each(&self, mut take: impl FnMut(Value<'_>)) {
        take(Value::Text(Some(&self.melding_id)));
        take(Value::Text(self.casus_id.as_deref()));
        take(Value::Day(Some(self.ontvangstdatum)));
        take(Value::Text(Some(self.rol)));
        take(Value::Text(Some(self.organisatie)));
        take(Value::Codes(&self.aard));
        take(Value::Codes(&self.vorm));
        take(Value::Text(self.duur_geweld));
        take(Value::Bool(self.politie_overdracht));
        take(Value::Text(Some(&self.gm_code)));
        take(Value::Number(Some(self.n_betrokkenen)));
        take(Value::Number(self.n_minderjarig));
        take(Value::Codes(&self.veiligheidstaxatie));
        take(Value::Text(Some(self.besluit)));
        take(Value::Day(self.besluitdatum));
        take(Value::Text(self.hermelding));
    }
}

impl Row for Vervolgdienst {
    const RECORD: RecordType = RecordType::Vervolgdienst;

    fn each(&self, mut take: impl FnMut(Value<'_>)) {
        take(Value::Text(Some(&self.dienst_id)));
        take(Value::Text(Some(&self.melding_id)));
        take(Value::Text(Some(self.soort)));
        take(Value::Day(Some(self.start)));
        take(Value::Day(self.eind));
        take(Value::Codes(&self.uitkomst));
        take(Value::Codes(&self.overdracht));
    }
}

impl Value<'_> {
    /// Whether it is an empty optional field.
    pub fn is_empty(self) -> bool {
        matches!(self, Self::Text(None) | Self::Codes([]) | Self::Day(None) | Self::Number(None))
    }

    /// As a CSV field, before quoting; nothing for an empty field.
    pub fn csv(self, to: &mut Vec<u8>) {
        match self {
            Self::Text(text) => to.extend_from_slice(text.unwrap_or_default().as_bytes()),
            Self::Codes(codes) => {
                separated(to, codes, LIST_SEPARATOR as u8, |to, code| to.extend_from_slice(code.as_bytes()));
            }
            Self::Day(day) => day.into_iter().for_each(|day| write_day(to, day)),
            Self::Bool(truth) => to.extend_from_slice(if truth { b"true" } else { b"false" }),
            Self::Number(number) => {
                number.into_iter().for_each(|number| to.extend_from_slice(number.to_string().as_bytes()));
            }
        }
    }

    /// As a JSON value; `null` for an empty field.
    pub fn json(self, to: &mut Vec<u8>) {
        match self {
            Self::Text(Some(text)) => json_text(to, text),
            Self::Codes(codes) => {
                to.push(b'[');
                separated(to, codes, b',', json_text);
                to.push(b']');
            }
            Self::Day(Some(day)) => {
                to.push(b'"');
                write_day(to, day);
                to.push(b'"');
            }
            Self::Bool(_) | Self::Number(Some(_)) => self.csv(to),
            Self::Text(None) | Self::Day(None) | Self::Number(None) => to.extend_from_slice(b"null"),
        }
    }
}

fn separated(to: &mut Vec<u8>, codes: &[&str], separator: u8, write: impl Fn(&mut Vec<u8>, &str)) {
    for (i, code) in codes.iter().enumerate() {
        if i > 0 {
            to.push(separator);
        }
        write(to, code);
    }
}

/// Texts of ours need no escapes; what does need them is left to serde_json.
pub fn json_text(to: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        to.push(b'"');
        to.extend_from_slice(text.as_bytes());
        to.push(b'"');
    } else {
        to.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
    }
}

/// `2020-07-31`, of years 1000 to 9999.
fn write_day(to: &mut Vec<u8>, day: NaiveDate) {
    let digit = |number: u32| b'0' + (number % 10) as u8;
    let (y, m, d) = (day.year().unsigned_abs(), day.month(), day.day());
    to.extend([
        digit(y / 1000),
        digit(y / 100),
        digit(y / 10),
        digit(y),
        b'-',
        digit(m / 10),
        digit(m),
        b'-',
        digit(d / 10),
        digit(d),
    ]);
}
