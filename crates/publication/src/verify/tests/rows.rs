//! Mistakes in rows, forged so that digests and forms agree.

use super::*;
use SnapshotTable::{Dekking, Indicatoren, Kerncijfers, Verdelingen};

#[tokio::test]
async fn a_count_that_is_no_multiple_is_found() {
    let report = forged(|tables, _| add(tables, Kerncijfers, "VT/VT09/gestarte_adviezen", 1)).await;
    assert!(only(&report, Rule::Multiple).contains("kerncijfers.parquet, VT/VT09/gestarte_adviezen:"));
}

#[tokio::test]
async fn areas_that_do_not_add_up_are_found() {
    let report = forged(|tables, _| add(tables, Kerncijfers, "VR/VR14/gestarte_adviezen", 5)).await;
    let found: Vec<String> =
        report.findings.iter().filter(|found| found.rule == Rule::Additive).map(ToString::to_string).collect();
    assert!(found.iter().any(|found| found.contains("kerncijfers.parquet, NL/NL01/gestarte_adviezen: NL is")
        && found.contains("the VRs add up to")));
    assert!(!found.iter().any(|found| found.contains("the VTs add up to")));
    assert!(rules(&report).contains(&Rule::SameArea), "VR14 and VT07 are the same area");
}

#[tokio::test]
async fn categories_that_do_not_add_up_are_found() {
    let report = forged(|tables, _| {
        add(tables, Verdelingen, "VT/VT07/gestarte_adviezen/kanaal/mail", 5);
        add(tables, Verdelingen, "VR/VR14/gestarte_adviezen/kanaal/mail", 5);
        add(tables, Verdelingen, "NL/NL01/gestarte_adviezen/kanaal/mail", 5);
    })
    .await;
    assert_eq!(rules(&report), BTreeSet::from([Rule::Additive, Rule::Change]));
    let additive = report.findings.iter().filter(|found| found.rule == Rule::Additive);
    let rows: BTreeSet<&str> = additive.filter_map(|found| found.row.as_deref()).collect();
    let expected = ["NL/NL01", "VR/VR14", "VT/VT07"].map(|area| format!("{area}/gestarte_adviezen/kanaal"));
    assert_eq!(rows, expected.iter().map(String::as_str).collect());
}

#[tokio::test]
async fn categories_that_no_records_can_have_are_found() {
    let report = forged(|tables, _| {
        for area in ["VT/VT07", "VR/VR14", "NL/NL01"] {
            add(tables, Verdelingen, &format!("{area}/ontvangen_meldingen/aard/onbekend"), 100_000);
        }
    })
    .await;
    let found: Vec<&VerifyFinding> = report.findings.iter().filter(|found| found.rule == Rule::Additive).collect();
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|found| found.detail.contains("records can have these categories")));
}

#[tokio::test]
async fn areas_that_are_the_same_set_must_be_equal() {
    let report = forged(|tables, _| {
        add(tables, Verdelingen, "VT/VT07/ontvangen_meldingen/vorm/anders", 5);
        add(tables, Verdelingen, "VT/VT08/ontvangen_meldingen/vorm/anders", -5);
    })
    .await;
    let found: BTreeSet<String> = report
        .findings
        .iter()
        .filter(|found| found.rule == Rule::SameArea)
        .filter_map(|found| found.row.clone())
        .collect();
    assert_eq!(
        found,
        BTreeSet::from([
            "VR/VR01/ontvangen_meldingen/vorm/anders".to_owned(),
            "VR/VR14/ontvangen_meldingen/vorm/anders".to_owned()
        ])
    );
}

#[tokio::test]
async fn a_dropped_row_is_found() {
    let report = forged(|tables, _| {
        let rows = tables.get_mut(&Verdelingen).unwrap();
        let place = (0..rows.rows.len())
            .find(|&place| rows.row_name(place) == "VT/VT03/gestarte_adviezen/kanaal/mail")
            .unwrap();
        rows.rows.remove(place);
    })
    .await;
    let found = only(&report, Rule::DenseGrid);
    assert!(
        found.contains("verdelingen.parquet, VT/VT03/gestarte_adviezen/kanaal/mail: the row is missing"),
        "{found}"
    );
}

#[tokio::test]
async fn a_row_too_many_is_found() {
    let report = forged(|tables, _| {
        let rows = tables.get_mut(&Verdelingen).unwrap();
        let place = (0..rows.rows.len())
            .find(|&place| rows.row_name(place) == "VT/VT03/ontvangen_meldingen/aard/geen")
            .unwrap();
        let mut row = rows.rows[place].clone();
        (row[8], row[9]) = (text("besluit"), text("overdracht"));
        rows.rows.push(row);
    })
    .await;
    assert!(
        only(&report, Rule::DenseGrid).contains("VT/VT03/ontvangen_meldingen/besluit/overdracht: there is no such")
    );
    assert!(rules(&report).contains(&Rule::Sorted));
}

#[tokio::test]
async fn rows_out_of_order_and_twice_are_found() {
    let swapped = forged(|tables, _| tables.get_mut(&Dekking).unwrap().rows.swap(3, 4)).await;
    assert_eq!(rules(&swapped), BTreeSet::from([Rule::Sorted]));
    let twice = forged(|tables, _| {
        let rows = &mut tables.get_mut(&Dekking).unwrap().rows;
        rows.insert(3, rows[3].clone());
    })
    .await;
    assert_eq!(rules(&twice), BTreeSet::from([Rule::KeyUnique]));
}

#[tokio::test]
async fn a_changed_indicator_is_found_with_what_it_must_be() {
    let row = "VT/VT07/verandering_jaar_eerder/gestarte_adviezen";
    let report = forged(|tables, _| set(tables, Indicatoren, row, "waarde", Value::Float(99.5))).await;
    let found = only(&report, Rule::Indicator);
    assert!(found.contains(&format!("indicatoren.parquet, {row}: column `waarde` is 99.5, and")), "{found}");
    assert_eq!(rules(&report), BTreeSet::from([Rule::Indicator]));
}

#[tokio::test]
async fn a_changed_count_shows_in_its_indicators() {
    let report = forged(|tables, _| {
        for area in ["VT/VT07", "VR/VR14", "NL/NL01"] {
            add(tables, Kerncijfers, &format!("{area}/afgeronde_onderzoeken"), 50);
        }
    })
    .await;
    assert_eq!(rules(&report), BTreeSet::from([Rule::Indicator, Rule::Change]));
    assert!(
        report
            .findings
            .iter()
            .any(|found| found.row.as_deref() == Some("VT/VT07/per_10000_inwoners/afgeronde_onderzoeken"))
    );
}

#[tokio::test]
async fn a_dropped_indicator_is_found() {
    let report = forged(|tables, _| {
        tables.get_mut(&Indicatoren).unwrap().rows.remove(0);
    })
    .await;
    assert!(
        only(&report, Rule::DenseGrid)
            .contains("NL/NL01/aandeel_aard_andere_problematiek/gestarte_adviezen: the row is missing")
    );
}

#[tokio::test]
async fn an_empty_table_of_indicators_is_found() {
    let report = forged(|tables, _| tables.get_mut(&Indicatoren).unwrap().rows.clear()).await;
    assert_eq!(rules(&report), BTreeSet::from([Rule::DenseGrid]));
    assert!(report.omitted > 1_000);
}

#[tokio::test]
async fn a_margin_other_than_the_bound_is_found() {
    let report =
        forged(|tables, _| set(tables, Verdelingen, "VT/VT03/gestarte_adviezen/vorm/anders", "marge", Value::Int(4)))
            .await;
    assert!(only(&report, Rule::Margin).contains("not the published bound, 9"));
}

#[tokio::test]
async fn a_reason_without_absence_and_an_absence_without_reason_are_found() {
    let row = "VT/VT03/gestarte_adviezen/vorm/anders";
    let reason = forged(|tables, _| set(tables, Verdelingen, row, "reden_leeg", text("onvolledig"))).await;
    assert!(reason.findings.iter().any(|found| found.rule == Rule::ReasonEmpty && found.row.as_deref() == Some(row)));
    let absent = forged(|tables, _| {
        set(tables, Verdelingen, row, "waarde", Value::Null);
        set(tables, Verdelingen, row, "marge", Value::Null);
    })
    .await;
    assert!(only(&absent, Rule::ReasonEmpty).contains("an absent count has no reason"));
}

#[tokio::test]
async fn a_status_of_its_own_is_found() {
    let report = forged(|tables, _| {
        set(tables, Verdelingen, "VT/VT03/gestarte_adviezen/vorm/anders", "status", text("voorlopig"));
    })
    .await;
    assert!(only(&report, Rule::Status).contains("another one than in dekking"));
}

#[tokio::test]
async fn a_status_that_its_regions_do_not_have_is_found() {
    let report = forged(|tables, _| set(tables, Dekking, "VR/VR14", "status", text("nader_voorlopig"))).await;
    let found: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    assert!(found.iter().any(|found| found.contains("dekking.parquet, VR/VR14: it is not the least of the VTs")));
}

#[tokio::test]
async fn a_count_of_a_region_that_is_not_covered_is_found() {
    let report = forged(|tables, _| {
        set(tables, Dekking, "VT/VT03", "dagen_gedekt", Value::Int(27));
        set(tables, Dekking, "VT/VT03", "dekking", Value::Float(0.964));
        set(tables, Dekking, "VT/VT03", "toelichting", text("levering nog niet volledig over juli 2020"));
    })
    .await;
    let given = report.findings.iter().filter(|found| found.rule == Rule::ReasonEmpty);
    let rows: BTreeSet<&str> = given.filter_map(|found| found.row.as_deref()).collect();
    assert!(rows.contains("VT/VT03/ontvangen_meldingen"), "{rows:?}");
    assert!(rules(&report).is_superset(&BTreeSet::from([Rule::Coverage, Rule::Status])));
}

#[tokio::test]
async fn an_impossible_coverage_is_found() {
    let report = forged(|tables, _| set(tables, Dekking, "VT/VT03", "dekking", Value::Float(0.5))).await;
    assert!(only(&report, Rule::Coverage).contains("dekking is not dagen_gedekt / dagen"));
}

#[tokio::test]
async fn a_reason_that_does_not_fit_is_found() {
    let store = InMemory::new();
    publish_in(&store, &Case { absent: &["VT07"], ..case("2020W407") }).await;
    forge(&store, issue(), |tables, _| {
        set(tables, Kerncijfers, "VT/VT07/gestarte_adviezen", "reden_leeg", text("regio_onbekend"));
    })
    .await;
    let report = report(&store).await;
    assert!(
        report
            .findings
            .iter()
            .any(|found| found.row.as_deref() == Some("VT/VT07/gestarte_adviezen") && found.rule == Rule::ReasonEmpty)
    );
}

#[tokio::test]
async fn a_veiligheidsregio_that_should_be_empty_is_found() {
    let store = store_of_three().await;
    // VT06's records move to VR00: VR08 has 60 fewer, VR00 60 more, and NL stays as it is.
    forge(&store, issue(), |tables, _| {
        add(tables, Kerncijfers, "VR/VR08/ontvangen_meldingen", -60);
        add(tables, Kerncijfers, "VR/VR00/ontvangen_meldingen", 60);
    })
    .await;
    let report = report(&store).await;
    let found: BTreeSet<&str> = report
        .findings
        .iter()
        .filter(|found| found.rule == Rule::RegionUnknown)
        .filter_map(|found| found.row.as_deref())
        .collect();
    assert_eq!(found, BTreeSet::from(["VR/VR08/ontvangen_meldingen", "VR/VR23/ontvangen_meldingen"]));
}
