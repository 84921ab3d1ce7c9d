use object_store::memory::InMemory;
use vt_domain::codes::CodeLists;
use vt_domain::measure::Maat;
use vt_domain::register::Register;
use vt_domain::snapshot::{SnapshotTable, Status};

use super::*;
use crate::audit::{Depth, FamilyReport, attack, read};
use crate::draft::SnapshotDraft;
use crate::history::History;
use crate::indicators::Bases;
use crate::indicators::{BaseCache, load_bases};
use crate::publish::fixture::signer;
use crate::publish::fixture::{Case, case, next, publish_next, reserve_next};
use crate::publish::publish;
use crate::render::render;
use crate::testdata::memory_vault;
use crate::verify::{Rule, verify};

/// Its draft, compared with nothing.
fn rendered(reservation: &Reservation) -> SnapshotDraft {
    let alone = Reservation { vergelijking: Vec::new(), ..reservation.clone() };
    let draft = render(&alone, Register::builtin(), CodeLists::builtin(), &Bases::default()).unwrap();
    draft.prove().unwrap();
    draft
}

fn column(draft: &SnapshotDraft, table: SnapshotTable, name: &str) -> BTreeMap<String, String> {
    let rows = draft.table(table);
    (0..rows.rows.len()).map(|row| (rows.row_name(row), rows.value(row, name).unwrap().to_string())).collect()
}

fn totals(draft: &SnapshotDraft) -> BTreeMap<String, i64> {
    column(draft, SnapshotTable::Kerncijfers, "waarde")
        .into_iter()
        .map(|(row, value)| (row, value.parse().unwrap()))
        .collect()
}

fn margins(draft: &SnapshotDraft, table: SnapshotTable) -> BTreeSet<String> {
    column(draft, table, "marge").into_values().collect()
}

fn row(period: &str, gedekt: u32, ontbreekt: &[&str], onvolledig: &[&str]) -> (Period, Vec<RegionCoverage>) {
    let period: Period = period.parse().unwrap();
    let months = |codes: &[&str]| -> Vec<Month> { codes.iter().map(|code| code.parse().unwrap()).collect() };
    let row = RegionCoverage {
        vt: "VT07".into(),
        dagen: period.days(),
        dagen_gedekt: gedekt,
        ontbreekt: months(ontbreekt),
        onvolledig: months(onvolledig),
        tussentijds: months(onvolledig),
    };
    (period, vec![row])
}

fn merge(parts: &[(Period, Vec<RegionCoverage>)]) -> RegionCoverage {
    let parts: Vec<(Period, &[RegionCoverage])> =
        parts.iter().map(|(period, rows)| (*period, rows.as_slice())).collect();
    coverage_of(&parts).remove(0)
}

#[test]
fn coverage_of_parts_adds_up() {
    // June was not there when the first period came out, and is in the second.
    let merged = merge(&[row("2020W406", 0, &["2020-05", "2020-06"], &[]), row("2020W407", 21, &[], &["2020-07"])]);
    assert_eq!((merged.dagen, merged.dagen_gedekt, merged.is_complete()), (56, 21, false));
    let months = |months: &[Month]| months.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(months(&merged.ontbreekt), ["2020-05"]);
    assert_eq!(months(&merged.onvolledig), ["2020-06", "2020-07"]);
    assert_eq!(months(&merged.tussentijds), ["2020-07"]);
    assert!(merge(&[row("2020W406", 28, &[], &[]), row("2020W407", 28, &[], &[])]).is_complete());
}

/// Weeks 25 and 26, two weeks 27–28 and the four weeks that they make up.
async fn changed_cadence(store: &InMemory, history: &mut History) {
    let vault = memory_vault();
    for period in ["2020W125", "2020W126", "2020W214", "2020W407"] {
        publish_next(&vault, store, history, &case(period)).await;
    }
}

#[tokio::test]
async fn a_cadence_that_changes_in_the_middle_of_a_longer_period_gives_their_sum() {
    let (store, mut history) = (InMemory::new(), History::default());
    changed_cadence(&store, &mut history).await;
    let newest = |code: &str| history.newest(code.parse().unwrap()).unwrap();
    let four = newest("2020W407");
    let parts = ["2020W125", "2020W126", "2020W214"].map(newest);
    let draft = rendered(four);
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    for part in parts {
        totals(&rendered(part)).into_iter().for_each(|(row, value)| *expected.entry(row).or_default() += value);
    }
    assert_eq!(totals(&draft), expected);
    assert_eq!(margins(&draft, SnapshotTable::Kerncijfers), BTreeSet::from(["9".to_owned()]));
    let regions: BTreeSet<String> = column(&draft, SnapshotTable::Verdelingen, "regio_code").into_values().collect();
    assert_eq!(regions, BTreeSet::from(["NL01".to_owned()]), "as its parts give it");
    let named: Vec<String> = draft.manifest().delen.iter().map(ToString::to_string).collect();
    assert_eq!(named, ["2020W125 issue 1", "2020W126 issue 1", "2020W214 issue 1"]);
    assert!(!draft.manifest().is_revised());
    // Deliveries of both months that its days lie in, each once.
    let months: Vec<String> = draft.manifest().invoer.iter().map(|input| input.maand.to_string()).collect();
    assert_eq!(months, ["2020-06"]);
    crate::publish::rebuild_pages(&store).await.unwrap();
    let report = verify(&store, None).await.unwrap();
    assert!(report.passed(), "{:?}", report.findings);
    assert_eq!(report.snapshots.len(), 4);
}

#[tokio::test]
async fn a_sum_follows_its_parts_and_counts_as_revised_when_one_was() {
    let (vault, store, mut history) = (memory_vault(), InMemory::new(), History::default());
    for week in ["2020W125", "2020W126"] {
        publish_next(&vault, &store, &mut history, &case(week)).await;
    }
    publish_next(&vault, &store, &mut history, &case("2020W213")).await;
    publish_next(&vault, &store, &mut history, &Case { more: 3, ..case("2020W126") }).await;
    let second = publish_next(&vault, &store, &mut history, &case("2020W213")).await;
    assert_eq!(second.issue.uitgave, 2);
    let sum = history.newest("2020W213".parse().unwrap()).unwrap();
    assert!(sum.is_revised());
    assert_eq!(sum.geheugen.parts().iter().map(|part| part.issue).collect::<Vec<_>>(), [1, 2]);
    // What the correction did not touch is what it was.
    let first = history.first("2020W213".parse().unwrap()).unwrap();
    let (now, before) = (totals(&rendered(sum)), totals(&rendered(first)));
    let moved: Vec<&String> = now.iter().filter(|(row, value)| before[*row] != **value).map(|(row, _)| row).collect();
    let touched = ["NL01", "VT07", "VR14"];
    assert!(moved.iter().all(|row| touched.iter().any(|area| row.contains(area))), "{moved:?}");
    crate::publish::rebuild_pages(&store).await.unwrap();
    let report = verify(&store, None).await.unwrap();
    assert!(report.passed(), "{:?}", report.findings);
}

#[tokio::test]
async fn a_revision_keeps_what_did_not_change_from_reservation_to_file() {
    let (vault, mut history) = (memory_vault(), History::default());
    let first = reserve_next(&vault, &mut history, &case("2020W127")).await;
    let second = reserve_next(&vault, &mut history, &Case { more: 4, ..case("2020W127") }).await;
    for table in [SnapshotTable::Kerncijfers, SnapshotTable::Verdelingen] {
        let [before, now] = [&first, &second].map(|reserved| column(&rendered(reserved), table, "waarde"));
        let moved: Vec<&String> =
            now.iter().filter(|(row, value)| before[*row] != **value).map(|(row, _)| row).collect();
        let touched = ["NL01", "VT07", "VR14"];
        assert!(moved.iter().all(|row| touched.iter().any(|area| row.contains(area))), "{moved:?}");
        assert!(!moved.is_empty(), "four records more show somewhere");
    }
}

/// An ISO year as the sum of its four-week periods, one of them revised.
async fn year(iso_year: i32, revised: Option<&'static str>) -> Reservation {
    let (vault, mut history) = (memory_vault(), History::default());
    let whole: Period = format!("{iso_year}ISO").parse().unwrap();
    let names: Vec<&'static str> =
        whole.parts(vt_domain::PeriodKind::FourWeeks).iter().map(|part| &*part.to_string().leak()).collect();
    for name in names {
        reserve_next(&vault, &mut history, &Case { size_percent: 30, ..case(name) }).await;
    }
    if let Some(name) = revised {
        let corrected = Case { size_percent: 30, more: 2, ..case(name) };
        let mut made = next(&history, &corrected).unwrap();
        made.peildatum = "2026-02-01".parse().unwrap();
        let standing = crate::reservation::reserve(&vault, made, Register::builtin()).await.unwrap();
        history.remember(standing.into_reservation());
    }
    next(&history, &case(whole.to_string().leak())).unwrap()
}

#[tokio::test]
async fn the_iso_year_2020_is_the_sum_of_thirteen_within_14_or_19() {
    let first = year(2020, None).await;
    let draft = rendered(&first);
    assert_eq!(draft.manifest().delen.len(), 13);
    assert_eq!(margins(&draft, SnapshotTable::Kerncijfers), BTreeSet::from(["14".to_owned()]));
    assert_eq!(draft.manifest().beleid.grens, 14);
    let regions: BTreeSet<String> = column(&draft, SnapshotTable::Verdelingen, "regio_code").into_values().collect();
    assert_eq!(regions.len(), 53, "breakdowns of four weeks are by region");
    let days = column(&draft, SnapshotTable::Dekking, "dagen");
    assert_eq!((days["NL/NL01"].as_str(), days["VT/VT07"].as_str()), ("371", "371"));
    assert_eq!(draft.manifest().status, Status::Definitief);
    let rates = column(&draft, SnapshotTable::Indicatoren, "waarde");
    let total = totals(&draft)["NL/NL01/gestarte_adviezen"] as f64;
    let rate: f64 = rates["NL/NL01/per_10000_inwoners/gestarte_adviezen"].parse().unwrap();
    assert!((rate - total * 28.0 / 371.0 / 1742.7806).abs() < 0.06, "{rate}: per 28 days of 371");
    assert!(first.geheugen.parts().iter().all(|part| part.issue == 1));
}

#[tokio::test]
async fn the_iso_year_2022_has_the_regions_of_before_and_after_its_last_day() {
    let sum = year(2022, Some("2022W405")).await;
    assert!(sum.is_revised());
    let draft = rendered(&sum);
    assert_eq!(margins(&draft, SnapshotTable::Kerncijfers), BTreeSet::from(["19".to_owned()]));
    let days = column(&draft, SnapshotTable::Dekking, "dagen");
    let of = |vt: &str| days[&format!("VT/{vt}")].parse::<u32>().unwrap();
    assert_eq!((of("VT16"), of("VT26"), of("VT27"), of("VT07")), (363, 363, 1, 364));
    let totals = totals(&draft);
    let of_regions = totals.iter().filter(|(row, _)| row.starts_with("VT/") && row.ends_with("/ontvangen_meldingen"));
    let added: i64 = of_regions.map(|(_, value)| value).sum();
    assert_eq!(added, totals["NL/NL01/ontvangen_meldingen"]);
    assert_eq!(sum.peildatum, "2026-02-01".parse::<NaiveDate>().unwrap(), "the latest of its parts");
}

#[tokio::test]
async fn verify_names_a_sum_that_its_parts_do_not_make() {
    let (store, mut history) = (InMemory::new(), History::default());
    changed_cadence(&store, &mut history).await;
    let issue = vt_domain::snapshot::Issue { periode: "2020W407".parse().unwrap(), uitgave: 1 };
    let bytes = crate::publish::store::read(&store, &issue.manifest()).await.unwrap().unwrap();
    let mut manifest: vt_domain::snapshot::Manifest = serde_json::from_slice(&bytes).unwrap();
    manifest.delen.remove(1);
    crate::publish::fixture::write(&store, &issue.manifest(), manifest.to_bytes().into()).await;
    let report = verify(&store, Some(issue.periode)).await.unwrap();
    let found = report.findings.iter().filter(|finding| finding.rule == Rule::Parts).count();
    assert_eq!(found, 1, "{:?}", report.findings);
    manifest.delen.clear();
    crate::publish::fixture::write(&store, &issue.manifest(), manifest.to_bytes().into()).await;
    let report = verify(&store, Some(issue.periode)).await.unwrap();
    let found: Vec<String> =
        report.findings.iter().filter(|finding| finding.rule == Rule::Parts).map(ToString::to_string).collect();
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("days of it are also published as 2020W125"), "{found:?}");
}

fn attacked(published: &crate::audit::Published, only: Option<&str>) -> FamilyReport {
    let scope = only.map(|only| crate::audit::Scope::within(published, only.parse().unwrap()));
    attack(published, Depth::Proof, scope.as_ref(), &mut |_| {}, &|| false).unwrap()
}

/// Of which veiligheidsregio's a measure is empty.
fn empty(draft: &SnapshotDraft, maat: Maat) -> BTreeSet<String> {
    let reasons = column(draft, SnapshotTable::Kerncijfers, "reden_leeg").into_iter();
    let of_maat = reasons.filter(|(row, reason)| reason == "regio_onbekend" && row.ends_with(maat.code()));
    of_maat.map(|(row, _)| row.split('/').nth(1).unwrap().to_owned()).collect()
}

/// In two of the thirteen periods too much is unknown, and in the year as a whole it isn't.
#[tokio::test]
async fn a_year_leaves_empty_what_its_parts_leave_empty() {
    let (vault, store, mut history) = (memory_vault(), InMemory::new(), History::default());
    let whole: Period = "2020ISO".parse().unwrap();
    let mut of_parts = BTreeSet::new();
    for (index, part) in whole.parts(vt_domain::PeriodKind::FourWeeks).into_iter().enumerate() {
        let unknown_percent = if [3, 8].contains(&index) { 15 } else { 1 };
        let part = Case { size_percent: 30, unknown_percent, ..case(part.to_string().leak()) };
        publish_next(&vault, &store, &mut history, &part).await;
        let draft = rendered(history.newest(part.period.parse().unwrap()).unwrap());
        of_parts.extend(Maat::ALL.map(|maat| (maat, empty(&draft, maat))));
    }
    let without = store.fork();
    publish_next(&vault, &store, &mut history, &case("2020ISO")).await;
    let sum = history.newest(whole).unwrap();
    let draft = rendered(sum);
    for maat in Maat::ALL {
        let of_parts = of_parts.iter().filter(|(other, _)| *other == maat).flat_map(|(_, empty)| empty.clone());
        assert_eq!(empty(&draft, maat), of_parts.collect());
    }
    assert!(empty(&draft, Maat::OntvangenMeldingen).contains("VR20"));
    let shares = column(&draft, SnapshotTable::Verdelingen, "reden_leeg").into_iter();
    let mut shares = shares.filter(|(row, _)| row.starts_with("VR/VR20/ontvangen_meldingen/"));
    assert!(shares.all(|(_, reason)| reason == "regio_onbekend"));
    crate::publish::rebuild_pages(&store).await.unwrap();
    let report = verify(&store, None).await.unwrap();
    assert!(report.passed(), "{:?}", report.findings);
    let safe = attacked(&read(&store).await.unwrap(), None);
    assert!(safe.passed() && safe.longer.len() == 1, "{:?}", safe.longer);

    let given = Reservation { leeg: Vec::new(), ..sum.clone() };
    let bases = load_bases(&without, &given, &BaseCache::default()).await.unwrap();
    let draft = render(&given, Register::builtin(), CodeLists::builtin(), &bases).unwrap();
    assert!(!empty(&draft, Maat::OntvangenMeldingen).contains("VR20"), "by its own values it would be given");
    publish(&without, &draft, &signer(), &()).await.unwrap();
    let year = attacked(&read(&without).await.unwrap(), Some("2020ISO"));
    assert!(year.longer[0].findings.iter().any(|rule| rule.ends_with("VR20: given, though a part does not give it")));
    crate::publish::rebuild_pages(&without).await.unwrap();
    let report = verify(&without, Some(whole)).await.unwrap();
    let found = report.findings.iter().filter(|finding| finding.rule == Rule::Parts).map(ToString::to_string);
    let found: Vec<String> = found.filter(|text| text.contains("VR/VR20/ontvangen_meldingen")).collect();
    assert!(found.len() == 1 && found[0].contains("its part 2020W409 issue 1 leaves it empty"), "{found:?}");
}

#[tokio::test]
async fn a_sum_of_sums_leaves_empty_what_the_shortest_leave_empty() {
    let (vault, mut history) = (memory_vault(), History::default());
    for period in ["2020W125", "2020W126", "2020W213", "2020W214"] {
        let unknown_percent = if period == "2020W126" { 9 } else { 1 };
        reserve_next(&vault, &mut history, &Case { size_percent: 800, unknown_percent, ..case(period) }).await;
    }
    let four = reserve_next(&vault, &mut history, &case("2020W407")).await;
    let [two, beside] = ["2020W213", "2020W214"].map(|code| history.newest(code.parse().unwrap()).unwrap());
    assert!(!four.leeg.is_empty() && beside.leeg.is_empty());
    let own = Reservation { leeg: Vec::new(), ..four.clone() };
    let maat = Maat::OntvangenMeldingen;
    let (given, left) = (empty(&rendered(&own), maat), empty(&rendered(&four), maat));
    assert!(given.is_subset(&left) && given != left, "{given:?} {left:?}");
    let of_sum = Sources::of_parts(four.periode, &[two, beside]).unwrap();
    assert!(four.leeg.iter().all(|empty| of_sum.leeg.contains(empty)));
    let of_rest = Sources::of_parts(four.periode, &[&Reservation { leeg: Vec::new(), ..two.clone() }, beside]).unwrap();
    assert!(of_rest.leeg.len() < of_sum.leeg.len(), "what the sum would give by its own values");
}
