//! The published store as a product of its own, held against tools that we did not write, and rendered again from what was recorded.

use std::path::{Path, PathBuf};
use std::process::Command;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use vt_domain::codes::CodeLists;
use vt_domain::register::Register;
use vt_domain::snapshot::{Erratum, ErratumKind, Issue};
use vt_monitor::app::App;
use vt_publication::changes::diff;
use vt_publication::errata::{self, NewErratum};
use vt_publication::keys::MasterKey;
use vt_publication::publish::rebuild_pages;
use vt_publication::reproduce::reproduce;
use vt_publication::shelf::Shelf;
use vt_publication::sign::{PublicKey, Signer};
use vt_publication::verify::{Scope, VerifyReport, verify_scope};
use vt_tests::{Tree, World};

use crate::readers::{python, run};
use crate::whole_job::full;

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("readers").join(name)
}

fn public_key(world: &World) -> PublicKey {
    PublicKey::parse(&std::fs::read_to_string(world.path("minisign.pub")).unwrap()).unwrap()
}

/// Says something of the first snapshot of a demo, and retracts the last.
async fn say_and_retract(world: &World) -> Vec<Erratum> {
    let published = LocalFileSystem::new_with_prefix(world.path("published")).unwrap();
    let vault = world.vault().unwrap();
    let signer = Signer::from_seed(&MasterKey::demo(world.demo.seed).signing_seed(), []);
    let issues: Vec<Issue> = Shelf::read(&published).await.unwrap().snapshots.into_keys().collect();
    let said = [
        (ErratumKind::Erratum, issues[0], "De naam van een regio is niet juist & recht geschreven."),
        (
            ErratumKind::Intrekking,
            issues[issues.len() - 1],
            "In VT07 is een verkeerde code gebruikt; gebruik de vorige uitgave.",
        ),
    ];
    let mut errata = Vec::new();
    for (kind, issue, text) in said {
        let at = "2021-04-01T06:00:00Z".parse().unwrap();
        let new = NewErratum { kind, issue, text: text.to_owned(), at, software: App::software() };
        errata.push(errata::add(&vault, &published, &signer, &new).await.unwrap());
    }
    rebuild_pages(&published).await.unwrap();
    errata
}

#[tokio::test(flavor = "multi_thread")]
async fn frictionless_json_schema_shacl_openpyxl_and_feedparser_accept_a_store_with_errata() {
    let world = World::play("2019-01", "2019-03", "").await.unwrap();
    let errata = say_and_retract(&world).await;
    let root = world.path("published");
    run(Command::new(python()).arg(script("describe.py")).arg("."), &root);
    let published = LocalFileSystem::new_with_prefix(&root).unwrap();
    let shelf = Shelf::read(&published).await.unwrap();
    let (from, to) = (*shelf.snapshots.keys().next().unwrap(), *shelf.snapshots.keys().next_back().unwrap());
    assert_ne!(from, to);
    let difference = diff(&published, &shelf, from, to).await.unwrap();
    std::fs::write(world.path("verschil.html"), difference.page()).unwrap();
    run(Command::new(python()).arg(script("pages.py")).args(["index.html", "../verschil.html"]), &root);
    for erratum in errata {
        let record = erratum.path();
        let said = run(Command::new("minisign").args(["-Vm", &record, "-p", "../minisign.pub"]), &root);
        assert!(said.contains(&format!("vt-monitor {record}")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn minisign_verifies_every_manifest_with_the_key_beside_the_store() {
    let world = full().await;
    let manifests = Tree::read(&world.path("published/manifests")).unwrap();
    let manifests: Vec<PathBuf> = manifests
        .paths()
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(Path::to_owned)
        .collect();
    assert_eq!(manifests.len(), 27);
    for manifest in manifests {
        let said = run(
            Command::new("minisign").arg("-Vm").arg(&manifest).arg("-p").arg(world.path("minisign.pub")),
            &world.path("published/manifests"),
        );
        assert!(said.contains(&format!("vt-monitor manifests/{}", manifest.display())), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn report_and_index_are_accessible_and_load_nothing() {
    let world = full().await;
    let pages =
        ["snapshots/four_weeks/2020W407/1/rapport.html", "snapshots/iso_year/2020ISO/1/rapport.html", "index.html"];
    run(Command::new(python()).arg(script("pages.py")).args(pages), &world.path("published"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_issue_of_a_demo_with_revisions_is_reproduced_to_the_byte() {
    let world = World::play_with_revisions("2019-01", "2019-03", 2).await.unwrap();
    let published = LocalFileSystem::new_with_prefix(world.path("published")).unwrap();
    let vault = world.vault().unwrap();
    let shelf = Shelf::read(&published).await.unwrap();
    assert!(shelf.snapshots.keys().any(|issue| issue.uitgave > 1), "there are revisions");
    for issue in shelf.snapshots.keys() {
        let (register, codes) = (Register::builtin(), CodeLists::builtin());
        let made = reproduce(&vault, &published, *issue, register, codes, &App::software()).await.unwrap();
        assert!(made.differing.is_empty() && made.files > 20, "{issue}: {:?}", made.differing);
        let other = reproduce(&vault, &published, *issue, register, codes, "vt-monitor 9.9.9").await.unwrap();
        assert_eq!(other.other_software, Some(App::software()));
    }
    let scope = Scope { keys: vec![public_key(&world)], software: App::software(), ..Scope::default() };
    let report = verify_scope(&published, &scope).await.unwrap();
    assert!(report.passed(), "{:?}", report.findings);
}

/// A copy of a store in memory.
async fn copy(files: &Tree, root: &Path) -> InMemory {
    use object_store::ObjectStoreExt;
    let store = InMemory::new();
    for path in files.paths() {
        let bytes = std::fs::read(root.join(path)).unwrap();
        store.put(&path.to_string_lossy().as_ref().into(), bytes.into()).await.unwrap();
    }
    store
}

async fn verified(store: &dyn ObjectStore, key: PublicKey) -> VerifyReport {
    let scope = Scope { keys: vec![key], software: App::software(), ..Scope::default() };
    verify_scope(store, &scope).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_bit_in_any_file_is_found_and_the_file_named() {
    use object_store::ObjectStoreExt;
    let world = World::play("2019-01", "2019-02", "").await.unwrap();
    say_and_retract(&world).await;
    let root = world.path("published");
    let files = Tree::read(&root).unwrap();
    let (store, key) = (copy(&files, &root).await, public_key(&world));
    assert!(verified(&store, key).await.passed());
    let mut tried = 0;
    for path in files.paths() {
        let name = path.to_string_lossy().into_owned();
        let whole = std::fs::read(root.join(path)).unwrap();
        let mut changed = whole.clone();
        // Another place in each file.
        let place = (tried * 7919 + 13) % changed.len();
        changed[place] ^= 1 << (tried % 8);
        store.put(&name.as_str().into(), changed.into()).await.unwrap();
        let findings = verified(&store, key).await.findings;
        let named = findings.iter().any(|finding| finding.file == name);
        assert!(named, "{name}, byte {place}: {findings:?}");
        store.put(&name.as_str().into(), whole.into()).await.unwrap();
        tried += 1;
    }
    assert!(tried > 30 && files.paths().any(|path| path.starts_with("errata")), "{tried} files");
}
