//! Derived figures and explanations give a reader nothing beyond the published counts.
//!
//! Every rate, change and share is computed again from published counts alone, by formulas written down here a second time, and
//! inverted as an intruder would. The same figures made from registered counts are told apart at once.

mod files;
mod formula;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use vt_domain::period::Period;
use vt_domain::snapshot::Issue;
use vt_intake::source::{InboxSource, Source};
use vt_monitor::commands::Demo;
use vt_monitor::round::once;
use vt_publication::reservation::reservation;
use vt_simulator::{InboxRequest, SimulatorConfig, write_inbox};
use vt_tests::{Tree, World};
use vt_vault::ReservationKey;

use crate::whole_job::full;
use files::Snapshot;
use formula::{Expected, Row, compared, complaints, expected};

/// An issue with those that it is compared with.
struct Compared {
    now: Snapshot,
    others: BTreeMap<String, Snapshot>,
}

impl Compared {
    fn read(published: &Path, issue: Issue) -> Self {
        let now = Snapshot::read(published, issue);
        let others = now.compared().into_iter().map(|(met, issue)| (met, Snapshot::read(published, issue))).collect();
        Self { now, others }
    }

    fn rows(&self) -> impl Iterator<Item = Row> {
        // Means and bounds of a series follow from many counts: they have exact tests beside their arithmetic, and `verify` makes
        // them again.
        let series = |row: &Row| ["gemiddelde_", "gebruikelijk_"].iter().any(|start| row.indicator.starts_with(start));
        self.now.indicators.iter().map(Row::of).filter(move |row| !series(row))
    }

    fn expected(&self, row: &Row) -> Expected {
        expected(row, &self.now, compared(row).and_then(|met| self.others.get(&met)))
    }

    /// The same with registered counts in place of the published ones.
    async fn betrayed(&self, world: &World) -> Self {
        let mut others = BTreeMap::new();
        for (met, snapshot) in &self.others {
            others.insert(met.clone(), betrayed(world, snapshot).await);
        }
        Self { now: betrayed(world, &self.now).await, others }
    }
}

/// A snapshot with the counts of the private memory where it publishes one.
async fn betrayed(world: &World, snapshot: &Snapshot) -> Snapshot {
    let key = ReservationKey { period: snapshot.issue.periode, issue: snapshot.issue.uitgave };
    let reservation = reservation(&world.vault().unwrap(), key).await.unwrap().unwrap();
    let mut betrayed = snapshot.clone();
    betrayed.cells.betray(&serde_json::to_value(&reservation.geheugen).unwrap());
    betrayed
}

fn issues(published: &Path) -> BTreeSet<Issue> {
    let tree = Tree::read(&published.join("manifests")).unwrap();
    tree.paths().filter_map(|path| Issue::of_manifest(&format!("manifests/{}", path.display()))).collect()
}

fn issue(period: &str, uitgave: u32) -> Issue {
    Issue { periode: period.parse().unwrap(), uitgave }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_derived_figure_follows_from_published_counts_and_leads_back_to_them() {
    let published = full().await.path("published");
    let (mut given, mut without_base) = (BTreeMap::<String, usize>::new(), 0);
    for issue in issues(&published) {
        let compared = Compared::read(&published, issue);
        for row in compared.rows() {
            let expected = compared.expected(&row);
            assert_eq!(complaints(&row, &expected), Vec::<String>::new(), "{issue}");
            match expected {
                Ok(_) => *given.entry(row.kind()).or_default() += 1,
                Err(reason) => without_base += usize::from(reason == "geen_basis"),
            }
        }
    }
    for kind in ["per_10000_inwoners", "per_28_dagen", "aandeel", "verandering", "gelijke_regios"] {
        assert!(given.get(kind).copied() > Some(40), "{given:?}");
    }
    assert!(without_base > 1_000, "small bases must occur: {without_base}");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_from_registered_counts_would_be_told_apart_and_would_betray_them() {
    let world = full().await;
    let honest = Compared::read(&world.path("published"), issue("2020W407", 1));
    assert_eq!(honest.others.len(), 3, "a year earlier, 2019, the previous one");
    let betrayed = honest.betrayed(world).await;
    let (mut different, mut not_led_back, mut narrowed) = (BTreeSet::new(), 0, 0);
    for row in honest.rows() {
        let (Ok(from_published), Ok(from_registered)) = (honest.expected(&row), betrayed.expected(&row)) else {
            continue;
        };
        let planted = row.with(&from_registered);
        different.extend((!complaints(&planted, &Ok(from_published.clone())).is_empty()).then(|| row.kind()));
        let led_to = from_published.counts(from_registered.scaled());
        not_led_back += usize::from(!led_to.contains(&from_published.count.value));
        if row.kind() == "per_10000_inwoners" {
            // What the rounding leaves of the registered count, and the rate with it.
            let left = from_published.count.possible().filter(|count| led_to.contains(count)).collect::<Vec<_>>();
            assert!(left.contains(&from_registered.count.value), "{row:?}");
            narrowed += usize::from(left.len() < 5);
        }
    }
    assert_eq!(different.len(), 5, "each kind of figure betrays something: {different:?}");
    assert!(not_led_back > 50, "{not_led_back}");
    assert!(narrowed > 10, "rates of registered counts leave fewer than five values: {narrowed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn revised_figures_need_a_base_of_two_hundred() {
    let world = World::play_with_revisions("2019-05", "2019-08", 1).await.unwrap();
    let published = world.path("published");
    let (mut refused, mut revised) = (0, 0);
    for issue in issues(&published) {
        let compared = Compared::read(&published, issue);
        for row in compared.rows() {
            let expected = compared.expected(&row);
            assert_eq!(complaints(&row, &expected), Vec::<String>::new(), "{issue}");
            if issue.uitgave > 1 {
                revised += usize::from(expected.is_ok());
                let mut as_if_first = compared.now.clone();
                as_if_first.revised = false;
                let others = compared.others.values().all(|other| !other.revised);
                let first = formula::expected(
                    &row,
                    &as_if_first,
                    formula::compared(&row).and_then(|met| compared.others.get(&met)),
                );
                refused += usize::from(others && first.is_ok() && expected == Err("geen_basis".to_owned()));
            }
        }
    }
    assert!(revised > 100 && refused > 0, "{revised} figures of revised issues, {refused} refused for the larger base");
}

/// Publishes three months in which VT07's registrations are drawn with a seed of their own; all else is the same.
async fn with_vt07(seed: u64) -> (tempfile::TempDir, Tree) {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo {
        from: "2019-01".parse().unwrap(),
        to: "2019-03".parse().unwrap(),
        seed: 2020,
        faults: false,
        revisions: 0,
    };
    let inbox = folder.path().join("inbox");
    let request = InboxRequest {
        regions: vec!["VT07".into()],
        months: demo.from.through(demo.to).collect(),
        as_of: demo.instant(),
    };
    std::fs::create_dir(&inbox).unwrap();
    write_inbox(&inbox, &SimulatorConfig { seed, ..SimulatorConfig::default() }, &request).unwrap();
    let out = folder.path().join("demo");
    let mut stage = vt_tests::open(&demo, &out, Default::default()).await.unwrap();
    let vt07 = stage.app.sources.iter_mut().find(|source| source.vt == "VT07").unwrap();
    vt07.source = Source::Inbox(InboxSource { url: inbox.to_string_lossy().into_owned(), s3: None });
    once(&stage.app, "one input of two").await.unwrap();
    stage.simulator.stop().await;
    vt_tests::mirror(&out).await.unwrap();
    let tree = Tree::read(&out.join("published")).unwrap();
    (folder, tree)
}

/// What stands in a manifest but for digests and sizes of the files named, and the keyed digests of deliveries.
fn manifest(bytes: &[u8], but_for: &[&str]) -> Value {
    let mut manifest: Value = serde_json::from_slice(bytes).unwrap();
    let files = manifest["bestanden"].as_array_mut().unwrap();
    files.retain(|file| !but_for.iter().any(|name| file["naam"].as_str().unwrap().starts_with(name)));
    for file in manifest["historie"].as_array_mut().unwrap() {
        assert!(file["bytes"].take().is_u64() && file["sha256"].take().is_string());
    }
    for input in manifest["invoer"].as_array_mut().unwrap() {
        assert!(input["kenmerk"].is_string());
        input["kenmerk"].take();
    }
    manifest
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_explanation_and_manifest_do_not_depend_on_what_was_registered() {
    let ((_one, one), (_other, other)) = (with_vt07(2020).await, with_vt07(7).await);
    let counts = ["kerncijfers.", "verdelingen.", "indicatoren."];
    // What shows counts, or the digests of files that do.
    let shows = ["wijzigingen.", "rapport.html", "tabellen.xlsx", "datapackage.json"];
    let (mut coverage, mut periods) = (0, BTreeSet::<Period>::new());
    assert!(one.paths().eq(other.paths()));
    for ((path, left), (_, right)) in one.files().zip(other.files()) {
        let text = path.to_string_lossy();
        if let Some((issue, name)) = Issue::of_file(&text) {
            periods.insert(issue.periode);
            if counts.iter().any(|prefix| name.starts_with(prefix)) {
                assert_ne!(left, right, "{text}: the inputs differ too little");
            } else if shows.iter().any(|prefix| name.starts_with(prefix)) {
                continue;
            } else if name == "toelichting.json" {
                let [left, right] = [left, right].map(without_digests);
                assert_eq!(left, right, "{text}");
            } else {
                assert!(left == right, "{text} depends on the records");
                coverage += usize::from(name.starts_with("dekking."));
            }
        } else if Issue::of_manifest(&text).is_some() {
            let but_for = [&counts[..], &shows, &["toelichting.json"]].concat();
            assert_eq!(manifest(left, &but_for), manifest(right, &but_for), "{text}");
        }
    }
    assert_eq!((periods.len(), coverage), (2, 2 * 3), "three forms a period");
}

/// `toelichting.json` but for the digests of the published kerncijfers that changes compare with.
fn without_digests(bytes: &[u8]) -> Value {
    let mut explanation: Value = serde_json::from_slice(bytes).unwrap();
    for list in ["vergelijking", "reeks"] {
        for compared in explanation[list].as_array_mut().unwrap() {
            assert!(compared["sha256"].take().is_string());
        }
    }
    for changed in explanation["gewijzigd_ten_opzichte_van"].as_array_mut().unwrap() {
        for file in changed["bestanden"].as_array_mut().unwrap() {
            assert!(file["sha256"].take().is_string());
        }
    }
    explanation
}
