mod made_up;
mod parts;

use super::*;
use crate::publish::fixture::{Case, case, store_of_three};
use crate::shelf::{Shelf, Shelved};
use made_up::{MadeUp, retracting, some};
use vt_domain::snapshot::{ErratumKind, Issue};

fn page_of(made: &MadeUp) -> String {
    String::from_utf8(report(&made.contents())).unwrap()
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

fn with_history() -> MadeUp {
    let gaps = Case { absent: &["VT12"], partial: &["VT07"], ..case("2020W407") };
    made_up::made_up(&gaps, "2019W401")
}

#[test]
fn the_same_snapshot_gives_the_same_bytes() {
    assert_eq!(page_of(&with_history()), page_of(&with_history()));
}

/// Writes the pages to a folder, to be looked at: `VT_REPORT_OUT=/tmp/pages cargo test -p vt-publication --lib report`.
#[tokio::test]
async fn pages_are_written_where_someone_wants_to_look_at_them() {
    let shelf = retracting(&store_of_three().await).await;
    let pages = [
        ("rapport.html", report(&with_history().contents())),
        ("eerste.html", report(&made_up::made_up(&case("2020W407"), "2020W407").contents())),
        ("volledig.html", report(&made_up::made_up(&case("2020W413"), "2016W401").contents())),
        ("week.html", report(&made_up::made_up(&case("2020W127"), "2019W101").contents())),
        ("ongelijk.html", report(&made_up::made_up(&case("2021W401"), "2020W401").contents())),
        ("jaar.html", report(&made_up::made_up(&case("2020ISO"), "2019ISO").contents())),
        ("2023.html", report(&made_up::made_up(&case("2023W402"), "2022W401").contents())),
        ("index.html", index(&shelf)),
    ];
    for (name, bytes) in &pages {
        assert!(bytes.len() < 600_000, "{name}: {} bytes", bytes.len());
    }
    if let Some(folder) = std::env::var_os("VT_REPORT_OUT") {
        for (name, bytes) in pages {
            std::fs::write(std::path::Path::new(&folder).join(name), bytes).unwrap();
        }
    }
}

#[test]
fn nothing_is_loaded_and_nothing_is_run() {
    let page = page_of(&with_history());
    for forbidden in ["http://", "https://", "<script", "src=", "@import", "url(http", "<iframe", " onclick"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("default-src 'none'") && page.contains("<html lang=\"nl\">"));
}

#[test]
fn every_region_is_on_both_maps_or_is_named() {
    for period in ["2020W407", "2023W402"] {
        let made = made_up::made_up(&case(period), period);
        let page = page_of(&made);
        for region in &Data::new(&made.contents()).regions {
            let drawn = count(&page, &format!("<title>{} {}: ", region.code, region.naam));
            assert_eq!(drawn, 2, "{period} {}", region.code);
        }
    }
}

#[test]
fn a_region_that_cannot_be_drawn_is_named_below_the_map() {
    let mut made = with_history();
    made.rename("VT03", "VT98", "Nieuwland");
    let page = page_of(&made);
    assert!(page.contains("Niet op de kaart: </strong>VT98 Nieuwland ("));
}

#[test]
fn names_are_escaped() {
    let mut made = with_history();
    made.rename("VT03", "VT03", "<b>Flevo\"land</b>");
    let page = page_of(&made);
    assert!(!page.contains("<b>Flevo") && page.contains("&lt;b&gt;Flevo&quot;land&lt;/b&gt;"));
}

#[test]
fn an_empty_value_shows_its_reason() {
    let page = page_of(&with_history());
    assert!(page.contains("geen cijfer<span class=\"reden\">niet volledig geleverd</span>"));
    assert!(page.contains("<title>VT12 Kennemerland: niet geleverd</title>"));
    assert!(page.contains("<title>VT07 Gooi en Vechtstreek: niet volledig geleverd</title>"));
    assert!(page.contains("Geen cijfers voor Nederland: niet volledig geleverd."));
    let first = page_of(&made_up::made_up(&case("2020W407"), "2020W407"));
    assert!(first.contains("geen basis om mee te vergelijken: er was geen uitgave over 2019W407"));
}

#[test]
fn behind_each_figure_is_a_table_and_each_picture_has_a_name() {
    let page = page_of(&made_up::made_up(&case("2020W407"), "2019W401"));
    assert_eq!(count(&page, "<figure"), count(&page, "<summary>Toon de cijfers als tabel</summary>"));
    // Maps, lines of the Netherlands and of the regions, breakdowns of adviezen and meldingen, coverage.
    assert_eq!(count(&page, "<figure"), 2 + 2 + 2 + 5 + 7 + 1);
    assert_eq!(count(&page, "<svg"), count(&page, "role=\"img\""));
    assert_eq!(count(&page, "<table>"), count(&page, "<caption>"));
    assert_eq!(count(&page, "<table>"), count(&page, "role=\"region\" aria-label="));
}

#[test]
fn ids_are_unique() {
    let page = page_of(&made_up::made_up(&case("2020W407"), "2019W401"));
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn rounding_is_stated_before_any_figure() {
    let page = page_of(&with_history());
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(at("verschillen ten hoogste") < at("Nederland in deze periode"));
    assert!(page.contains("ruimer dan de ±\u{a0}2 die u van CBS kent"));
}

#[test]
fn a_quiet_period_says_why_nothing_is_exceptional_and_an_unusual_one_what_is() {
    let mut made = with_history();
    assert!(page_of(&made).contains("ten minste 26 zijn nodig"));
    made.explanation.bijzonderheden = vec!["VT07: meer meldingen dan gebruikelijk & <meer>.".into()];
    assert!(page_of(&made).contains("<li>VT07: meer meldingen dan gebruikelijk &amp; &lt;meer&gt;.</li>"));
}

#[test]
fn breaks_that_concern_a_region_stand_in_its_chart() {
    let page = page_of(&made_up::made_up(&case("2020W407"), "2019W401"));
    let chart = |id: &str| {
        let from = page.find(&format!("aria-labelledby=\"verloop-{id}-t")).unwrap();
        page[from..].split("</svg>").next().unwrap()
    };
    let breaks = |id: &str| count(chart(id), "stroke=\"#9A4B00\" stroke-dasharray");
    // The new protocol of 1-1-2019, a day after the series begins, concerns all; VT06 has one of its own.
    assert_eq!(breaks("VT06-gestarte_adviezen"), 2);
    assert_eq!(breaks("VT07-gestarte_adviezen"), 1);
    assert!(breaks("nl-gestarte_adviezen-breed") >= 4);
}

#[test]
fn what_changed_is_summarised_and_listed() {
    let mut made = made_up::made_up(&case("2020W407"), "2019W401");
    assert!(page_of(&made).contains("kan één registratie zijn"));
    made.explanation.gewijzigd_ten_opzichte_van.clear();
    assert!(page_of(&made).contains("er is niets om mee te vergelijken"));
}

#[tokio::test]
async fn the_index_lists_the_newest_first_and_marks_what_is_retracted() {
    let store = store_of_three().await;
    let page = String::from_utf8(index(&Shelf::read(store.as_ref()).await.unwrap())).unwrap();
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(at("2020W407, uitgave 1") < at("2020W406, uitgave 1"));
    assert!(at("2020W406, uitgave 1") < at("2019W407, uitgave 1"));
    assert!(!page.contains("Ingetrokken") && count(&page, ">nieuwste<") == 1);
    assert!(page.contains("content=\"vt-monitor\""));

    let page = String::from_utf8(index(&retracting(&store).await)).unwrap();
    assert_eq!(count(&page, "Ingetrokken: niet gebruiken</strong> <s>"), 1);
    assert!(page.contains("De regio&#39;s zijn verwisseld.") || page.contains("De regio's zijn verwisseld."));
    let newest = &page[page.find("uitgave nieuwste").unwrap()..];
    assert!(newest.find("2020W406, uitgave 1") < newest.find("2019W407, uitgave 1"));
}

#[test]
fn an_empty_store_says_so_and_texts_of_errata_are_escaped() {
    let empty = String::from_utf8(index(&Shelf::default())).unwrap();
    assert!(empty.contains("Er is nog niets gepubliceerd."));
    let mut shelf = Shelf::default();
    let issue = Issue { periode: "2020W407".parse().unwrap(), uitgave: 1 };
    shelf.errata.insert(1, Shelved { content: some(1, issue, ErratumKind::Erratum, "<i>x</i>"), sha256: "aa".into() });
    let page = String::from_utf8(index(&shelf)).unwrap();
    assert!(page.contains("&lt;i&gt;x&lt;/i&gt;") && !page.contains("<i>x"));
}

#[tokio::test]
async fn links_of_the_index_are_relative_and_named_in_manifests() {
    let store = store_of_three().await;
    let shelf = Shelf::read(store.as_ref()).await.unwrap();
    let page = String::from_utf8(index(&shelf)).unwrap();
    let links: Vec<&str> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(links.iter().all(|link| !link.starts_with('/') && !link.contains("://")));
    for link in links.iter().filter_map(|link| Issue::of_file(link)) {
        assert!(shelf.snapshots[&link.0].content.file(link.1).is_some());
    }
    assert!(links.contains(&"snapshots/four_weeks/2020W407/1/kerncijfers.csv"));
}
