//! A number that can be a BSN, anywhere: the delivery is rejected and nothing of it is kept but digests and the finding.

use vt_domain::contract::RecordType::{self, Advies, Melding, Vervolgdienst};
use vt_domain::delivery::{Compression, FileFormat};
use vt_vault::Verdict;

use crate::case::Case;

const NUMBER: &str = "123456782";

/// Rejected for this alone, and the number is nowhere.
async fn is_stopped(case: &Case, check: &str, what: &str) {
    let kept = case.run().await;
    assert_eq!(kept.record.verdict, Verdict::Afgekeurd, "{what}");
    assert!(kept.checks().iter().all(|found| *found == check), "{what}: {:?}", kept.checks());
    assert!(kept.findings.iter().all(|found| found.voorbeelden.iter().all(|record| record.id.is_none())), "{what}");
    assert_eq!(kept.report.spiegelrapport, None, "{what}");
    assert_eq!(kept.record.samenvatting, None);
    let objects = kept.objects().await;
    let names: Vec<&str> = objects.keys().map(String::as_str).collect();
    assert_eq!(names, ["deliveries/VT07/2020-07/1.json", "reports/VT07/2020-07/1/kwaliteitsrapport.json"], "{what}");
    for bytes in objects.values() {
        assert!(!String::from_utf8_lossy(bytes).contains(NUMBER), "{what}");
    }
}

#[tokio::test]
async fn in_any_field_of_any_record() {
    for format in [FileFormat::Csv, FileFormat::Ndjson] {
        for record in RecordType::ALL {
            for field in record.fields() {
                let mut case = Case::new();
                case.format(format, Compression::Geen);
                case.file(record).rows[1].insert(field.name.into(), NUMBER.into());
                is_stopped(&case, "B017", &format!("{format:?} {record} {}", field.name)).await;
            }
        }
    }
}

#[tokio::test]
async fn as_an_item_of_a_list() {
    for format in [FileFormat::Csv, FileFormat::Ndjson] {
        let mut case = Case::new();
        case.format(format, Compression::Geen);
        case.meldingen()[0].insert("aard".into(), format!("partnergeweld|{NUMBER}"));
        is_stopped(&case, "B017", &format!("{format:?}")).await;
    }
}

#[tokio::test]
async fn with_a_lost_leading_zero_dots_spaces_or_quotes() {
    for text in ["10000008", "1234.56.782", "123 456 782", " 123456782", "\"123456782\"", "nr 123456782"] {
        let mut case = Case::new();
        case.adviezen()[0].insert("gm_code".into(), text.into());
        is_stopped(&case, "B017", text).await;
    }
}

#[tokio::test]
async fn in_an_unknown_column() {
    let mut case = Case::new();
    case.file(Advies).spoil_text = Some(|text| {
        let text = String::from_utf8(text).unwrap();
        let line = |(nr, line): (usize, &str)| format!("{line};{}\n", if nr == 0 { "nummer" } else { NUMBER });
        text.lines().enumerate().map(line).collect::<String>().into_bytes()
    });
    is_stopped(&case, "B017", "column").await;
}

#[tokio::test]
async fn in_a_file_without_header() {
    let mut case = Case::new();
    case.file(Vervolgdienst).spoil_text = Some(|_| format!("D1;{NUMBER};onderzoek;2020-07-01;;;\n").into_bytes());
    is_stopped(&case, "B017", "header").await;
}

#[tokio::test]
async fn on_a_line_that_is_no_record() {
    let mut case = Case::new();
    case.file(Advies).spoil_text = Some(|mut text| {
        text.extend_from_slice(format!("A9;{NUMBER}\n").as_bytes());
        text
    });
    is_stopped(&case, "B017", "short line").await;
    case.file(Advies).spoil_text = Some(|mut text| {
        text.extend_from_slice(b"\xe9;123456782\n");
        text
    });
    is_stopped(&case, "B017", "latin-1").await;
}

#[tokio::test]
async fn as_a_json_value_of_any_type_key_or_depth() {
    for spoiled in [
        r#""kanaal":123456782"#,
        r#""kanaal":123456782.0"#,
        r#""kanaal":1.23456782e8"#,
        r#""kanaal":["123456782"]"#,
        r#""kanaal":{"a":[{"b":"123456782"}]}"#,
        r#""kanaal":"telefoon","extra":123456782"#,
        r#""kanaal":"telefoon","123456782":1"#,
        r#""kanaal":"\u0031\u0032\u0033456782""#,
        r#""kanaal":"telefoon", 123456782"#,
    ] {
        let mut case = Case::new();
        case.file(Advies).format = FileFormat::Ndjson;
        let text = String::from_utf8(crate::case::ndjson(Advies, &case.file(Advies).rows.clone())).unwrap();
        let text = text.replacen(r#""kanaal":"telefoon""#, spoiled, 1);
        assert!(text.contains(spoiled));
        let vault = crate::case::memory_vault();
        let outcome = judged_with_text(&case, &vault, text).await;
        assert!(outcome.holds_personal_number(), "{spoiled}");
        assert!(!outcome.is_accepted());
    }
}

/// Judges a case whose file with adviezen has another text.
async fn judged_with_text(case: &Case, vault: &vt_vault::Vault, text: String) -> vt_intake::validate::DeliveryOutcome {
    let raw = case.fetched(vault).await;
    let name = raw.entry.bestanden[0].kept_name();
    let mut writer = vault.quarantine(&raw.id, &name).await.unwrap();
    writer.write(text.into_bytes().into()).await.unwrap();
    writer.finish().await.unwrap();
    let parsed = vt_intake::parse::parse(vault, raw, &case.limits).await.unwrap();
    let hasher = crate::case::hasher();
    let ctx = vt_intake::validate::ValidationContext {
        asked_vt: &case.vt,
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
    vt_intake::validate::validate(vault, parsed, &ctx).await.unwrap()
}

#[tokio::test]
async fn in_a_text_of_the_header() {
    is_stopped(&Case::with(|case| case.kop.bronsysteem = format!("Regas {NUMBER}")), "L011", "bronsysteem").await;
    is_stopped(&Case::with(|case| case.kop.protocol_versie = NUMBER.into()), "L011", "protocol_versie").await;
    is_stopped(&Case::with(|case| case.kop.vt_code = NUMBER.into()), "L011", "vt_code").await;
}

#[tokio::test]
async fn in_the_last_block_of_a_large_file() {
    let mut case = Case::new();
    *case.meldingen() = (0..500).map(|nr| crate::case::melding(&format!("M{nr}"), "2020-07-09")).collect();
    case.meldingen()[499].insert("casus_id".into(), NUMBER.into());
    case.limits.block_bytes = 512;
    is_stopped(&case, "B017", "last block").await;
}

#[tokio::test]
async fn nothing_of_an_earlier_attempt_stays_either() {
    let vault = crate::case::memory_vault();
    let good = Case::new();
    // An accepted delivery whose verdict was lost: registrations and raw bytes are in the store.
    let outcome = good.judged(&vault).await;
    let id = outcome.id().clone();
    vt_intake::keep::keep(&vault, outcome, "2020-08-05T09:00:00Z".parse().unwrap()).await.unwrap();
    use object_store::ObjectStoreExt;
    vault.store().delete(&format!("deliveries/{}/{}/{}.json", id.vt, id.maand, id.nr).into()).await.unwrap();
    let bad = Case::with(|case| _ = case.meldingen()[0].insert("casus_id".into(), NUMBER.into()));
    let outcome = bad.judged(&vault).await;
    vt_intake::keep::keep(&vault, outcome, "2020-08-05T09:00:00Z".parse().unwrap()).await.unwrap();
    for prefix in ["raw", "registrations", "quarantine"] {
        use futures::TryStreamExt;
        let left: Vec<_> = vault.store().list(Some(&prefix.into())).try_collect().await.unwrap();
        assert!(left.is_empty(), "{prefix}: {left:?}");
    }
}

#[tokio::test]
async fn a_number_with_a_letter_or_of_another_length_is_none() {
    let kept = Case::with(|case| {
        case.meldingen()[0].insert("casus_id".into(), format!("A{NUMBER}"));
        case.meldingen()[1].insert("casus_id".into(), "123456789012345678X".into());
    })
    .run()
    .await;
    assert_eq!(kept.findings, []);
    let kept =
        Case::with(|case| _ = case.file(Melding).rows[0].insert("casus_id".into(), "123456789".into())).run().await;
    assert!(!kept.checks().contains(&"B017"));
}
