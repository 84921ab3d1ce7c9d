//! A region's delivery: its files in every form, and its header, judged and kept as those of a pull.

use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use object_store::memory::InMemory;
use tokio::runtime::Runtime;
use vt_domain::Month;
use vt_domain::codes::CodeLists;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{Compression, DeliveryEntry, FileFormat};
use vt_domain::register::Register;
use vt_intake::RawDelivery;
use vt_intake::checks::Catalogue;
use vt_intake::keep::{keep, keep_nothing};
use vt_intake::parse::{ParseLimits, parse};
use vt_intake::validate::{DeliveryOutcome, IdHasher, ValidationContext, counted, validate};
use vt_vault::{DeliveryRecord, Vault};

use crate::Target;

const WORDS: &[&str] = &[
    "melding_id",
    "casus_id",
    "ontvangstdatum",
    "rol",
    "organisatie",
    "aard",
    "vorm",
    "duur_geweld",
    "politie_overdracht",
    "gm_code",
    "n_betrokkenen",
    "n_minderjarig",
    "veiligheidstaxatie",
    "besluit",
    "besluitdatum",
    "hermelding",
    "politie",
    "partnergeweld",
    "true",
    "false",
    "GM0402",
    "2020-07-31",
    "2020-08-01",
    "acuut|structureel",
    "111222333",
    "A1",
    "M1",
];

pub(crate) const TARGETS: [Target; 4] = [
    Target { name: "delivery_csv", run: |input| file(input, FileFormat::Csv, Compression::Geen), words: WORDS },
    Target { name: "delivery_ndjson", run: |input| file(input, FileFormat::Ndjson, Compression::Geen), words: WORDS },
    Target { name: "delivery_packed", run: packed, words: &[] },
    Target { name: "delivery_header", run: header, words: HEADER_WORDS },
];

const HEADER_WORDS: &[&str] = &[
    "kop",
    "protocol_versie",
    "vt_code",
    "leveringsmaand",
    "levering_nr",
    "soort",
    "volledig",
    "tussentijds",
    "correctie",
    "tot_en_met",
    "aangemaakt_op",
    "bronsysteem",
    "bestanden",
    "records",
    "2020-07",
    "VT07",
    "111222333",
];

/// Blocks of the size that they have, and of one that cuts every line.
const BLOCKS: [usize; 2] = [512 << 10, 16];

/// An entry of the listing and the files it names, with nothing wrong.
const ENTRY: &str = include_str!("../corpus/delivery_header/volledig.json");
const ADVIES: &[u8] = b"advies_id;startdatum;kanaal;rol;organisatie;aard;vorm;duur_geweld;gm_code\nA1;2020-07-01;telefoon;beroepsmatig;huisarts;partnergeweld;;;GM0402\n";
const MELDING: &[u8] = include_bytes!("../corpus/delivery_csv/melding.csv");
const DIENST: &[u8] = b"dienst_id;melding_id;soort;start;eind;uitkomst;overdracht\nD1;M1;onderzoek;2020-07-06;;;\n";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// The verdict on a delivery of the same number and one of the month before, so that changes and series are looked at.
static HISTORY: LazyLock<Vec<DeliveryRecord>> = LazyLock::new(|| {
    let vault = vault();
    let earlier = Delivery::of(entry());
    let outcome = RUNTIME.block_on(earlier.judged(&vault, &ParseLimits::default(), &[]));
    vec![RUNTIME.block_on(keep(&vault, outcome, chrono::DateTime::UNIX_EPOCH)).expect("kept")]
});

fn vault() -> Vault {
    Vault::new(Arc::new(InMemory::new()))
}

fn july() -> Month {
    Month::new(2020, 7).expect("a month")
}

fn entry() -> DeliveryEntry {
    serde_json::from_str(ENTRY).expect("an entry")
}

/// A delivery that was fetched.
struct Delivery {
    entry: DeliveryEntry,
    files: [(RecordType, Vec<u8>); 3],
}

impl Delivery {
    fn of(entry: DeliveryEntry) -> Self {
        let files = [(RecordType::Advies, ADVIES), (RecordType::Melding, MELDING), (RecordType::Vervolgdienst, DIENST)];
        Self { entry, files: files.map(|(record, bytes)| (record, bytes.to_vec())) }
    }

    async fn kept(&self, history: &[DeliveryRecord]) -> Judged {
        let vault = vault();
        let outcome = self.judged(&vault, &ParseLimits::default(), history).await;
        let (accepted, report) = (outcome.is_accepted(), outcome.report().clone());
        let checks = report.kwaliteitsrapport.bevindingen.iter().map(|found| found.controle.clone()).collect();
        let mut kept = serde_json::to_string(&report).expect("a report");
        keep(&vault, outcome, chrono::DateTime::UNIX_EPOCH).await.expect("a verdict can be kept");
        let verdicts = vault.deliveries(None).await.expect("in memory");
        kept += &serde_json::to_string(&verdicts).expect("a verdict");
        Judged { accepted, checks, kept }
    }

    async fn judged(&self, vault: &Vault, limits: &ParseLimits, history: &[DeliveryRecord]) -> DeliveryOutcome {
        let raw = RawDelivery::new("VT07", july(), self.entry.clone());
        for file in &self.entry.bestanden {
            let bytes =
                self.files.iter().find(|(record, _)| *record == file.recordsoort).map(|(_, bytes)| bytes.clone());
            let mut writer = vault.quarantine(&raw.id, &file.kept_name()).await.expect("in memory");
            writer.write(bytes.unwrap_or_default().into()).await.expect("in memory");
            writer.finish().await.expect("in memory");
        }
        let parsed = parse(vault, raw, limits).await.expect("in memory");
        let ctx = ValidationContext {
            asked_vt: "VT07",
            asked_month: july(),
            register: Register::builtin(),
            codes: CodeLists::builtin(),
            catalogue: Catalogue::builtin(),
            exceptions: &[],
            history,
            hasher: &IdHasher::new([7; 32]),
            today: NaiveDate::from_ymd_opt(2020, 8, 5).expect("a day"),
            limits,
            threads: 1,
        };
        let parsed = counted(parsed, 1).await.expect("in memory");
        validate(vault, parsed, &ctx).await.expect("whatever is wrong with a delivery is a finding")
    }
}

/// What came of a delivery.
#[derive(Debug)]
pub struct Judged {
    /// Whether it may be counted.
    pub accepted: bool,
    /// The checks that spoke.
    pub checks: Vec<String>,
    /// What the region is told, and all that is in the private store afterwards, as text.
    pub kept: String,
}

/// Judges and keeps a delivery of VT07 of which one file is given and the others are good.
///
/// # Panics
/// When the delivery is no finding but a failure.
pub fn judge(record: RecordType, formaat: FileFormat, compressie: Compression, bytes: Vec<u8>) -> Judged {
    let mut delivery = Delivery::of(entry());
    for file in delivery.entry.bestanden.iter_mut().filter(|file| file.recordsoort == record) {
        (file.formaat, file.compressie, file.bytes) = (formaat, compressie, bytes.len() as u64);
    }
    for (_, body) in delivery.files.iter_mut().filter(|(of, _)| *of == record) {
        body.clone_from(&bytes);
    }
    drop(bytes);
    RUNTIME.block_on(delivery.kept(&[]))
}

/// Judges and keeps a delivery of VT07 with good files under a header.
///
/// # Panics
/// When the delivery is no finding but a failure.
pub fn judge_header(change: impl FnOnce(&mut DeliveryEntry)) -> Judged {
    let mut delivery = Delivery::of(entry());
    change(&mut delivery.entry);
    RUNTIME.block_on(delivery.kept(&[]))
}

/// Judges a file of a record type (its first byte says which) beside two good ones, in whole and in small blocks: the verdict is the same.
fn file(input: &[u8], formaat: FileFormat, compressie: Compression) {
    let Some((which, bytes)) = input.split_first() else { return };
    let mut delivery = Delivery::of(entry());
    let place = usize::from(*which) % delivery.files.len();
    let record = delivery.files[place].0;
    delivery.files[place].1 = bytes.to_vec();
    for file in delivery.entry.bestanden.iter_mut().filter(|file| file.recordsoort == record) {
        (file.formaat, file.compressie, file.bytes) = (formaat, compressie, bytes.len() as u64);
    }
    let [whole, cut] = BLOCKS.map(|block_bytes| {
        let limits = ParseLimits { block_bytes, max_decompressed_bytes: 4 << 20, ..ParseLimits::default() };
        RUNTIME.block_on(async {
            let vault = vault();
            let outcome = delivery.judged(&vault, &limits, &[]).await;
            let accepted = outcome.is_accepted();
            let report = if accepted {
                let report = outcome.report().clone();
                keep(&vault, outcome, chrono::DateTime::UNIX_EPOCH).await.expect("an accepted delivery can be kept");
                report
            } else {
                keep_nothing(outcome).await.expect("in memory")
            };
            (accepted, serde_json::to_string(&report).expect("a report"))
        })
    });
    assert_eq!(whole.0, cut.0, "blocks decide nothing");
    // Where unpacking fails, the lines before that were read in small blocks and not in a whole one.
    if compressie == Compression::Geen {
        assert_eq!(whole.1, cut.1, "blocks change no report");
    }
}

fn packed(input: &[u8]) {
    file(input, FileFormat::Csv, if input.get(1) == Some(&0x1f) { Compression::Gzip } else { Compression::Zstd });
}

/// Judges good files under any header; keeps the verdict.
fn header(input: &[u8]) {
    let Ok(entry) = serde_json::from_slice::<DeliveryEntry>(input) else { return };
    let delivery = Delivery::of(entry);
    for history in [&[][..], &HISTORY[..]] {
        RUNTIME.block_on(async {
            let vault = vault();
            let outcome = delivery.judged(&vault, &ParseLimits::default(), history).await;
            let record = keep(&vault, outcome, chrono::DateTime::UNIX_EPOCH).await.expect("a verdict can be kept");
            let kept = vault.delivery(&record.id()).await.expect("in memory").expect("it was kept");
            assert_eq!(kept, record);
        });
    }
}
