//! What the descriptions are tried on: drafts, and a store with errata in which every issue has all its files.

use std::collections::BTreeMap;

use vt_domain::snapshot::{
    ERRATUM_FORMAAT, Erratum, ErratumEntry, ErratumKind, Issue, Latest, Manifest, PreviousIssue,
};
use vt_domain::snapshot::{Form, SNAPSHOT_FORMAAT, SnapshotTable};

use crate::draft::SnapshotDraft;
use crate::historie;
use crate::indicators::Bases;
use crate::publish::fixture::store_of_three;
use crate::publish::store::{list, read, sha256};
use crate::render::explanation::{EXPLANATION_FILE, Explanation};
use crate::render::{Contents, form};
use crate::shelf::{Shelf, Shelved};

/// Hands on what a draft shows.
pub(crate) fn with_contents<T>(draft: &SnapshotDraft, use_it: impl FnOnce(&Contents<'_>) -> T) -> T {
    let bytes = |name: &str| draft.files().iter().find(|file| file.entry.naam == name).unwrap().bytes.to_vec();
    with_files(draft.issue(), bytes, use_it)
}

/// Hands on what the files of an issue show.
fn with_files<T>(issue: Issue, bytes: impl Fn(&str) -> Vec<u8>, use_it: impl FnOnce(&Contents<'_>) -> T) -> T {
    let explanation = Explanation::from_bytes(&bytes(EXPLANATION_FILE)).unwrap();
    let read = |table: SnapshotTable| {
        form::read(Form::Parquet, table, issue.periode, &bytes(&table.file(Form::Parquet))).unwrap()
    };
    let tables = SnapshotTable::ALL.map(read);
    use_it(&Contents { explanation: &explanation, tables: &tables, bases: &Bases::default() })
}

/// A store as it will be: every issue with all its files, and errata beside them.
pub(crate) struct Example {
    /// The bytes by path.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Manifests and errata.
    pub(crate) shelf: Shelf,
}

/// Three issues; the newest has an erratum, the oldest is retracted.
pub(crate) async fn example() -> Example {
    let store = store_of_three().await;
    let mut example = Example { files: BTreeMap::new(), shelf: Shelf::default() };
    for (path, _) in list(store.as_ref(), "snapshots").await.unwrap() {
        example.files.insert(path.clone(), read(store.as_ref(), &path).await.unwrap().unwrap().to_vec());
    }
    for period in ["2019W407", "2020W406", "2020W407"] {
        let bytes = read(store.as_ref(), &issue(period).manifest()).await.unwrap().unwrap();
        example.add(serde_json::from_slice(&bytes).unwrap());
    }
    example.add_errata();
    example
}

fn issue(period: &str) -> Issue {
    Issue { periode: period.parse().unwrap(), uitgave: 1 }
}

impl Example {
    fn add(&mut self, manifest: Manifest) {
        let issue = manifest.issue();
        let bytes = manifest.to_bytes();
        let sha256 = sha256(&bytes);
        self.files.insert(issue.manifest(), bytes);
        self.shelf.snapshots.insert(issue, Shelved { content: manifest, sha256 });
    }

    fn add_errata(&mut self) {
        let errata = [
            (1, ErratumKind::Erratum, "2020W407", "De naam van VT07 is < niet > juist geschreven & wordt hersteld."),
            (2, ErratumKind::Intrekking, "2019W407", "In een van de regio's is een verkeerde code gebruikt."),
        ];
        for (nummer, soort, period, tekst) in errata {
            let vorige = self
                .shelf
                .errata
                .last_key_value()
                .map(|(number, found)| PreviousIssue { pad: Erratum::path_of(*number), sha256: found.sha256.clone() });
            let mut erratum = Erratum {
                vorige,
                historie: None,
                formaat: ERRATUM_FORMAAT,
                nummer,
                soort,
                periode: period.parse().unwrap(),
                uitgave: 1,
                tekst: tekst.to_owned(),
                gepubliceerd_op: format!("2021-03-0{}T06:00:00Z", nummer + 1).parse().unwrap(),
                software: "vt-monitor 0.1.0".to_owned(),
            };
            if erratum.retracts() {
                erratum.historie = Some(historie::of_retraction(&erratum).unwrap().entry);
            }
            let bytes = erratum.to_bytes();
            let sha256 = sha256(&bytes);
            self.files.insert(erratum.path(), bytes);
            self.shelf.errata.insert(nummer, Shelved { content: erratum, sha256 });
        }
    }

    /// `latest.json` of this store.
    pub(crate) fn latest(&self) -> Latest {
        let newest = self.shelf.snapshots.iter().filter(|(issue, _)| !self.shelf.is_retracted(**issue));
        let cadansen = newest.map(|(issue, found)| {
            let entry = vt_domain::snapshot::LatestEntry {
                periode: issue.periode,
                uitgave: issue.uitgave,
                manifest: issue.manifest(),
                sha256: found.sha256.clone(),
            };
            (issue.periode.kind(), entry)
        });
        let errata = self.shelf.errata.values().map(|found| ErratumEntry {
            bestand: found.content.path(),
            sha256: found.sha256.clone(),
            erratum: found.content.clone(),
        });
        Latest { formaat: SNAPSHOT_FORMAAT, cadansen: cadansen.collect(), errata: errata.collect() }
    }

    /// A manifest with all that a manifest can have.
    pub(crate) fn fullest_manifest(&self) -> Manifest {
        let mut manifest = self.shelf.snapshots[&issue("2020W407")].content.clone();
        manifest.delen = vec![issue("2020W407")];
        manifest.vorige = Some(PreviousIssue { pad: issue("2020W406").manifest(), sha256: "ab".repeat(32) });
        manifest
    }
}
