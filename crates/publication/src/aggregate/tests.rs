//! SQL beside an independent count in Rust.

mod sealed;

use std::collections::HashMap;
use std::time::Instant;

use vt_domain::atoms::AtomCode;
use vt_domain::contract::Field;
use vt_domain::measure::{Dimensie, Maat};
use vt_domain::register::GemeenteMatch;
use vt_domain::{Month, Period};
use vt_vault::{DeliveryRecord, Vault};

use super::*;
use crate::engine::EngineConfig;
use crate::gate::gate;
use crate::testdata::{
    Delivery, Mix, Record, day, gemeenten_of_meldingen, generate, memory_vault, month, store, verdict,
};

type Counts = HashMap<(Maat, Option<Dimensie>, AtomCode, String), u64>;

/// Counts by walking through the records of the deliveries that count, one after the other.
fn walk(period: Period, deliveries: &[Delivery], register: &Register) -> Counts {
    let mut counts = Counts::new();
    for delivery in deliveries {
        let kop = &delivery.record.kop;
        for maat in Maat::ALL {
            for record in &delivery.content[&maat.record()] {
                let Some(event) = record.day else { continue };
                let soort = record.codes.get("soort").map(String::as_str);
                if !period.contains(event) || !kop.leveringsmaand.contains(event) || soort != maat.dienst_soort() {
                    continue;
                }
                let gm = match maat.record() {
                    RecordType::Vervolgdienst => {
                        let known = gemeenten_of_meldingen(deliveries.iter(), Month::of(event));
                        known.get(&(kop.vt_code.clone(), record.melding)).and_then(|(_, gm)| gm.clone())
                    }
                    _ => record.gm.clone(),
                };
                let Some(atom) = register.atom_of(&kop.vt_code, gm.as_deref(), event) else { continue };
                *counts.entry((maat, None, atom, String::new())).or_default() += 1;
                for &dimensie in maat.dimensies() {
                    for code in record.codes[dimensie.field()].split('|') {
                        *counts.entry((maat, Some(dimensie), atom, code.to_owned())).or_default() += 1;
                    }
                }
            }
        }
    }
    counts
}

fn listed(counts: &PeriodCounts, lists: &CodeLists) -> Counts {
    let mut listed = Counts::new();
    for maat in Maat::ALL {
        for dimensie in std::iter::once(None).chain(maat.dimensies().iter().copied().map(Some)) {
            let codes: Vec<String> = match dimensie {
                None => vec![String::new()],
                Some(dimensie) => lists.list(dimensie.field()).codes().iter().map(|code| code.code.clone()).collect(),
            };
            for (atom, row) in counts.layout.atoms.iter().zip(counts.table(maat, dimensie)) {
                assert_eq!(row.len(), codes.len());
                for (code, &count) in codes.iter().zip(row).filter(|(_, count)| **count > 0) {
                    listed.insert((maat, dimensie, atom.code, code.clone()), count);
                }
            }
        }
    }
    listed
}

fn engine(vault: &Vault) -> Engine {
    Engine::new(&EngineConfig::default(), vault).unwrap()
}

fn verdicts(deliveries: &[Delivery]) -> Vec<DeliveryRecord> {
    deliveries.iter().map(|delivery| delivery.record.clone()).collect()
}

fn inputs(periods: &[&str], deliveries: &[Delivery]) -> Vec<PeriodInput> {
    let verdicts = verdicts(deliveries);
    let gate = |code: &&str| gate(code.parse().unwrap(), &verdicts, Register::builtin(), day("2030-01-01"));
    periods.iter().map(gate).collect()
}

async fn counted(periods: &[&str], deliveries: &[Delivery]) -> Vec<Counts> {
    let vault = memory_vault();
    store(&vault, deliveries).await;
    let (register, lists) = (Register::builtin(), CodeLists::builtin());
    let counts = count(&engine(&vault), &inputs(periods, deliveries), register, lists).await.unwrap();
    counts.iter().map(|counts| listed(counts, lists)).collect()
}

async fn cells(periods: &[&str], deliveries: &[Delivery]) -> Result<Vec<CellTable>, PublicationError> {
    let vault = memory_vault();
    store(&vault, deliveries).await;
    aggregate(&engine(&vault), &inputs(periods, deliveries), Register::builtin(), CodeLists::builtin()).await
}

fn months(from: &str, last: &str) -> Vec<Month> {
    month(from).through(month(last)).collect()
}

fn generated(seed: u64, from: &str, last: &str) -> Vec<Delivery> {
    let mix = Mix { seed, per_month: 8, strays: 10 };
    generate(Register::builtin(), CodeLists::builtin(), &months(from, last), &mix)
}

#[tokio::test]
async fn every_cell_equals_an_independent_count() {
    let periods = ["2020W404", "2020W405", "2020W406"];
    for seed in 0..3 {
        let deliveries = generated(seed, "2020-01", "2020-06");
        for (period, counts) in periods.iter().zip(counted(&periods, &deliveries).await) {
            let walked = walk(period.parse().unwrap(), &deliveries, Register::builtin());
            assert!(walked.len() > 500, "too few cells to mean anything");
            assert_eq!(counts, walked, "{period}, seed {seed}");
        }
    }
}

/// One registration with ordinary codes.
fn record(record: RecordType, id: u8, date: &str, gm: Option<&str>) -> Record {
    let code = |field: &Field| {
        let list = CodeLists::builtin().list(field.kind.list()?);
        let codes = list.codes().iter().find(|code| code.valid_on(day("2019-01-01")))?;
        Some((field.name, codes.code.clone()))
    };
    let codes = record.fields().iter().filter_map(code).collect();
    Record { id: [id; 16], melding: [0; 16], day: Some(day(date)), gm: gm.map(str::to_owned), codes }
}

fn service(id: u8, melding: u8, soort: &str, end: Option<&str>) -> Record {
    let codes = BTreeMap::from([("soort", soort.to_owned())]);
    Record { id: [id; 16], melding: [melding; 16], day: end.map(day), gm: None, codes }
}

fn delivery(vt: &str, maand: &str, content: Vec<(RecordType, Record)>) -> Delivery {
    let mut delivery = Delivery::empty(verdict(vt, month(maand), 1));
    content.into_iter().for_each(|(record, registration)| delivery.push(record, registration));
    delivery
}

/// Totals of one measure per atom.
fn totals(counts: &Counts, maat: Maat) -> BTreeMap<String, u64> {
    let totals = counts.iter().filter(|((of, dimensie, ..), _)| (*of, *dimensie) == (maat, None));
    totals.map(|((_, _, atom, _), &count)| (atom.to_string(), count)).collect()
}

fn expected(totals: &[(&str, u64)]) -> BTreeMap<String, u64> {
    totals.iter().map(|&(atom, count)| (atom.to_owned(), count)).collect()
}

use RecordType::{Advies, Melding, Vervolgdienst};

/// 2020W407 is 15-6-2020 to 12-7-2020.
#[tokio::test]
async fn an_event_counts_from_the_delivery_of_its_own_month_only() {
    let deliveries = [
        delivery(
            "VT07",
            "2020-06",
            vec![
                (Advies, record(Advies, 1, "2020-06-14", Some("GM0402"))),
                (Advies, record(Advies, 2, "2020-06-15", Some("GM0402"))),
                (Advies, record(Advies, 3, "2020-06-30", Some("GM0402"))),
                (Advies, record(Advies, 4, "2020-07-01", Some("GM0402"))),
                (Melding, record(Melding, 5, "2020-07-01", Some("GM0402"))),
            ],
        ),
        delivery(
            "VT07",
            "2020-07",
            vec![
                (Advies, record(Advies, 5, "2020-07-12", Some("GM0402"))),
                (Advies, record(Advies, 6, "2020-07-13", Some("GM0402"))),
                (Advies, record(Advies, 7, "2020-06-30", Some("GM0402"))),
            ],
        ),
    ];
    let counts = &counted(&["2020W407"], &deliveries).await[0];
    assert_eq!(totals(counts, Maat::GestarteAdviezen), expected(&[("VT07-VR14", 3)]));
    assert!(totals(counts, Maat::OntvangenMeldingen).is_empty());
}

#[tokio::test]
async fn a_service_counts_its_end_in_the_month_of_its_end_only() {
    let melding = || (Melding, record(Melding, 1, "2020-01-10", Some("GM0402")));
    let deliveries = [
        // The correction of January knows the end in March; it does not count there.
        delivery("VT07", "2020-01", vec![melding(), (Vervolgdienst, service(9, 1, "onderzoek", Some("2020-03-05")))]),
        delivery("VT07", "2020-02", vec![(Vervolgdienst, service(8, 1, "onderzoek", None))]),
        delivery("VT07", "2020-03", vec![(Vervolgdienst, service(9, 1, "onderzoek", Some("2020-03-05")))]),
    ];
    let counts = counted(&["2020W402", "2020W403"], &deliveries).await;
    assert_eq!(totals(&counts[0], Maat::AfgerondeOnderzoeken), expected(&[]));
    assert_eq!(totals(&counts[1], Maat::AfgerondeOnderzoeken), expected(&[("VT07-VR14", 1)]));
}

#[tokio::test]
async fn only_onderzoek_and_voorwaarden_en_vervolg_are_counted() {
    let services = vec![
        (Vervolgdienst, service(1, 0, "onderzoek", Some("2020-06-20"))),
        (Vervolgdienst, service(2, 0, "voorwaarden_vervolg", Some("2020-06-20"))),
        (Vervolgdienst, service(3, 0, "voorwaarden_vervolg", Some("2020-06-21"))),
        (Vervolgdienst, service(4, 0, "monitor", Some("2020-06-20"))),
    ];
    let counts = &counted(&["2020W407"], &[delivery("VT07", "2020-06", services)]).await[0];
    assert_eq!(totals(counts, Maat::AfgerondeOnderzoeken), expected(&[("VT07-VR14", 1)]));
    assert_eq!(totals(counts, Maat::AfgerondeVoorwaardenVervolg), expected(&[("VT07-VR14", 2)]));
}

/// VT06 lies in VR08, but for Mook en Middelaar (GM0944, VR23).
#[tokio::test]
async fn a_service_has_the_gemeente_of_its_melding_of_whatever_month() {
    let melding = |id, date, gm| (Melding, record(Melding, id, date, Some(gm)));
    let ended = |id, melding| (Vervolgdienst, service(id, melding, "onderzoek", Some("2020-06-20")));
    let deliveries = [
        delivery("VT06", "2019-03", vec![melding(1, "2019-03-05", "GM0944")]),
        delivery(
            "VT06",
            "2020-06",
            vec![melding(2, "2020-06-16", "GM0944"), ended(11, 1), ended(12, 2), ended(13, 3), ended(14, 4)],
        ),
        // Another region's melding with the same hashed id, and one that came in only after the service had ended.
        delivery("VT07", "2020-06", vec![melding(3, "2020-06-16", "GM0402")]),
        delivery("VT06", "2020-07", vec![melding(4, "2020-07-16", "GM0944")]),
    ];
    let counts = counted(&["2020W407", "2020W408"], &deliveries).await;
    let both = expected(&[("VT06-VR00", 2), ("VT06-VR23", 2)]);
    assert_eq!(totals(&counts[0], Maat::AfgerondeOnderzoeken), both);
    let alone = &counted(&["2020W407"], &deliveries).await[0];
    assert_eq!(totals(alone, Maat::AfgerondeOnderzoeken), both);
}

#[tokio::test]
async fn the_latest_delivery_of_a_melding_says_the_gemeente_of_its_service() {
    let melding = |gm| (Melding, record(Melding, 1, "2020-04-16", gm));
    let deliveries = [
        delivery("VT06", "2020-04", vec![melding(Some("GM0268"))]),
        delivery("VT06", "2020-05", vec![melding(Some("GM0944"))]),
        delivery("VT06", "2020-06", vec![(Vervolgdienst, service(9, 1, "onderzoek", Some("2020-06-20")))]),
    ];
    let counts = &counted(&["2020W407"], &deliveries).await[0];
    assert_eq!(totals(counts, Maat::AfgerondeOnderzoeken), expected(&[("VT06-VR23", 1)]));
}

/// GM9999 does not exist, GM0363 (Amsterdam) is elsewhere, GM0788 (Haaren) was divided on 1-1-2021, GM0844 (Schijndel) was
/// never in the register; none of them is a place in VT06 or VT07.
#[tokio::test]
async fn a_gemeente_unknown_or_elsewhere_counts_in_the_only_veiligheidsregio_or_in_vr00() {
    let unknown = [None, Some("GM9999"), Some("GM0363"), Some("GM0788"), Some("GM0844")];
    let content = |own| {
        let all = unknown.into_iter().chain([Some(own)]).enumerate();
        all.map(|(id, gm)| (Advies, record(Advies, id as u8, "2021-01-10", gm))).collect()
    };
    let deliveries = [delivery("VT06", "2021-01", content("GM0268")), delivery("VT07", "2021-01", content("GM0402"))];
    let counts = &counted(&["2021W401"], &deliveries).await[0];
    let totals = totals(counts, Maat::GestarteAdviezen);
    assert_eq!(totals, expected(&[("VT06-VR00", 5), ("VT06-VR08", 1), ("VT07-VR14", 6)]));
}

#[tokio::test]
async fn a_dissolved_gemeente_with_one_successor_counts_there_on_every_day() {
    let register = Register::builtin();
    let (code, vt, vr) = dissolved_with_one_successor(register);
    let content = vec![(Advies, record(Advies, 1, "2021-01-10", Some(&code)))];
    let counts = &counted(&["2021W401"], &[delivery(&vt, "2021-01", content)]).await[0];
    assert_eq!(totals(counts, Maat::GestarteAdviezen), expected(&[(&format!("{vt}-{vr}"), 1)]));
}

/// A gemeente of 2020 that is wholly in another one by 2021, in a VT that lies in several VRs where there is one.
fn dissolved_with_one_successor(register: &Register) -> (String, String, String) {
    let gone = register.gemeenten(day("2020-06-01")).filter_map(|gm| {
        match register.resolve(&gm.vt, Some(&gm.code), day("2021-01-10")) {
            GemeenteMatch::Successor { vr, .. } => Some((gm.code.clone(), gm.vt.clone(), vr.to_owned())),
            _ => None,
        }
    });
    gone.max_by_key(|(_, vt, _)| register.atom_of(vt, None, day("2021-01-10")).unwrap().vr_unknown()).unwrap()
}

#[tokio::test]
async fn on_the_day_of_a_merger_each_region_has_its_own_atoms() {
    let gm = |vt: &str, date: &str| {
        let found = Register::builtin().gemeenten(day(date)).find(|gm| gm.vt == vt).map(|gm| gm.code.clone());
        found.unwrap()
    };
    let advies = |id, vt, date| (Advies, record(Advies, id, date, Some(&gm(vt, date))));
    let deliveries = [
        delivery("VT16", "2022-12", vec![advies(1, "VT16", "2022-12-31"), advies(2, "VT16", "2022-12-05")]),
        delivery("VT27", "2023-01", vec![advies(3, "VT27", "2023-01-01")]),
        // VT16 is no more on that day: no atom, in SQL as in Register::atom_of.
        delivery("VT16", "2023-01", vec![(Advies, record(Advies, 4, "2023-01-01", None))]),
    ];
    let counts = &counted(&["2022W413"], &deliveries).await[0];
    assert_eq!(*counts, walk("2022W413".parse().unwrap(), &deliveries, Register::builtin()));
    let by_vt = |vt: &str| {
        totals(counts, Maat::GestarteAdviezen)
            .iter()
            .filter(|(atom, _)| atom.starts_with(vt))
            .map(|(_, n)| n)
            .sum::<u64>()
    };
    assert_eq!((by_vt("VT16"), by_vt("VT27")), (2, 1));
}

#[tokio::test]
async fn a_replaced_delivery_is_not_read() {
    let first = delivery("VT07", "2020-06", vec![(Advies, record(Advies, 1, "2020-06-20", None))]);
    let mut second = delivery(
        "VT07",
        "2020-06",
        vec![(Advies, record(Advies, 2, "2020-06-20", None)), (Advies, record(Advies, 3, "2020-06-21", None))],
    );
    second.record.kop.levering_nr = 2;
    let mut rejected = delivery("VT07", "2020-06", vec![(Advies, record(Advies, 4, "2020-06-20", None))]);
    rejected.record.kop.levering_nr = 3;
    rejected.record.verdict = vt_vault::Verdict::Afgekeurd;
    let counts = &counted(&["2020W407"], &[first, second, rejected]).await[0];
    assert_eq!(totals(counts, Maat::GestarteAdviezen), expected(&[("VT07-VR14", 2)]));
}

#[tokio::test]
async fn together_and_one_by_one_give_the_same_also_when_periods_overlap() {
    let deliveries = generated(11, "2020-03", "2020-06");
    let periods = ["2020W404", "2020W116", "2020W207", "2020W405"];
    let together = counted(&periods, &deliveries).await;
    for (period, together) in periods.iter().zip(&together) {
        assert_eq!(counted(&[*period], &deliveries).await[0], *together, "{period}");
    }
}

#[tokio::test]
async fn periods_for_which_other_deliveries_count_are_read_apart() {
    let mut late = delivery("VT07", "2020-06", vec![]);
    late.record.kop.levering_nr = 2;
    late.record.beoordeeld_op = "2022-01-01T08:00:00Z".parse().unwrap();
    let deliveries = [delivery("VT07", "2020-06", vec![(Advies, record(Advies, 1, "2020-06-20", None))]), late];
    let verdicts = verdicts(&deliveries);
    let period: Period = "2020W407".parse().unwrap();
    let at = |peildatum| gate(period, &verdicts, Register::builtin(), day(peildatum));
    let inputs = [at("2021-06-01"), at("2022-06-01"), at("2021-07-01")];
    assert_eq!(agreeing(&inputs), [vec![0, 2], vec![1]]);
    let vault = memory_vault();
    store(&vault, &deliveries).await;
    let (register, lists) = (Register::builtin(), CodeLists::builtin());
    let counted = count(&engine(&vault), &inputs, register, lists).await.unwrap();
    let sums = counted.iter().map(|counts| listed(counts, lists).values().sum::<u64>());
    assert!(sums.eq([6, 0, 6]), "one advies: a total and five breakdowns");
}

#[tokio::test]
async fn without_deliveries_every_count_is_zero() {
    assert!(counted(&["2020W407"], &[]).await[0].is_empty());
    assert_eq!(cells(&["2020W407"], &[]).await.unwrap()[0].period(), "2020W407");
    assert!(cells(&[], &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn generated_registrations_become_cells_in_the_order_asked() {
    // A record whose date lies outside its delivery is refused by the checks; chat then stays where it belongs.
    let mix = Mix { seed: 5, per_month: 6, strays: 0 };
    let deliveries = generate(Register::builtin(), CodeLists::builtin(), &months("2020-02", "2020-06"), &mix);
    let periods = ["2020W406", "2020W404", "2020W405"];
    let cells = cells(&periods, &deliveries).await.unwrap();
    assert!(cells.iter().map(CellTable::period).eq(periods));
}

#[tokio::test]
async fn a_category_before_its_time_is_refused() {
    let mut early = record(Advies, 1, "2020-02-10", None);
    early.codes.insert("kanaal", "chat".into());
    let deliveries = [delivery("VT07", "2020-02", vec![(Advies, early)])];
    let refused = cells(&["2020W402"], &deliveries).await.unwrap_err();
    assert!(matches!(refused, PublicationError::Cells { .. }));
    insta::assert_snapshot!(refused, @"cells of 2020W402: table gestarte_adviezen/kanaal, atom VT07-VR14: category chat is a structural zero, and is not 0");
}

#[tokio::test]
async fn a_code_that_the_lists_lack_is_refused_without_naming_it() {
    let mut odd = record(Advies, 1, "2020-06-20", None);
    odd.codes.insert("aard", "kindermishandeling|geheim".into());
    let deliveries = [delivery("VT07", "2020-06", vec![(Advies, odd)])];
    let refused = cells(&["2020W407"], &deliveries).await.unwrap_err();
    assert!(matches!(&refused, PublicationError::Code { list, .. } if list == "aard"));
    assert!(!refused.to_string().contains("geheim"));
}

#[tokio::test]
async fn registrations_that_are_gone_are_named() {
    let deliveries = [delivery("VT07", "2020-06", vec![])];
    let inputs = inputs(&["2020W407"], &deliveries);
    let refused = count(&engine(&memory_vault()), &inputs, Register::builtin(), CodeLists::builtin()).await;
    let refused = refused.err().unwrap().to_string();
    assert!(
        refused.contains("registrations/advies/VT07/2020-06/1.parquet") && refused.contains("not there"),
        "{refused}"
    );
}

#[tokio::test]
async fn little_memory_gives_the_same_counts() {
    let deliveries = generated(3, "2020-05", "2020-07");
    let vault = memory_vault();
    store(&vault, &deliveries).await;
    let (register, lists) = (Register::builtin(), CodeLists::builtin());
    let config = EngineConfig { memory_mib: 16, partitions: 1, batch_rows: 100, ..EngineConfig::default() };
    let small = Engine::new(&config, &vault).unwrap();
    let counts = count(&small, &inputs(&["2020W407"], &deliveries), register, lists).await.unwrap();
    assert_eq!(listed(&counts[0], lists), walk("2020W407".parse().unwrap(), &deliveries, register));
}

#[test]
fn regions_are_joined_in_parts_that_fit_and_never_cut() {
    let file = |vt: &str, size| RegistrationFile {
        meta: ObjectMeta {
            location: Path::from(vt),
            last_modified: chrono::DateTime::UNIX_EPOCH,
            size,
            e_tag: None,
            version: None,
        },
        vt: vt.to_owned(),
        maand: month("2020-06"),
    };
    let files = vec![file("VT01", 40), file("VT02", 40), file("VT01", 30), file("VT03", 300), file("VT04", 10)];
    let parts = by_region(files, 100);
    let regions: Vec<Vec<&str>> = parts.iter().map(|part| part.iter().map(|file| file.vt.as_str()).collect()).collect();
    assert_eq!(regions, [vec!["VT01", "VT01"], vec!["VT02"], vec!["VT03"], vec!["VT04"]]);
    assert!(by_region(Vec::new(), 100).is_empty());
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    let refused = |config: &EngineConfig| Engine::new(config, &memory_vault()).err().unwrap().to_string();
    assert!(refused(&EngineConfig { memory_mib: 1, ..EngineConfig::default() }).contains("memory_mib"));
    assert!(refused(&EngineConfig { batch_rows: 0, ..EngineConfig::default() }).contains("batch_rows"));
    assert!(serde_json::from_str::<EngineConfig>(r#"{"memory":1}"#).is_err());
}

/// Processor time of this process so far, user and system: the machine may be busy with other things.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// The demo's size: 26 regions, 25 months, about 550,000 registrations; plain and encrypted, in turn.
#[tokio::test]
#[ignore = "a measurement: cargo test --release -p vt-publication -- --ignored measure --nocapture"]
#[expect(clippy::print_stdout, reason = "it is read by a person")]
async fn measure_the_demo() {
    let per_month = std::env::var("PER_MONTH").map_or(370, |text| text.parse().unwrap());
    let rounds = std::env::var("ROUNDS").map_or(3, |text| text.parse().unwrap());
    let mix = Mix { seed: 7, per_month, strays: 0 };
    let (register, lists) = (Register::builtin(), CodeLists::builtin());
    let start = Instant::now();
    let deliveries = generate(register, lists, &months("2019-01", "2021-01"), &mix);
    let rows: usize = deliveries.iter().flat_map(|d| d.content.values()).map(Vec::len).sum();
    println!("{rows} registrations generated in {:?}", start.elapsed());
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [plain, sealed] = directories.each_ref().map(|dir| -> std::sync::Arc<dyn object_store::ObjectStore> {
        std::sync::Arc::new(object_store::local::LocalFileSystem::new_with_prefix(dir.path()).unwrap())
    });
    let keys = vt_vault::StoreKeys::new(vt_vault::StoreKey::generate(), Vec::new()).unwrap();
    let vaults = [("plain", Vault::new(plain)), ("encrypted", Vault::sealed(sealed, keys))];
    let verdicts = verdicts(&deliveries);
    let first: Period = "2019W402".parse().unwrap();
    let periods = std::iter::successors(Some(first), |period| Some(period.next())).take(26);
    let inputs: Vec<PeriodInput> = periods.map(|period| gate(period, &verdicts, register, day("2021-02-08"))).collect();
    let together: Vec<&PeriodInput> = inputs.iter().collect();
    for (name, vault) in &vaults {
        let start = Instant::now();
        store(vault, &deliveries).await;
        println!("{name}: written in {:?}", start.elapsed());
    }
    for _ in 0..rounds {
        let mut counted = Vec::new();
        for (name, vault) in &vaults {
            let config = EngineConfig { partitions: 2, ..EngineConfig::default() };
            let engine = Engine::new(&config, vault).unwrap();
            let mut tally = Tally::new(&together, register, lists);
            let (start, cpu) = (Instant::now(), cpu_seconds());
            for record in RecordType::ALL {
                count_records(&engine, record, &together, register, &mut tally).await.unwrap();
            }
            println!("{name}: aggregated in {:?}, {:.2} s of processor time", start.elapsed(), cpu_seconds() - cpu);
            counted
                .push(tally.finish().iter().flat_map(|c| c.table(Maat::GestarteAdviezen, None)).flatten().sum::<u64>());
        }
        let all: usize = deliveries.iter().map(|d| d.content[&RecordType::Advies].len()).sum();
        assert!(counted[0] == counted[1] && counted[0] <= all as u64 && counted[0] * 100 > all as u64 * 90);
    }
}
