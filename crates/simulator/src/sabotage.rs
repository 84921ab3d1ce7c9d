//! Spoils records as a fault says, before they are written.

use chrono::Days;

use crate::faults::{Fault, PLANTED_BSN, PLANTED_CODE};
use crate::records::Records;

/// One record in so many is struck: well above any tolerance.
const EVERY: usize = 20;

/// A letter that Latin-1 writes in one byte that is no UTF-8.
const LATIN1_ID: &str = "Casus-é";

/// Changes records as a fault of content says; other faults leave them as they are.
pub fn spoil(records: &mut Records, fault: Fault) {
    match fault {
        Fault::DuplicateIds => duplicate_ids(records),
        Fault::UnknownCodes => {
            struck(&mut records.meldingen).for_each(|melding| melding.aard = vec![PLANTED_CODE]);
            records.adviezen.iter_mut().take(1).for_each(|advies| advies.aard = vec![PLANTED_CODE]);
        }
        Fault::DatesOutsideMonth => {
            struck(&mut records.meldingen)
                .for_each(|melding| melding.ontvangstdatum = melding.ontvangstdatum - Days::new(62));
            records
                .adviezen
                .iter_mut()
                .take(1)
                .for_each(|advies| advies.startdatum = advies.startdatum - Days::new(62));
        }
        Fault::Bsn => {
            records.adviezen.iter_mut().take(1).for_each(|advies| advies.advies_id = PLANTED_BSN.to_owned());
            records.meldingen.iter_mut().take(1).for_each(|melding| melding.casus_id = Some(PLANTED_BSN.to_owned()));
            records.vervolgdiensten.iter_mut().take(1).for_each(|dienst| dienst.dienst_id = PLANTED_BSN.to_owned());
        }
        Fault::WrongEncoding => {
            struck(&mut records.meldingen).for_each(|melding| melding.casus_id = Some(LATIN1_ID.to_owned()));
            records.adviezen.iter_mut().take(1).for_each(|advies| advies.advies_id = LATIN1_ID.to_owned());
        }
        _ => {}
    }
}

/// Every twentieth record, the second first: so that one is struck wherever there are two.
fn struck<T>(records: &mut [T]) -> impl Iterator<Item = &mut T> {
    records.iter_mut().skip(1).step_by(EVERY)
}

fn duplicate_ids(records: &mut Records) {
    for i in (1..records.meldingen.len()).step_by(EVERY) {
        records.meldingen[i].melding_id = records.meldingen[i - 1].melding_id.clone();
    }
}

/// The bytes of a text in Latin-1. Characters outside it become `?`.
pub fn latin1(text: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(text).chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

/// The first half of a file.
pub fn half(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() / 2);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SimulatorConfig;
    use crate::truth::Truth;

    fn spoilt(fault: Fault) -> (Records, Records) {
        let records = Truth::new(&SimulatorConfig::default()).records("VT07", "2020-07".parse().unwrap(), 1).unwrap();
        let mut spoilt = records.clone();
        spoil(&mut spoilt, fault);
        (records, spoilt)
    }

    fn changed(fault: Fault) -> [usize; 3] {
        let (before, after) = spoilt(fault);
        let meldingen = before.meldingen.iter().zip(&after.meldingen).filter(|(a, b)| a != b).count();
        let adviezen = before.adviezen.iter().zip(&after.adviezen).filter(|(a, b)| a != b).count();
        let diensten = before.vervolgdiensten.iter().zip(&after.vervolgdiensten).filter(|(a, b)| a != b).count();
        [adviezen, meldingen, diensten]
    }

    #[test]
    fn faults_of_content_strike_more_records_than_is_tolerated() {
        let meldingen = spoilt(Fault::Never).0.meldingen.len();
        for fault in [Fault::DuplicateIds, Fault::UnknownCodes, Fault::DatesOutsideMonth, Fault::WrongEncoding] {
            assert!(changed(fault)[1] * 25 >= meldingen, "{fault}");
        }
        assert_eq!(changed(Fault::Bsn), [1, 1, 1]);
        assert_eq!(changed(Fault::Never), [0, 0, 0]);
    }

    #[test]
    fn moved_dates_leave_their_month() {
        let month: vt_domain::Month = "2020-07".parse().unwrap();
        let (_, after) = spoilt(Fault::DatesOutsideMonth);
        assert!(after.meldingen.iter().any(|melding| !month.contains(melding.ontvangstdatum)));
        assert!(after.adviezen.iter().any(|advies| !month.contains(advies.startdatum)));
    }

    #[test]
    fn latin1_is_no_utf8() {
        assert_eq!(latin1("é€a".as_bytes()), [0xE9, b'?', b'a']);
        assert!(std::str::from_utf8(&latin1(LATIN1_ID.as_bytes())).is_err());
    }
}
