//! A delivery as it is offered: its entry in the listing and its bytes, faults of content and of promise included.

use bytes::Bytes;
use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use vt_domain::Month;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{Compression, DeliveryEntry, DeliveryHeader, FileEntry, FileFormat};

use crate::bomb;
use crate::calibration::REGIONS;
use crate::encode::{compress, count, text};
use crate::faults::{Fault, FaultPlan};
use crate::generate::Generator;
use crate::records::Records;
use crate::sabotage::{half, latin1, spoil};
use crate::schedule::{Planned, Profile};

/// A delivery with its bytes.
#[derive(Debug, Clone)]
pub struct Product {
    /// What the listing says.
    pub entry: DeliveryEntry,
    /// The files, as the entry orders them, and their digests.
    pub files: [ProducedFile; 3],
}

/// The bytes of one file.
#[derive(Debug, Clone)]
pub struct ProducedFile {
    /// The name in its address: `melding.csv.gz`.
    pub name: String,
    /// What is sent.
    pub bytes: Bytes,
    /// SHA-256 of what is sent, whatever the listing promises.
    pub sha256: String,
}

/// Makes deliveries with the faults of a plan.
#[derive(Debug)]
pub struct Producer {
    generator: Generator,
    faults: FaultPlan,
}

impl Producer {
    /// Deliveries of a generator under a plan of faults.
    pub fn new(generator: Generator, faults: FaultPlan) -> Self {
        Self { generator, faults }
    }

    /// The fault of a region in a month.
    pub fn fault(&self, region: usize, month: Month) -> Option<Fault> {
        self.faults.get(REGIONS[region], month)
    }

    /// Whether a region shows an expired certificate.
    pub fn expired_certificate(&self, region: usize) -> bool {
        self.faults.expired_certificate(REGIONS[region])
    }

    /// The deliveries of a region's month that a region offers, made and yet to be made.
    pub fn deliveries(&self, region: usize, month: Month) -> Vec<Planned> {
        let fault = self.fault(region, month);
        if fault == Some(Fault::Never) {
            return Vec::new();
        }
        let mut deliveries = self.generator.deliveries(region, month);
        if let Some(Fault::Late { days }) = fault {
            for planned in &mut deliveries {
                planned.header.aangemaakt_op += TimeDelta::days(days.into());
            }
        }
        deliveries
    }

    /// A delivery. `changed`: the other bytes of [`Fault::ChangedBytes`]; only that fault asks for them.
    pub fn produce(&self, region: usize, planned: &Planned, changed: bool) -> Product {
        let month = planned.header.leveringsmaand;
        let fault = self.fault(region, month);
        let (header, mut records) = self.content(region, planned, fault);
        if let Some(fault) = fault {
            spoil(&mut records, fault);
        }
        if changed {
            records.adviezen.reverse();
            records.meldingen.reverse();
            records.vervolgdiensten.reverse();
        }
        let made = RecordType::ALL.map(|record| file(&records, record, Profile::of(region), fault));
        let place = format!("leveringen/{month}/{}/", planned.header.levering_nr);
        let bestanden = made
            .iter()
            .map(|(entry, file)| FileEntry { href: format!("{place}{}", file.name), ..entry.clone() })
            .collect();
        Product { entry: DeliveryEntry { kop: header, bestanden }, files: made.map(|(_, file)| file) }
    }

    /// Header and records; those of another region or month when the fault says so.
    fn content(&self, region: usize, planned: &Planned, fault: Option<Fault>) -> (DeliveryHeader, Records) {
        let own = &planned.header;
        let (region, month) = match fault {
            Some(Fault::OtherRegion) => ((region + 1) % REGIONS.len(), own.leveringsmaand),
            Some(Fault::OtherMonth) => (region, own.leveringsmaand.previous()),
            _ => return (own.clone(), self.generator.records(region, planned)),
        };
        let others = self.generator.deliveries(region, month);
        match others.iter().find(|other| other.header.soort == own.soort).or(others.first()) {
            Some(other) => {
                let header = DeliveryHeader {
                    levering_nr: own.levering_nr,
                    aangemaakt_op: own.aangemaakt_op,
                    ..other.header.clone()
                };
                (header, self.generator.records(region, other))
            }
            None => (DeliveryHeader { leveringsmaand: month, ..own.clone() }, Records::default()),
        }
    }
}

fn file(records: &Records, record: RecordType, profile: Profile, fault: Option<Fault>) -> (FileEntry, ProducedFile) {
    let struck = fault.filter(|_| record == RecordType::Melding);
    let mut profile = profile;
    if matches!(struck, Some(Fault::TruncatedGzip | Fault::DecompressionBomb)) {
        profile.compression = Compression::Gzip;
    }
    if struck == Some(Fault::DecompressionBomb) {
        profile.format = FileFormat::Csv;
    }
    let mut entry = FileEntry {
        recordsoort: record,
        formaat: profile.format,
        compressie: profile.compression,
        href: String::new(),
        bytes: 0,
        sha256: String::new(),
        records: count(records, record),
    };
    let bytes = match (struck, fault) {
        (Some(Fault::DecompressionBomb), _) => {
            entry.records = bomb::rows_in(bomb::EXPANDED_BYTES);
            bomb::bomb(bomb::EXPANDED_BYTES)
        }
        (Some(Fault::TruncatedGzip), _) => half(compress(text(records, record, profile), profile.compression)),
        (_, Some(Fault::WrongEncoding)) => compress(latin1(&text(records, record, profile)), profile.compression),
        _ => compress(text(records, record, profile), profile.compression),
    };
    let sha256 = hex::encode(Sha256::digest(&bytes));
    entry.bytes = bytes.len() as u64;
    entry.sha256.clone_from(&sha256);
    match struck {
        Some(Fault::WrongDigest) => entry.sha256 = hex::encode(Sha256::digest(sha256.as_bytes())),
        Some(Fault::WrongCount) => entry.records += 1,
        _ => {}
    }
    let name = entry.kept_name();
    (entry, ProducedFile { name, bytes: bytes.into(), sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SimulatorConfig;

    fn producer(faults: &str) -> Producer {
        Producer::new(Generator::new(&SimulatorConfig::default()), faults.parse().unwrap())
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn product(faults: &str, region: usize, m: &str) -> Product {
        let producer = producer(faults);
        let planned = &producer.deliveries(region, month(m))[0];
        producer.produce(region, planned, false)
    }

    fn keeps_its_promise(product: &Product) -> bool {
        let pairs = product.entry.bestanden.iter().zip(&product.files);
        pairs.into_iter().all(|(entry, file)| {
            let digest = hex::encode(Sha256::digest(&file.bytes));
            entry.bytes == file.bytes.len() as u64
                && entry.sha256 == digest
                && file.sha256 == digest
                && entry.href.ends_with(&file.name)
        })
    }

    #[test]
    fn the_listing_promises_what_is_sent() {
        for (region, vt) in REGIONS.iter().enumerate() {
            assert!(keeps_its_promise(&product("", region, "2020-07")), "{vt}");
        }
        let entry = product("", 6, "2020-07").entry;
        assert_eq!(entry.bestanden[1].href, "leveringen/2020-07/1/melding.csv");
    }

    #[test]
    fn the_bytes_of_a_delivery_are_always_the_same() {
        let digests = || product("", 17, "2021-12").files.map(|file| file.sha256);
        assert_eq!(digests(), digests());
        // A change of this digest means that deliveries made by an earlier version are not made again.
        assert_eq!(
            product("", 6, "2020-07").files[1].sha256,
            "854154d272cc81c2a92ac50eebebdb779c6d7ec42109a4e310449f9003095697"
        );
    }

    #[test]
    fn broken_promises_are_in_the_listing_only() {
        let wrong = product("VT07@2020-07=wrong_digest", 6, "2020-07");
        assert!(!keeps_its_promise(&wrong));
        assert_eq!(wrong.files[1].sha256, product("", 6, "2020-07").files[1].sha256);
        let count = product("VT07@2020-07=wrong_count", 6, "2020-07");
        assert!(keeps_its_promise(&count));
        assert_eq!(count.entry.bestanden[1].records, product("", 6, "2020-07").entry.bestanden[1].records + 1);
    }

    #[test]
    fn half_a_gzip_file_is_sent_with_a_true_digest() {
        let truncated = product("VT07@2020-07=truncated_gzip", 6, "2020-07");
        assert!(keeps_its_promise(&truncated));
        assert_eq!(truncated.files[1].name, "melding.csv.gz");
        let unpacked = std::io::read_to_string(flate2::read::GzDecoder::new(&truncated.files[1].bytes[..]));
        assert!(unpacked.is_err());
    }

    #[test]
    fn another_regions_delivery_says_so_itself() {
        let other = product("VT07@2020-07=other_region", 6, "2020-07");
        assert_eq!(other.entry.kop.vt_code, "VT08");
        assert!(keeps_its_promise(&other));
        let earlier = product("VT07@2020-07=other_month", 6, "2020-07");
        assert_eq!(
            (earlier.entry.kop.leveringsmaand, earlier.entry.kop.tot_en_met),
            (month("2020-06"), "2020-06-30".parse().unwrap())
        );
        assert!(earlier.entry.bestanden[0].href.starts_with("leveringen/2020-07/1/"));
    }

    #[test]
    fn a_bomb_keeps_its_promise_and_a_file_in_latin1_too() {
        let bomb = product("VT07@2020-07=decompression_bomb", 6, "2020-07");
        assert!(keeps_its_promise(&bomb) && bomb.files[1].bytes.len() < 4 << 20);
        let latin1 = product("VT07@2020-07=wrong_encoding", 6, "2020-07");
        assert!(keeps_its_promise(&latin1) && std::str::from_utf8(&latin1.files[1].bytes).is_err());
        assert!(std::str::from_utf8(&latin1.files[0].bytes).is_err());
    }

    #[test]
    fn changed_bytes_hold_the_same_records() {
        let producer = producer("VT07@2020-07=changed_bytes");
        let planned = &producer.deliveries(6, month("2020-07"))[0];
        let [first, second] = [false, true].map(|changed| producer.produce(6, planned, changed));
        assert_ne!(first.files[1].sha256, second.files[1].sha256);
        assert_eq!(first.entry.kop, second.entry.kop);
        assert_eq!(first.entry.bestanden[1].records, second.entry.bestanden[1].records);
    }

    #[test]
    fn late_and_never_are_a_matter_of_the_schedule() {
        let plain = producer("").deliveries(6, month("2020-07"));
        let late = producer("VT07@2020-07=late:10").deliveries(6, month("2020-07"));
        assert_eq!((late[0].header.aangemaakt_op - plain[0].header.aangemaakt_op).num_days(), 10);
        assert_eq!(late[0].made_on, plain[0].made_on, "what it holds is the same");
        assert!(producer("VT07@2020-07=never").deliveries(6, month("2020-07")).is_empty());
        assert!(!producer("VT07@2020-07=never").deliveries(6, month("2020-08")).is_empty());
    }
}
