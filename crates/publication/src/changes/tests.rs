mod differs;

use object_store::memory::InMemory;
use vt_vault::Vault;

use super::*;
use crate::history::History;
use crate::publish::fixture::{Case, case, publish_next, store_of_three};
use crate::publish::store::read;
use crate::render::form;
use vt_domain::snapshot::{Form, Issue};

async fn changes(store: &InMemory, period: &str, issue: u32) -> TableRows {
    let issue = Issue { periode: period.parse().unwrap(), uitgave: issue };
    let table = SnapshotTable::Wijzigingen;
    let bytes = read(store, &issue.file(&table.file(Form::Parquet))).await.unwrap().unwrap();
    form::read(Form::Parquet, table, issue.periode, &bytes).unwrap()
}

fn texts(rows: &TableRows, row: usize, columns: &[&str]) -> String {
    let text = |column: &&str| rows.value(row, column).unwrap().to_string();
    columns.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_first_issue_is_compared_with_the_period_before_only() {
    let rows = changes(store_of_three().await.as_ref(), "2020W407", 1).await;
    assert!(!rows.rows.is_empty());
    for row in 0..rows.rows.len() {
        assert_eq!(
            texts(&rows, row, &["vergeleken_met", "andere_periode", "andere_uitgave"]),
            "vorige_periode 2020W406 1"
        );
        let regional_part = rows.value(row, "dimensie").unwrap().text() != Some("totaal");
        assert!(!regional_part || rows.value(row, "regio_code").unwrap().text() == Some("NL01"));
        let int = |column| rows.value(row, column).unwrap().int();
        if let Some(difference) = int("verschil") {
            assert_eq!(Some(difference), int("waarde").zip(int("waarde_eerder")).map(|(now, then)| now - then));
            assert_eq!(int("verschil_marge"), Some(18));
        }
    }
    // VT12 was absent from the period before: it comes back, without a difference.
    let back = (0..rows.rows.len())
        .find(|&row| rows.row_name(row).ends_with("VT12/vorige_periode/gestarte_adviezen/totaal/totaal"));
    let back = texts(&rows, back.unwrap(), &["waarde_eerder", "verschil", "reden_leeg_eerder", "reden_leeg"]);
    assert_eq!(back, "null null ontbreekt null");
}

#[tokio::test]
async fn a_revision_names_what_changed_and_nothing_else() {
    let (vault, store) = (Vault::new(Arc::new(InMemory::new())), InMemory::new());
    let mut history = History::default();
    publish_next(&vault, &store, &mut history, &case("2020W407")).await;
    publish_next(&vault, &store, &mut history, &Case { more: 40, ..case("2020W407") }).await;
    let rows = changes(&store, "2020W407", 2).await;
    let names: Vec<String> = (0..rows.rows.len()).map(|row| rows.row_name(row)).collect();
    assert!(names.iter().any(|name| name == "VT/VT07/vorige_uitgave/gestarte_adviezen/totaal/totaal"), "{names:?}");
    // Only VT07 delivered anew: no other Veilig Thuis region has changed.
    assert!(names.iter().all(|name| name.starts_with("VT/VT07/") || !name.starts_with("VT/")), "{names:?}");
    assert!(names.iter().all(|name| name.contains("/vorige_uitgave/")));
}

#[tokio::test]
async fn periods_of_other_length_and_breaks_give_no_difference() {
    let (vault, store) = (Vault::new(Arc::new(InMemory::new())), InMemory::new());
    let mut history = History::default();
    for period in ["2019W413", "2020W401", "2020W412", "2020W413"] {
        publish_next(&vault, &store, &mut history, &case(period)).await;
    }
    let longer = changes(&store, "2020W413", 1).await;
    assert!(!longer.rows.is_empty());
    for row in 0..longer.rows.len() {
        assert!(texts(&longer, row, &["verschil", "opmerking"]).starts_with("null perioden van 35 en 28 dagen"));
    }
    let broken = changes(&store, "2020W401", 1).await;
    let of = |area: &str| {
        let row = (0..broken.rows.len()).find(|&row| texts(&broken, row, &["regio_code"]) == area).unwrap();
        texts(&broken, row, &["verschil", "opmerking"])
    };
    assert_eq!(of("VT06"), "null Nieuw registratiesysteem in Gelderland-Zuid");
    assert!(of("NL01").ends_with("null") && !of("NL01").starts_with("null"), "{}", of("NL01"));
}
