//! Characteristics that adviezen and meldingen share.

use rand_chacha::ChaCha8Rng;

use crate::calendar::{Day, half_year};
use crate::chance::{Lottery, happens};
use crate::shares::{CommonShares, Drawn};

/// Codes of `aard` that never stand beside another.
const EXCLUSIVE: [&str; 2] = ["geen", "onbekend"];

/// First half-year in which fewer characteristics are missing: 2019HJ02 (series break, DESIGN §2).
const FEWER_MISSING_FROM: usize = 3;

/// Role of an organisation: burger exactly when niet_beroepsmatig.
pub(super) fn rol(organisatie: &str) -> &'static str {
    match organisatie {
        "burger" => "niet_beroepsmatig",
        "onbekend" => "onbekend",
        _ => "beroepsmatig",
    }
}

/// One or more kinds of violence.
pub(super) fn aard(rng: &mut ChaCha8Rng, shares: &CommonShares) -> Vec<&'static str> {
    let mut codes = vec![shares.aard.draw(rng)];
    for rate in shares.aard_more {
        let more = happens(rng, rate);
        let code = shares.aard.draw(rng);
        if more && !EXCLUSIVE.contains(&codes[0]) && !EXCLUSIVE.contains(&code) && !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

/// Forms of violence; none when unknown.
pub(super) fn vorm(rng: &mut ChaCha8Rng, shares: &CommonShares, day: Day) -> Vec<&'static str> {
    let mut codes: Vec<&str> = optional(rng, &shares.vorm, day).into_iter().collect();
    for rate in shares.vorm_more {
        let more = happens(rng, rate);
        if let (true, false, Some(code)) = (more, codes.is_empty(), shares.vorm.draw(rng))
            && !codes.contains(&code)
        {
            codes.push(code);
        }
    }
    codes
}

/// An optional code, more often missing in the first half of 2019 and before.
pub(super) fn optional(rng: &mut ChaCha8Rng, lottery: &Lottery<Drawn>, day: Day) -> Drawn {
    let code = lottery.draw(rng);
    let missing = happens(rng, if half_year(day) < FEWER_MISSING_FROM { 120 } else { 0 });
    code.filter(|_| !missing)
}
