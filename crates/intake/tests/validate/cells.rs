//! What registrations hold.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type};
use vt_domain::contract::RecordType::{self, Advies, Melding, Vervolgdienst};
use vt_vault::registration_schema;

use crate::case::{Case, Kept, advies, day, dienst, melding};

/// The rows of a batch as text; null is empty.
pub fn rows(batch: &RecordBatch) -> Vec<Vec<String>> {
    let cell = |column: &dyn Array, row: usize| match column.data_type() {
        _ if column.is_null(row) => String::new(),
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Date32 => column.as_primitive::<Date32Type>().value_as_date(row).unwrap().to_string(),
        _ => hex::encode(column.as_fixed_size_binary().value(row)),
    };
    (0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| cell(column, row)).collect()).collect()
}

async fn all(kept: &Kept, record: RecordType) -> Vec<Vec<String>> {
    kept.registrations(record).await.iter().flat_map(rows).collect()
}

#[tokio::test]
async fn they_have_the_schema_of_the_private_store() {
    let kept = Case::new().run().await;
    for record in RecordType::ALL {
        let batches = kept.registrations(record).await;
        assert_eq!(batches[0].schema().fields(), registration_schema(record).fields(), "{record}");
    }
}

#[tokio::test]
async fn lists_are_in_the_order_of_the_code_list_and_empty_fields_are_unknown() {
    let kept = Case::new().run().await;
    let advies = &all(&kept, Advies).await[0];
    let expected = [
        "2020-07-01",
        "telefoon",
        "huisarts",
        "kindermishandeling|partnergeweld",
        "onbekend",
        "1_jaar_tot_5_jaar",
        "GM0402",
    ];
    assert_eq!(advies[1..], expected.map(String::from));
    let melding = &all(&kept, Melding).await[0];
    let expected = [
        "2020-07-03",
        "politie",
        "partnergeweld",
        "lichamelijke_mishandeling|psychisch_geweld",
        "onbekend",
        "acuut|structureel",
        "onbekend",
        "vervolg_vt",
        "GM0406",
    ];
    assert_eq!(melding[1..], expected.map(String::from));
}

#[tokio::test]
async fn a_service_finds_its_melding_by_the_hash() {
    let kept = Case::new().run().await;
    let (meldingen, diensten) = (all(&kept, Melding).await, all(&kept, Vervolgdienst).await);
    assert_eq!(diensten[0][1], meldingen[0][0]);
    assert_eq!(diensten[0][3], "");
    assert_eq!(diensten[1][3], "2020-07-15");
    let ids: BTreeSet<&String> = meldingen.iter().chain(&diensten).map(|row| &row[0]).collect();
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn the_same_id_in_another_region_has_another_hash() {
    let here = Case::new().run().await;
    let there = Case::with(|case| case.move_to("VT13", "2020-07")).run().await;
    assert_ne!(all(&here, Melding).await[0][0], all(&there, Melding).await[0][0]);
}

#[tokio::test]
async fn a_gemeente_counts_as_itself_as_its_successor_or_as_unknown() {
    for (gemeente, counts_as) in
        [("GM0406", "GM0406"), ("GM0363", ""), ("GM9998", ""), ("GM1982", ""), ("onbekend", "")]
    {
        let kept = Case::with(|case| _ = case.meldingen()[0].insert("gm_code".into(), gemeente.into())).run().await;
        assert_eq!(all(&kept, Melding).await[0][9], counts_as, "{gemeente}");
        let unknown = kept.record.samenvatting.unwrap().aandelen["melding.gm_code.onbekend"];
        assert_eq!((unknown.teller, unknown.noemer), (u64::from(counts_as.is_empty()), 3));
    }
    let kept = Case::with(|case| {
        case.move_to("VT16", "2022-02");
        case.files.iter_mut().for_each(|file| file.rows.clear());
        case.adviezen().push(advies("A1", "2022-02-01"));
        case.adviezen()[0].insert("gm_code".into(), "GM0756".into());
    })
    .run()
    .await;
    assert_eq!(all(&kept, Advies).await[0][7], "GM1982");
}

#[tokio::test]
async fn a_gemeente_that_changes_within_the_month_is_resolved_by_the_day() {
    let kept = Case::with(|case| {
        case.move_to("VT07", "2022-03");
        case.files.iter_mut().for_each(|file| file.rows.clear());
        *case.adviezen() = vec![advies("A1", "2022-03-23"), advies("A2", "2022-03-24")];
        case.adviezen().iter_mut().for_each(|row| _ = row.insert("gm_code".into(), "GM0457".into()));
    })
    .run()
    .await;
    let gemeenten: Vec<String> = all(&kept, Advies).await.into_iter().map(|row| row[7].clone()).collect();
    // Weesp went to Amsterdam, in another region, on 24 March 2022.
    assert_eq!(gemeenten, ["GM0457", ""]);
    assert_eq!(kept.finding("R034").voorbeelden[0].id.as_deref(), Some("A2"));
}

#[tokio::test]
async fn dropped_records_are_not_in_them_and_the_others_all_are() {
    let kept = Case::with(|case| {
        *case.adviezen() = (0..400).map(|nr| advies(&format!("A{nr}"), "2020-07-08")).collect();
        for row in [0, 399] {
            case.adviezen()[row].insert("startdatum".into(), "2020-08-01".into());
        }
    })
    .run()
    .await;
    assert!(kept.record.accepted());
    assert_eq!(kept.count(Advies).await, 398);
    let summary = kept.record.samenvatting.unwrap();
    assert_eq!(summary.per_dag[&Advies], [(day("2020-07-08"), 398)].into());
    assert_eq!(summary.records[&Advies].geweigerd, 2);
}

#[tokio::test]
async fn the_summary_counts_days_and_shares() {
    let kept = Case::with(|case| {
        case.meldingen()[1].insert("organisatie".into(), "huisarts".into());
        case.meldingen()[1].insert("politie_overdracht".into(), "false".into());
        case.meldingen()[2].insert("vorm".into(), String::new());
    })
    .run()
    .await;
    let summary = kept.record.samenvatting.unwrap();
    let share = |name: &str| (summary.aandelen[name].teller, summary.aandelen[name].noemer);
    assert_eq!(share("melding.politie"), (2, 3));
    assert_eq!(share("melding.vorm.onbekend"), (1, 3));
    assert_eq!(share("advies.vorm.onbekend"), (3, 3));
    assert_eq!(share("advies.organisatie.onbekend"), (0, 3));
    assert_eq!(summary.per_dag[&Melding], [(day("2020-07-03"), 1), (day("2020-07-04"), 2)].into());
    assert!(!summary.per_dag.contains_key(&Vervolgdienst));
}

#[tokio::test]
async fn a_service_of_two_months_is_in_both_and_one_of_neither_in_none() {
    let kept = Case::with(|case| {
        *case.diensten() =
            vec![dienst("D1", "M1", "2020-07-30", "2020-08-02"), dienst("D2", "M1", "2020-06-01", "2020-07-02")];
        case.diensten().extend((0..198).map(|nr| dienst(&format!("E{nr}"), "M1", "2020-07-06", "")));
        case.diensten().push(dienst("D3", "M1", "2020-06-01", "2020-08-02"));
    })
    .run()
    .await;
    assert!(kept.record.accepted());
    assert_eq!(kept.count(Vervolgdienst).await, 200);
    assert_eq!(kept.finding("R012").voorbeelden[0].id.as_deref(), Some("D3"));
}

#[tokio::test]
async fn chat_counts_from_the_day_it_began() {
    let kept = Case::with(|case| {
        case.move_to("VT07", "2020-05");
        case.diensten().clear();
        case.meldingen().clear();
        *case.adviezen() = vec![advies("A1", "2020-05-01")];
        case.adviezen()[0].insert("kanaal".into(), "chat".into());
    })
    .run()
    .await;
    assert_eq!(kept.findings, []);
    assert_eq!(all(&kept, Advies).await[0][2], "chat");
}

#[tokio::test]
async fn a_melding_needs_no_optional_field() {
    let kept = Case::with(|case| {
        let mut row = melding("M9", "2020-07-09");
        for field in ["vorm", "duur_geweld", "n_minderjarig", "hermelding", "casus_id"] {
            row.insert(field.into(), String::new());
        }
        case.meldingen().push(row);
    })
    .run()
    .await;
    assert_eq!(kept.findings, []);
    assert_eq!(kept.count(Melding).await, 4);
}
