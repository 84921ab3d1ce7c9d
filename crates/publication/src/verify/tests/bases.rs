//! Mistakes in what figures are compared with and explained by.

use super::*;
use SnapshotTable::{Indicatoren, Kerncijfers, Verdelingen};

#[tokio::test]
async fn a_changed_base_is_found() {
    let store = store_of_three().await;
    let base = Issue { periode: "2019W407".parse().unwrap(), uitgave: 1 };
    forge(&store, base, |tables, _| {
        for area in ["VT/VT07", "VR/VR14", "NL/NL01"] {
            add(tables, Kerncijfers, &format!("{area}/gestarte_adviezen"), 5);
        }
        tables.get_mut(&Indicatoren).unwrap().rows.clear();
    })
    .await;
    let found: Vec<String> = report(&store)
        .await
        .findings
        .iter()
        .filter(|found| found.rule == Rule::Base)
        .map(ToString::to_string)
        .collect();
    assert_eq!(found.len(), 2, "of 2020W406 and of 2020W407");
    assert!(found[1].contains(
        "2020W407/1/toelichting.json, reeks 2019W407 issue 1: snapshots/four_weeks/2019W407/1/kerncijfers.json"
    ));
}

#[tokio::test]
async fn a_comparison_with_another_period_is_found() {
    let report = forged(|_, explanation| explanation.vergelijking[0].periode = "2019W406".parse().unwrap()).await;
    assert!(only(&report, Rule::Base).contains("vergelijking: it is not what follows from `reeks`"));
}

#[tokio::test]
async fn an_explanation_that_contradicts_the_manifest_is_found() {
    let report = forged(|_, explanation| explanation.beleid.grens = 4).await;
    assert!(
        only(&report, Rule::Explanation).contains("toelichting.json, beleid: it is another one than in the manifest")
    );
    assert!(rules(&report).contains(&Rule::Margin));
}

#[tokio::test]
async fn an_explanation_without_a_measure_is_found() {
    let report = forged(|_, explanation| {
        explanation.maten.pop();
    })
    .await;
    assert!(only(&report, Rule::Explanation).contains("the measures are not those of the design"));
}

#[tokio::test]
async fn a_label_or_name_of_its_own_is_found() {
    let row = "VT/VT03/gestarte_adviezen/vorm/anders";
    let label = forged(|tables, _| set(tables, Verdelingen, row, "categorie_label", text("Overig"))).await;
    assert!(only(&label, Rule::Labels).contains("column `categorie_label`"));
    let name = forged(|tables, _| set(tables, Verdelingen, row, "regio", text("Elders"))).await;
    assert!(only(&name, Rule::Labels).contains("column `regio`"));
    let day =
        forged(|tables, _| set(tables, Verdelingen, row, "eind", Value::Day("2020-07-13".parse().unwrap()))).await;
    assert!(only(&day, Rule::Labels).contains("column `eind`"));
}
