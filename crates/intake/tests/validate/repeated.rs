//! Ids that stand in a file more than once: near or far, few or many, in memory or in a temporary file.

use vt_domain::contract::RecordType::{Advies, Melding};
use vt_domain::delivery::{Compression, FileFormat};

use crate::case::{Case, Kept, advies, july};

fn many(count: usize) -> Case {
    Case::with(|case| *case.adviezen() = (0..count).map(|nr| advies(&format!("A{nr}"), &july(nr))).collect())
}

fn lines(kept: &Kept) -> Vec<u64> {
    kept.finding("R025").voorbeelden.iter().map(|record| record.regel).collect()
}

#[tokio::test]
async fn the_first_counts_and_the_later_ones_do_not() {
    let mut case = many(1000);
    case.adviezen()[999].insert("advies_id".into(), "A0".into());
    case.adviezen()[500].insert("advies_id".into(), "A0".into());
    case.adviezen()[501].insert("advies_id".into(), "A77".into());
    for (block_bytes, ids_in_memory) in [(1 << 20, 1 << 20), (300, 1 << 20), (300, 10), (1 << 20, 1)] {
        case.limits.block_bytes = block_bytes;
        case.limits.ids_in_memory = ids_in_memory;
        let kept = case.run().await;
        assert!(kept.record.accepted());
        assert_eq!(kept.checks(), ["R025"]);
        assert_eq!(lines(&kept), [502, 503, 1001]);
        assert_eq!(kept.count(Advies).await, 997);
        assert_eq!(kept.record.samenvatting.as_ref().unwrap().records[&Advies].geweigerd, 3);
    }
}

#[tokio::test]
async fn in_compressed_ndjson_as_well() {
    let mut case = many(400);
    case.format(FileFormat::Ndjson, Compression::Zstd);
    case.adviezen()[399].insert("advies_id".into(), "A3".into());
    case.limits.block_bytes = 1000;
    case.limits.ids_in_memory = 16;
    let kept = case.run().await;
    assert_eq!(lines(&kept), [400]);
    assert_eq!(kept.count(Advies).await, 399);
}

#[tokio::test]
async fn more_than_the_tolerance_reject_the_delivery() {
    let mut case = many(100);
    case.adviezen().iter_mut().for_each(|row| _ = row.insert("advies_id".into(), "A1".into()));
    let kept = case.run().await;
    assert!(!kept.record.accepted());
    assert_eq!(kept.finding("R025").aantal, 99);
    assert_eq!(kept.finding("L014").aantal, 99);
}

#[tokio::test]
async fn the_same_id_in_two_files_is_no_repetition() {
    let kept = Case::with(|case| _ = case.adviezen()[0].insert("advies_id".into(), "M1".into())).run().await;
    assert_eq!(kept.findings, []);
    assert_eq!(kept.count(Melding).await, 3);
}

#[tokio::test]
async fn temporary_files_go_where_they_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = many(50);
    case.limits.ids_in_memory = 1;
    case.limits.temp_dir = Some(folder.path().to_owned());
    assert!(case.run().await.record.accepted());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    case.limits.temp_dir = Some(folder.path().join("absent"));
    let vault = crate::case::memory_vault();
    let raw = case.fetched(&vault).await;
    let parsed = vt_intake::parse::parse(&vault, raw, &case.limits).await.unwrap();
    let hasher = crate::case::hasher();
    let ctx = vt_intake::validate::ValidationContext {
        asked_vt: "VT07",
        asked_month: case.month,
        register: vt_domain::register::Register::builtin(),
        codes: vt_domain::codes::CodeLists::builtin(),
        catalogue: vt_intake::checks::Catalogue::builtin(),
        exceptions: &[],
        history: &[],
        hasher: &hasher,
        today: case.today,
        limits: &case.limits,
        threads: 1,
    };
    let error = vt_intake::validate::validate(&vault, parsed, &ctx).await.unwrap_err();
    assert!(matches!(error, vt_intake::IntakeError::Spill(_)), "{error}");
}
