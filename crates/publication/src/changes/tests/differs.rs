//! The difference between two issues: what is listed, what is counted, and the page that shows it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::*;
use crate::changes::diff::{self, figures};
use crate::changes::{Diff, DiffRow};
use crate::indicators::BaseCache;
use crate::publish::fixture::publish_next_at;
use crate::render::explanation::{EXPLANATION_FILE, Explanation};
use crate::shelf::{Shelf, Shelved};
use crate::tables::Value;

fn issue(name: &str) -> Issue {
    let (period, number) = name.split_once('/').unwrap();
    Issue { periode: period.parse().unwrap(), uitgave: number.parse().unwrap() }
}

async fn between(store: &InMemory, one: &str, other: &str) -> Diff {
    let shelf = Shelf::read(store).await.unwrap();
    diff::diff(store, &shelf, issue(one), issue(other)).await.unwrap()
}

/// Three issues of a period: nader voorlopig, a correction of VT07 at the same status, the same figures definitief.
async fn revised() -> InMemory {
    let (vault, store) = (Vault::new(Arc::new(InMemory::new())), InMemory::new());
    let mut history = History::default();
    let corrected = Case { more: 400, ..case("2020W407") };
    let first = Case { peildatum: "2020-08-15", ..case("2020W407") };
    let second = Case { peildatum: "2020-09-15", ..corrected.clone() };
    for (case, at) in [(first, "2020-08-17"), (second, "2020-09-17"), (corrected, "2026-01-16")] {
        let at: DateTime<Utc> = format!("{at}T06:00:00Z").parse().unwrap();
        publish_next_at(&vault, &store, &mut history, &case, at).await;
    }
    store
}

fn differs_in_value(row: &DiffRow) -> bool {
    row.waarde != row.waarde_eerder || row.marge != row.marge_eerder || row.reden_leeg != row.reden_leeg_eerder
}

#[tokio::test]
async fn values_are_listed_and_changes_of_status_alone_are_counted_by_region() {
    let store = revised().await;
    let correction = between(&store, "2020W407/1", "2020W407/2").await;
    assert!(!correction.waarden.is_empty() && correction.statussen.is_empty(), "the status was the same");
    for row in &correction.waarden {
        assert!(differs_in_value(row), "{row:?}");
        assert!(row.regio_type != "VT" || row.regio_code == "VT07", "{row:?}");
        assert_eq!((row.status_eerder.as_str(), row.status.as_str()), ("nader_voorlopig", "nader_voorlopig"));
    }
    let of_vt07 = |row: &&DiffRow| row.regio_code == "VT07" && row.maat == "gestarte_adviezen" && row.is_total();
    let total = correction.waarden.iter().find(of_vt07).unwrap();
    assert_eq!(total.verschil, total.waarde.zip(total.waarde_eerder).map(|(now, then)| now - then));
    assert!(total.verschil > Some(300) && total.verschil_marge == Some(18), "{total:?}");
    assert_eq!((total.maat_label.as_str(), total.categorie_label.as_str()), ("Gestarte adviezen", "Totaal"));

    let status = between(&store, "2020W407/2", "2020W407/3").await;
    assert!(status.waarden.is_empty(), "no value changed: {:?}", status.waarden);
    let all = BaseCache::default().tables(&store, issue("2020W407/3"), None).await.unwrap();
    assert_eq!(status.status_only(), all.totals.rows.len() + all.parts.rows.len());
    let areas: BTreeSet<&str> = status.statussen.iter().map(|change| change.regio_code.as_str()).collect();
    assert!(areas.len() == status.statussen.len() && areas.contains("VT07"), "one line for each area");
    for change in &status.statussen {
        assert_eq!((change.status_eerder.as_str(), change.status.as_str()), ("nader_voorlopig", "definitief"));
    }

    let both = between(&store, "2020W407/1", "2020W407/3").await;
    let names = |diff: &Diff| diff.waarden.iter().map(|row| (row.regio_code.clone(), row.part())).collect::<Vec<_>>();
    assert_eq!(names(&both), names(&correction));
    assert!(both.waarden.iter().all(|row| row.status == "definitief" && row.status_eerder == "nader_voorlopig"));
    assert_eq!(both.status_only() + both.waarden.len(), status.status_only());
    // The table of the snapshot keeps a row for each.
    assert_eq!(changes(&store, "2020W407", 3).await.rows.len(), status.status_only());
}

#[tokio::test]
async fn the_earlier_issue_is_the_earlier_one_whichever_is_named_first() {
    let store = store_of_three().await;
    let told = between(&store, "2020W406/1", "2020W407/1").await;
    let reversed = between(&store, "2020W407/1", "2020W406/1").await;
    assert!(reversed.reversed && !told.reversed);
    assert_eq!((reversed.van.name(), reversed.naar.name()), ("2020W406/1".to_owned(), "2020W407/1".to_owned()));
    assert_eq!(Diff { reversed: false, ..reversed.clone() }, told);
    let said = |diff: &Diff| text(diff).contains("omgekeerde volgorde");
    assert!(said(&reversed) && !said(&told));
    assert!(!between(&store, "2020W407/1", "2020W407/1").await.reversed);
}

#[tokio::test]
async fn a_figure_differs_by_its_margin_or_the_reason_of_its_absence() {
    let store = store_of_three().await;
    let earlier = BaseCache::default().tables(store.as_ref(), issue("2020W407/1"), None).await.unwrap();
    let bytes = read(store.as_ref(), &issue("2020W407/1").file(EXPLANATION_FILE)).await.unwrap().unwrap();
    let explanation = Explanation::from_bytes(&bytes).unwrap();
    let none = figures(&explanation, &earlier, &earlier);
    assert!(none.0.is_empty() && none.1.is_empty());
    let mut later = OtherIssue::clone(&earlier);
    let place = |name: &str| SnapshotTable::Kerncijfers.column(name).unwrap();
    later.totals.rows[0][place("marge")] = Value::Int(19);
    later.totals.rows[1][place("waarde")] = Value::Null;
    later.totals.rows[1][place("reden_leeg")] = Value::Text("ontbreekt".into());
    later.totals.rows[2][place("status")] = Value::Text("voorlopig".into());
    let gone = later.totals.rows.pop().unwrap();
    let (values, statuses) = figures(&explanation, &later, &earlier);
    assert_eq!(values.len(), 3, "{values:?}");
    let [margin, absent, _] = &values[..] else { unreachable!() };
    assert_eq!(
        (margin.verschil, margin.verschil_marge, margin.marge_eerder, margin.marge),
        (Some(0), Some(28), Some(9), Some(19))
    );
    assert_eq!((absent.waarde, absent.reden_leeg.as_deref(), absent.verschil), (None, Some("ontbreekt"), None));
    let absent = values.iter().find(|row| row.status == "afwezig").unwrap();
    assert_eq!(Some(absent.regio_code.as_str()), gone[place("regio_code")].text());
    assert_eq!((statuses.len(), statuses[0].aantal, statuses[0].status.as_str()), (1, 1, "voorlopig"));
}

fn text(diff: &Diff) -> String {
    String::from_utf8(diff.page()).unwrap()
}

#[tokio::test]
async fn the_page_is_in_dutch_and_says_what_is_retracted() {
    let store = store_of_three().await;
    let mut shelf = Shelf::read(store.as_ref()).await.unwrap();
    let record = serde_json::json!({
        "formaat": 1, "nummer": 1, "soort": "intrekking", "periode": "2020W406", "uitgave": 1,
        "tekst": "Twee regio's zijn verwisseld.", "gepubliceerd_op": "2021-03-02T06:00:00Z", "software": "vt-monitor 0.1.0",
    });
    let content = serde_json::from_value(record).unwrap();
    shelf.errata.insert(1, Shelved { content, sha256: "aa".into() });
    let mut found = diff::diff(store.as_ref(), &shelf, issue("2020W406/1"), issue("2020W407/1")).await.unwrap();
    assert!(found.van.ingetrokken && !found.naar.ingetrokken);
    let row = found.waarden.iter_mut().find(|row| row.verschil.is_some()).unwrap();
    (row.waarde_eerder, row.waarde, row.verschil) = (Some(11_215), Some(9_980), Some(-1_235));
    let page = text(&found);
    for word in [
        "11.215\u{a0}±\u{a0}9",
        "9.980\u{a0}±\u{a0}9",
        "−1.235\u{a0}±\u{a0}18",
        "Ingetrokken: niet gebruiken.",
        "Twee regio's zijn verwisseld.",
        "niet geleverd",
        "Gestarte adviezen",
        "definitief",
        "data-kop=\"Verschil\"",
        "<html lang=\"nl\">",
    ] {
        assert!(page.contains(word), "{word}");
    }
    let (_, body) = page.split_once("</style>").unwrap();
    for code in ["gestarte_adviezen", "nader_voorlopig", "ontbreekt", "http://", "https://", "<script"] {
        assert!(!body.contains(code), "{code}");
    }
    if let Some(folder) = std::env::var_os("VT_REPORT_OUT") {
        std::fs::write(std::path::Path::new(&folder).join("verschil.html"), page).unwrap();
    }
}

#[tokio::test]
async fn the_page_of_a_status_says_how_many_figures() {
    let store = revised().await;
    let page = text(&between(&store, "2020W407/1", "2020W407/3").await);
    assert!(page.contains("cijfers kregen alleen een andere status") && page.contains("nader voorlopig → definitief"));
    let same = text(&between(&store, "2020W407/3", "2020W407/3").await);
    assert!(same.contains("Geen enkel vergeleken cijfer"));
}

#[tokio::test]
async fn where_periods_do_not_compare_the_reason_is_said_once() {
    let (vault, store) = (Vault::new(Arc::new(InMemory::new())), InMemory::new());
    let mut history = History::default();
    for period in ["2019W413", "2020W401", "2020W413"] {
        publish_next(&vault, &store, &mut history, &case(period)).await;
    }
    let longer = between(&store, "2020W401/1", "2020W413/1").await;
    assert!(longer.shared_remark().unwrap().starts_with("perioden van 35 en 28 dagen"));
    assert_eq!(text(&longer).matches("perioden van 35 en 28 dagen").count(), 1);
    let broken = between(&store, "2019W413/1", "2020W401/1").await;
    assert_eq!(broken.shared_remark(), None);
    let vt06 = broken.waarden.iter().find(|row| row.regio_code == "VT06").unwrap();
    assert_eq!((vt06.verschil, vt06.opmerking.as_deref()), (None, Some("Nieuw registratiesysteem in Gelderland-Zuid")));
    assert!(text(&broken).contains("Nieuw registratiesysteem in Gelderland-Zuid"));
}
