//! The scan for personal numbers: a bare number of 8 or 9 digits that passes the eleven-test of the burgerservicenummer.

/// The longest text that can be such a number with its decoration: nine digits, dots or spaces between them, quotes.
const LONGEST: usize = 32;

/// Whether a field is a bare number that can be a BSN (Besluit burgerservicenummer, art. 2: weights 9…2 and −1, modulo 11).
///
/// Spaces and quotes around it and single dots or spaces between the digits do not hide it, nor does a decimal `.0` or an
/// exponent in a JSON number. A number of 8 digits has lost its leading zero.
pub(crate) fn is_personal_number(field: &[u8]) -> bool {
    if field.len() < 8 || field.len() > LONGEST {
        return false;
    }
    let field = trim(field);
    [digits(field), decimal(field)].into_iter().flatten().any(|digits| passes_eleven_test(&digits))
}

/// Whether one of the bare numbers in a line that could not be split into fields can be a BSN.
pub(crate) fn holds_personal_number(line: &[u8]) -> bool {
    // By field as well: digits with spaces between them are several words.
    line.split(|byte| matches!(byte, b';' | b',' | b'|')).any(is_personal_number)
        || line.split(|byte| !is_word(*byte)).any(is_personal_number)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+' | b'/' | b'@') || byte >= 0x80
}

fn trim(mut field: &[u8]) -> &[u8] {
    let frame = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
    while let Some((_, rest)) = field.split_first().filter(|(first, _)| frame(first)) {
        field = rest;
    }
    while let Some((_, rest)) = field.split_last().filter(|(last, _)| frame(last)) {
        field = rest;
    }
    field
}

/// The digits of a number of 8 or 9 digits, padded to nine.
fn digits(field: &[u8]) -> Option<[u8; 9]> {
    let mut found = [0; 9];
    let mut count = 0;
    let mut after_digit = false;
    for byte in field {
        match byte {
            b'0'..=b'9' if count < 9 => {
                found[count] = byte - b'0';
                count += 1;
                after_digit = true;
            }
            b'.' | b' ' if after_digit => after_digit = false,
            _ => return None,
        }
    }
    match count {
        9 => Some(found),
        8 => {
            found.rotate_right(1);
            Some(found)
        }
        _ => None,
    }
}

/// The digits of a JSON number that was written with a decimal point or an exponent.
fn decimal(field: &[u8]) -> Option<[u8; 9]> {
    if !field.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return None;
    }
    let value: f64 = std::str::from_utf8(field).ok()?.parse().ok()?;
    if value.fract() != 0.0 || !(1e7..1e9).contains(&value) {
        return None;
    }
    digits(format!("{value:09.0}").as_bytes())
}

fn passes_eleven_test(digits: &[u8; 9]) -> bool {
    let weighted: i32 = digits[..8].iter().zip((2..=9).rev()).map(|(digit, weight)| i32::from(*digit) * weight).sum();
    let rest = weighted - i32::from(digits[8]);
    rest % 11 == 0 && digits.iter().any(|digit| *digit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_can_be_a_bsn_are_found() {
        for text in [
            "123456782",
            "111222333",
            " 123456782 ",
            "\"123456782\"",
            "1234.56.782",
            "123 456 782",
            "10000008",
            "010000008",
        ] {
            assert!(is_personal_number(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_json_number_in_another_writing_is_found() {
        for text in ["123456782.0", "1.23456782e8", "123456782e0", "10000008.0"] {
            assert!(is_personal_number(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not() {
        for text in [
            "123456789",
            "12345678",
            "A123456782",
            "1234567820",
            "000000000",
            "2020-07-31",
            "GM0363",
            "",
            "12345678.9",
            "....",
            "1..23456782",
        ] {
            assert!(!is_personal_number(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_split_is_searched_by_its_bare_numbers() {
        assert!(holds_personal_number(b"{\"x\": [1, {\"y\":123456782}]"));
        assert!(holds_personal_number(b"A1;2020-07-31;123456782;x"));
        assert!(holds_personal_number(b"A1;123 456 782;x"));
        assert!(!holds_personal_number(b"A1;A123456782;123456782-1;2020"));
    }

    #[test]
    fn one_in_eleven_numbers_passes() {
        let passing = (100_000_000..100_110_000u32).filter(|n| is_personal_number(n.to_string().as_bytes())).count();
        assert!((9_900..10_100).contains(&passing), "{passing}");
    }
}
