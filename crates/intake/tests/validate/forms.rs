//! The forms in which a delivery can come: formats, compressions, line ends, quotes, blocks.

use proptest::prelude::*;
use vt_domain::contract::RecordType::{Advies, Melding, Vervolgdienst};
use vt_domain::contract::{FieldKind, RecordType};
use vt_domain::delivery::{Compression, FileFormat};

use crate::case::{Case, Kept, Row, advies, july, melding};

async fn registrations(kept: &Kept) -> Vec<String> {
    let mut text = Vec::new();
    for record in RecordType::ALL {
        text.push(kept.as_text(record).await);
    }
    text
}

fn many() -> Case {
    Case::with(|case| {
        *case.adviezen() = (0..200).map(|nr| advies(&format!("A{nr}"), &july(nr))).collect();
        *case.meldingen() = (0..300).map(|nr| melding(&format!("M{nr}"), &july(nr))).collect();
    })
}

#[tokio::test]
async fn csv_and_ndjson_in_every_compression_give_the_same_registrations() {
    let plain = many().run().await;
    assert!(plain.record.accepted());
    let expected = registrations(&plain).await;
    for format in [FileFormat::Csv, FileFormat::Ndjson] {
        for compression in [Compression::Geen, Compression::Gzip, Compression::Zstd] {
            let mut case = many();
            case.format(format, compression);
            let kept = case.run().await;
            assert_eq!(kept.findings, [], "{format:?} {compression:?}");
            assert_eq!(registrations(&kept).await, expected, "{format:?} {compression:?}");
            assert_eq!(kept.record.samenvatting, plain.record.samenvatting);
            let bodies = |kept: &Kept| kept.report.spiegelrapport.as_ref().unwrap().bestanden.clone();
            assert_eq!(bodies(&kept), bodies(&plain));
        }
    }
}

#[tokio::test]
async fn block_ends_change_nothing() {
    let mut spoiled = many();
    for row in [3, 50, 299] {
        spoiled.meldingen()[row].insert("n_betrokkenen".into(), "x".into());
    }
    let whole = spoiled.run().await;
    for (block_bytes, threads) in [(16, 1), (100, 2), (1000, 3), (7777, 2)] {
        let mut case = spoiled.clone();
        case.limits.block_bytes = block_bytes;
        case.threads = threads;
        let kept = case.run().await;
        assert_eq!(kept.findings, whole.findings, "{block_bytes}");
        assert_eq!(kept.finding("R027").voorbeelden.iter().map(|r| r.regel).collect::<Vec<_>>(), [5, 52, 301]);
        assert_eq!(kept.report.spiegelrapport, whole.report.spiegelrapport);
    }
}

#[tokio::test]
async fn block_ends_change_nothing_in_ndjson() {
    for block_bytes in [16, 333, 5000] {
        let mut case = many();
        case.format(FileFormat::Ndjson, Compression::Gzip);
        case.limits.block_bytes = block_bytes;
        let kept = case.run().await;
        assert_eq!(kept.findings, []);
        assert_eq!(registrations(&kept).await, registrations(&many().run().await).await);
    }
}

#[tokio::test]
async fn windows_line_ends_are_fine() {
    for format in [FileFormat::Csv, FileFormat::Ndjson] {
        let mut case = many();
        case.format(format, Compression::Geen);
        for file in &mut case.files {
            file.spoil_text = Some(|text| String::from_utf8(text).unwrap().replace('\n', "\r\n").into_bytes());
        }
        let kept = case.run().await;
        assert_eq!(kept.findings, []);
        assert_eq!(registrations(&kept).await, registrations(&many().run().await).await);
    }
}

#[tokio::test]
async fn quotes_around_fields_are_fine() {
    let mut case = many();
    for file in &mut case.files {
        file.spoil_text = Some(|text| {
            let text = String::from_utf8(text).unwrap();
            text.lines().map(|line| format!("\"{}\"\n", line.replace(';', "\";\""))).collect::<String>().into_bytes()
        });
    }
    let kept = case.run().await;
    assert_eq!(kept.findings, []);
    assert_eq!(registrations(&kept).await, registrations(&many().run().await).await);
}

#[tokio::test]
async fn columns_may_come_in_any_order() {
    let mut case = many();
    for file in &mut case.files {
        file.spoil_text = Some(|text| {
            let text = String::from_utf8(text).unwrap();
            let turned = |line: &str| line.split(';').rev().collect::<Vec<_>>().join(";") + "\n";
            text.lines().map(turned).collect::<String>().into_bytes()
        });
    }
    let kept = case.run().await;
    assert_eq!(kept.findings, []);
    assert_eq!(registrations(&kept).await, registrations(&many().run().await).await);
}

#[tokio::test]
async fn json_keys_may_come_in_any_order_with_spaces_and_escapes() {
    let mut case = Case::new();
    case.format(FileFormat::Ndjson, Compression::Geen);
    case.file(Vervolgdienst).spoil_text = Some(|_| {
        let first = r#" { "start" : "2020-07-06" , "soort":"onder\u007aoek","melding_id":"M1","dienst_id":"D1","uitkomst":[ ] } "#;
        let second = r#"{"dienst_id":"D2","melding_id":"M-oud","soort":"onderzoek","start":"2020-03-01","eind":"2020-07-15","uitkomst":["kindermishandeling_bevestigd"],"overdracht":[ "wijkteam" , "ggz" ]}"#;
        format!("{first}\n{second}\n").into_bytes()
    });
    let kept = case.run().await;
    assert_eq!(kept.findings, []);
    assert_eq!(registrations(&kept).await, registrations(&Case::new().run().await).await);
}

#[tokio::test]
async fn numbers_and_truth_values_may_be_text_in_json() {
    let mut case = Case::new();
    case.format(FileFormat::Ndjson, Compression::Geen);
    case.file(Melding).spoil_text = Some(|text| {
        let text = String::from_utf8(text).unwrap();
        text.replace(":3,", ":\"3\",").replace(":true", ":\"true\"").into_bytes()
    });
    assert_eq!(case.run().await.findings, []);
}

#[tokio::test]
async fn empty_files_need_their_header_in_csv_only() {
    for format in [FileFormat::Csv, FileFormat::Ndjson] {
        let mut case = Case::new();
        case.format(format, Compression::Zstd);
        case.files.iter_mut().for_each(|file| file.rows.clear());
        let kept = case.run().await;
        assert_eq!(kept.findings, [], "{format:?}");
        assert_eq!(kept.count(Melding).await, 0);
    }
}

#[tokio::test]
async fn damage_is_found_in_every_compression() {
    for compression in [Compression::Gzip, Compression::Zstd] {
        let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 9].to_vec();
        let flipped = |mut bytes: Vec<u8>| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x55;
            bytes
        };
        for spoil in [cut as fn(Vec<u8>) -> Vec<u8>, flipped] {
            let mut case = many();
            case.format(FileFormat::Csv, compression);
            case.file(Melding).spoil_bytes = Some(spoil);
            let kept = case.run().await;
            // A flipped bit can also show as content that is wrong.
            assert!(!kept.record.accepted(), "{compression:?}");
            assert!(
                kept.checks().iter().any(|check| check.starts_with('B') || *check == "L014"),
                "{:?}",
                kept.checks()
            );
        }
    }
}

#[tokio::test]
async fn several_gzip_members_are_one_file() {
    let mut case = many();
    case.file(Advies).compression = Compression::Gzip;
    case.file(Advies).spoil_bytes = Some(|bytes| {
        use std::io::Read;
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut text).unwrap();
        let (first, second) = text.split_at(text.len() / 3);
        [first, second].iter().flat_map(|part| crate::case::compressed(part, Compression::Gzip)).collect()
    });
    let kept = case.run().await;
    assert_eq!(kept.findings, []);
    assert_eq!(kept.count(Advies).await, 200);
}

#[tokio::test]
async fn a_bomb_is_stopped_early_in_every_compression() {
    for compression in [Compression::Gzip, Compression::Zstd] {
        let mut case = Case::new();
        case.file(Advies).compression = compression;
        case.file(Advies).spoil_text = Some(|_| vec![b'a'; 64 << 20]);
        let kept = case.run().await;
        assert!(kept.checks().iter().any(|check| ["B003", "B012"].contains(check)), "{:?}", kept.checks());
        assert!(!kept.record.accepted());
    }
}

#[tokio::test]
async fn the_tolerance_is_a_share_of_the_records_of_a_file() {
    for (spoiled, accepted) in [(0, true), (1, true), (2, false)] {
        let mut case = many();
        for row in 0..spoiled {
            case.adviezen()[row].insert("kanaal".into(), "post".into());
        }
        let kept = case.run().await;
        // 0.5% of 200 is exactly one.
        assert_eq!(kept.record.accepted(), accepted, "{spoiled}");
        if accepted {
            assert_eq!(kept.count(Advies).await, 200 - spoiled);
        }
        let counts = &kept.report.kwaliteitsrapport.aantallen[0];
        assert_eq!((counts.gelezen, counts.behouden, counts.geweigerd), (200, 200 - spoiled as u64, spoiled as u64));
    }
}

#[tokio::test]
async fn half_the_records_are_a_failure_even_when_they_are_all_right() {
    let mut case = many();
    case.file(Advies).promised = Some(400);
    let kept = case.run().await;
    assert_eq!(kept.checks(), ["B013"]);
    assert_eq!(kept.finding("B013").aantal, 200);
}

#[tokio::test]
async fn findings_are_counted_in_full_and_named_twenty_times() {
    let mut case = many();
    case.meldingen().iter_mut().for_each(|row| _ = row.insert("gm_code".into(), "GM9998".into()));
    let kept = case.run().await;
    let found = kept.finding("R030");
    assert_eq!((found.aantal, found.voorbeelden.len()), (300, 20));
    assert_eq!(found.voorbeelden[19].regel, 21);
}

fn codes(list: &'static str) -> impl Strategy<Value = String> {
    let list = vt_domain::codes::CodeLists::builtin().list(list);
    let exclusive: Vec<String> = list.deliverable().filter(|c| c.exclusive).map(|c| c.code.clone()).collect();
    let others: Vec<String> = list.deliverable().filter(|c| !c.exclusive).map(|c| c.code.clone()).collect();
    let count = others.len();
    let several = proptest::sample::subsequence(others, 1..=count).prop_shuffle().prop_map(|some| some.join("|"));
    if exclusive.is_empty() {
        several.boxed()
    } else {
        prop_oneof![9 => several, 1 => proptest::sample::select(exclusive)].boxed()
    }
}

fn code(list: &'static str) -> impl Strategy<Value = String> {
    let list = vt_domain::codes::CodeLists::builtin().list(list);
    let all: Vec<String> = list.deliverable().map(|code| code.code.clone()).collect();
    proptest::sample::select(all)
}

fn field(kind: FieldKind, required: bool) -> BoxedStrategy<String> {
    let filled = match kind {
        FieldKind::Id => "[A-Za-z][A-Za-z0-9_-]{0,19}".boxed(),
        FieldKind::Date => (1..=31u32).prop_map(|day| format!("2020-07-{day:02}")).boxed(),
        FieldKind::Code(list) => code(list).boxed(),
        FieldKind::Codes(list) => codes(list).boxed(),
        FieldKind::Bool => any::<bool>().prop_map(|value| value.to_string()).boxed(),
        FieldKind::Count => (0..=99u8).prop_map(|count| count.to_string()).boxed(),
        FieldKind::Gemeente => proptest::sample::select(vec!["GM0402", "GM0406", "GM1942", "GM0363", "onbekend"])
            .prop_map(str::to_owned)
            .boxed(),
    };
    if required { filled } else { prop_oneof![1 => Just(String::new()), 2 => filled].boxed() }
}

fn any_row(record: RecordType) -> impl Strategy<Value = Row> {
    let fields: Vec<BoxedStrategy<String>> = record.fields().iter().map(|f| field(f.kind, f.required)).collect();
    fields.prop_map(move |values| record.fields().iter().map(|f| f.name.to_owned()).zip(values).collect())
}

/// Makes a generated melding obey the rules between fields.
fn consistent(mut row: Row, nr: usize) -> Row {
    let set = |row: &mut Row, name: &str, value: &str| _ = row.insert(name.into(), value.into());
    let id = format!("M{nr}-{}", &row["melding_id"][..1]);
    set(&mut row, "melding_id", &id);
    if (row["rol"] == "niet_beroepsmatig") != (row["organisatie"] == "burger") {
        set(&mut row, "rol", "beroepsmatig");
        set(&mut row, "organisatie", "politie");
    }
    if row["organisatie"] != "politie" {
        set(&mut row, "politie_overdracht", "false");
    }
    let undecided = row["besluit"] == "nog_niet_beoordeeld";
    set(&mut row, "besluitdatum", if undecided { "" } else { "2020-07-31" });
    let persons: u8 = row["n_betrokkenen"].parse().unwrap();
    if row["n_minderjarig"].parse::<u8>().is_ok_and(|minors| minors > persons) {
        set(&mut row, "n_minderjarig", "");
    }
    row
}

/// What a melding must be in the registrations, told without the code under test.
fn expected(row: &Row) -> Vec<String> {
    let lists = vt_domain::codes::CodeLists::builtin();
    let or_unknown = |text: &str| if text.is_empty() { "onbekend".to_owned() } else { text.to_owned() };
    let sorted = |name: &str| {
        let mut given: Vec<&str> = row[name].split('|').collect();
        given.sort_by_key(|code| lists.list(name).position(code));
        or_unknown(&given.join("|"))
    };
    let gm = if ["GM0363", "onbekend"].contains(&row["gm_code"].as_str()) { "" } else { &row["gm_code"] };
    vec![
        row["ontvangstdatum"].clone(),
        row["organisatie"].clone(),
        sorted("aard"),
        sorted("vorm"),
        or_unknown(&row["duur_geweld"]),
        sorted("veiligheidstaxatie"),
        or_unknown(&row["hermelding"]),
        row["besluit"].clone(),
        gm.to_owned(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn valid_records_come_through_unchanged(rows in proptest::collection::vec(any_row(Melding), 1..40), json: bool, block in 16..2000usize) {
        let rows: Vec<Row> = rows.into_iter().enumerate().map(|(nr, row)| consistent(row, nr)).collect();
        let mut case = Case::with(|case| *case.meldingen() = rows.clone());
        case.limits.block_bytes = block;
        if json {
            case.file(Melding).format = FileFormat::Ndjson;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (cells, kept) = runtime.block_on(async {
            let kept = case.run().await;
            let batches = kept.registrations(Melding).await;
            (batches.iter().flat_map(crate::cells::rows).collect::<Vec<_>>(), kept)
        });
        prop_assert!(kept.record.accepted(), "{:?}", kept.checks());
        let found: Vec<Vec<String>> = cells.into_iter().map(|row| row[1..].to_vec()).collect();
        prop_assert_eq!(found, rows.iter().map(expected).collect::<Vec<_>>());
    }
}
