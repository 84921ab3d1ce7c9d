//! The checks of a delivery's header and list of files, also beside earlier deliveries of the same month.

use chrono::NaiveDate;
use vt_domain::Month;
use vt_domain::clock::local_date;
use vt_domain::contract::{PROTOCOL_VERSIE, RecordType};
use vt_domain::delivery::{DeliveryEntry, DeliveryHeader, DeliveryId, DeliveryKind};
use vt_domain::register::Register;
use vt_domain::text::is_plain_name;
use vt_vault::{DeliveryRecord, FileDigest};

use super::check::Check;
use super::found::Found;
use super::personal::{holds_personal_number, is_personal_number};

/// The longest name of a registration system, in characters.
const MAX_SYSTEM_NAME: usize = 60;

/// What of the header is checked against what was asked and is known.
pub(crate) struct Asked<'a> {
    /// Region and month asked for, and the number found.
    pub id: &'a DeliveryId,
    pub register: &'a Register,
    pub today: NaiveDate,
}

/// Checks the header and the list of files.
pub(crate) fn check(entry: &DeliveryEntry, asked: &Asked<'_>, history: &[DeliveryRecord]) -> Vec<Found> {
    let mut found = header(&entry.kop, asked);
    found.extend(files(entry));
    found.extend(beside_earlier(entry, asked.id, history));
    found
}

/// Whether the files are worth reading: otherwise every record would be found wrong for one and the same reason.
pub(crate) fn readable(found: &[Found]) -> bool {
    use Check::{
        AndereMaand, AndereRegio, BsnInKop, NummerVeranderd, ProtocolVersie, RecordsoortDubbel, RegioNietInBedrijf,
    };
    let stop =
        [ProtocolVersie, AndereRegio, AndereMaand, BsnInKop, NummerVeranderd, RecordsoortDubbel, RegioNietInBedrijf];
    !found.iter().any(|found| stop.contains(&found.check))
}

fn header(kop: &DeliveryHeader, asked: &Asked<'_>) -> Vec<Found> {
    let month = asked.id.maand;
    let mut found = Vec::new();
    let mut add = |holds: bool, finding: Found| {
        if !holds {
            found.push(finding);
        }
    };
    let texts = [&kop.protocol_versie, &kop.vt_code, &kop.bronsysteem];
    let personal =
        texts.iter().any(|text| is_personal_number(text.as_bytes()) || holds_personal_number(text.as_bytes()));
    add(!personal, Found::new(Check::BsnInKop));
    let version = Found::new(Check::ProtocolVersie).with("verwacht", PROTOCOL_VERSIE);
    add(kop.protocol_versie == PROTOCOL_VERSIE, version);
    add(kop.vt_code == asked.id.vt, Found::new(Check::AndereRegio).with("verwacht", &asked.id.vt));
    add(kop.leveringsmaand == month, Found::new(Check::AndereMaand).with("verwacht", &month));
    add(in_force(asked.register, &asked.id.vt, month), Found::new(Check::RegioNietInBedrijf));
    add(kop.levering_nr > 0, Found::new(Check::NummerNul));
    add(kop.leveringsmaand.contains(kop.tot_en_met), Found::new(Check::TotEnMetBuitenMaand));
    let partial = kop.soort == DeliveryKind::Tussentijds;
    let whole = Found::new(Check::NietDeHeleMaand).with("soort", &kop.soort.name());
    add(partial || kop.covers_month(), whole);
    add(!partial || !kop.covers_month(), Found::new(Check::TussentijdsHeleMaand));
    let made_on = local_date(kop.aangemaakt_op);
    add(made_on >= kop.tot_en_met, Found::new(Check::TeVroegAangemaakt));
    add(made_on <= asked.today, Found::new(Check::AangemaaktInToekomst));
    add(is_system_name(&kop.bronsysteem), Found::new(Check::Bronsysteem));
    found
}

/// Whether a text can be the name of a registration system, which is shown beside the delivery.
pub(crate) fn is_system_name(text: &str) -> bool {
    is_plain_name(text) && text.chars().count() <= MAX_SYSTEM_NAME
}

fn in_force(register: &Register, vt: &str, month: Month) -> bool {
    [month.first_day(), month.last_day()]
        .iter()
        .any(|day| register.vt_regions(*day).iter().any(|region| region.code == vt))
}

fn files(entry: &DeliveryEntry) -> Vec<Found> {
    let mut found = Vec::new();
    for record in RecordType::ALL {
        let check = match entry.bestanden.iter().filter(|file| file.recordsoort == record).count() {
            0 => Check::RecordsoortOntbreekt,
            1 => continue,
            _ => Check::RecordsoortDubbel,
        };
        found.push(Found::new(check).file(record).with("bestand", &record));
    }
    found
}

fn beside_earlier(entry: &DeliveryEntry, id: &DeliveryId, history: &[DeliveryRecord]) -> Vec<Found> {
    let kop = &entry.kop;
    let mut found = Vec::new();
    found.extend(history.iter().filter(|record| record.id() == *id).find_map(|record| changed(record, entry)));
    let earlier: Vec<&DeliveryRecord> = history
        .iter()
        .filter(|record| record.accepted() && record.kop.vt_code == id.vt && record.kop.leveringsmaand == id.maand)
        .filter(|record| record.kop.levering_nr != id.nr)
        .collect();
    let partial = kop.soort == DeliveryKind::Tussentijds;
    let whole_known = earlier.iter().any(|record| record.kop.soort != DeliveryKind::Tussentijds);
    if partial && whole_known {
        found.push(Found::new(Check::TussentijdsNaVolledig));
    } else if earlier
        .iter()
        .any(|record| record.kop.levering_nr > id.nr && (partial || record.kop.soort != DeliveryKind::Tussentijds))
    {
        found.push(Found::new(Check::LagerNummer));
    } else if partial && earlier.iter().any(|record| record.kop.tot_en_met > kop.tot_en_met) {
        found.push(Found::new(Check::MinderDekking));
    }
    if kop.soort == DeliveryKind::Correctie && !whole_known {
        found.push(Found::new(Check::CorrectieVanNiets));
    }
    found
}

/// Whether a listing shows something else under a number that was judged already.
pub(crate) fn changed(record: &DeliveryRecord, entry: &DeliveryEntry) -> Option<Found> {
    let same_header = record.kop.soort == entry.kop.soort
        && record.kop.tot_en_met == entry.kop.tot_en_met
        && record.kop.aangemaakt_op == entry.kop.aangemaakt_op;
    let mut known = record.bestanden.clone();
    let mut present = digests(entry);
    known.sort_by(|a, b| (&a.naam, &a.sha256).cmp(&(&b.naam, &b.sha256)));
    present.sort_by(|a, b| (&a.naam, &a.sha256).cmp(&(&b.naam, &b.sha256)));
    (!same_header || known != present).then(|| Found::new(Check::NummerVeranderd))
}

/// The files as promised.
pub(crate) fn digests(entry: &DeliveryEntry) -> Vec<FileDigest> {
    let digest = |file: &vt_domain::delivery::FileEntry| FileDigest {
        recordsoort: file.recordsoort,
        naam: file.kept_name(),
        bytes: file.bytes,
        sha256: file.sha256.clone(),
        records: file.records,
    };
    entry.bestanden.iter().map(digest).collect()
}
