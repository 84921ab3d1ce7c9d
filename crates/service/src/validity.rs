//! From when until when a certificate is valid: the one thing of it that is read here (RFC 5280, section 4.1), so that no parser of
//! all the rest is needed.

use chrono::{DateTime, NaiveDateTime, Utc};

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;

/// The first and the last instant of a certificate in DER; nothing when it can't be read.
pub fn validity(der: &[u8]) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let (certificate, _) = sequence(der)?;
    let (mut rest, _) = sequence(certificate)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (dates, _) = sequence(rest)?;
    let (kind, begins, rest) = element(dates)?;
    let begins = instant(kind, begins)?;
    let (kind, ends, _) = element(rest)?;
    Some((begins, instant(kind, ends)?))
}

/// The content of a sequence, and what follows it.
fn sequence(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (kind, content, rest) = element(der)?;
    (kind == SEQUENCE).then_some((content, rest))
}

/// Kind and content of the first element, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&kind, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        ..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((kind, content, rest))
}

/// `YYMMDDHHMMSSZ`, of 1950 to 2049, or `YYYYMMDDHHMMSSZ`.
fn instant(kind: u8, text: &[u8]) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(text).ok()?;
    let text = match kind {
        UTC_TIME if text.get(..2)? >= "50" => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    Some(NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dates_of_a_certificate_are_read_in_both_forms() {
        let mut of = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (of.not_before, of.not_after) = (rcgen::date_time_ymd(2024, 2, 29), rcgen::date_time_ymd(2050, 1, 2));
        let cert = of.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let (begins, ends) = validity(cert.der()).unwrap();
        assert_eq!(begins.to_rfc3339(), "2024-02-29T00:00:00+00:00");
        assert_eq!(ends.to_rfc3339(), "2050-01-02T00:00:00+00:00");
    }

    #[test]
    fn what_is_no_certificate_or_is_cut_short_is_told_from_one() {
        let cert = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap().cert;
        let der: &[u8] = cert.der();
        assert!(validity(der).is_some());
        assert!((0..der.len()).all(|cut| validity(&der[..cut]).is_none()));
        assert!(validity(b"\x30\x84\xff\xff\xff\xff").is_none() && validity(b"PEM").is_none());
    }
}
