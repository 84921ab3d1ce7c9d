//! What is in the store: manifests, the chain between them, and what nobody names.

use std::collections::{BTreeMap, BTreeSet};

use object_store::ObjectStore;
use vt_domain::Period;
use vt_domain::snapshot::{Erratum, HistoryTable, Issue, LATEST_PATH, Manifest, SNAPSHOT_FORMAAT};

use super::collect::Collector;
use super::report::Rule;
use crate::publish::MARK_PATH;
use crate::publish::pages::PAGES;
use crate::publish::store::{self, StoreError};
use crate::shelf::errata;

/// The store's content.
pub(super) struct Listing {
    /// Every object with its size.
    pub(super) sizes: BTreeMap<String, u64>,
    /// The manifests to verify, by period and issue.
    pub(super) manifests: BTreeMap<Issue, Manifest>,
    /// All issues that have a manifest, to be verified or not.
    issues: BTreeSet<Issue>,
    /// Digests of the manifests to verify, and of those before them.
    digests: BTreeMap<Issue, String>,
    periods: Option<BTreeSet<Period>>,
    /// Files of the history that a manifest or an erratum promises.
    promised: BTreeSet<String>,
}

impl Listing {
    pub(super) async fn read(
        store: &dyn ObjectStore,
        periods: Option<BTreeSet<Period>>,
        found: &mut Collector,
    ) -> Result<Self, StoreError> {
        let sizes: BTreeMap<String, u64> = store::list(store, "").await?.into_iter().collect();
        let issues: BTreeSet<Issue> = sizes.keys().filter_map(|path| Issue::of_manifest(path)).collect();
        let mut listing = Self {
            sizes,
            manifests: BTreeMap::new(),
            issues,
            digests: BTreeMap::new(),
            periods,
            promised: BTreeSet::new(),
        };
        for &issue in &listing.issues {
            if !listing.is_scoped(issue.periode) {
                continue;
            }
            let path = issue.manifest();
            let Some(bytes) = store::read(store, &path).await? else { continue };
            listing.digests.insert(issue, store::sha256(&bytes));
            match serde_json::from_slice::<Manifest>(&bytes) {
                Err(error) => found.add(&path, None, Rule::Manifest, format!("it cannot be read: {error}")),
                Ok(manifest) => {
                    check_manifest(issue, &manifest, found);
                    listing.promised.extend(manifest.historie.iter().map(|entry| entry.naam.clone()));
                    listing.manifests.insert(issue, manifest);
                }
            }
        }
        let errata = errata(store).await?;
        listing.promised.extend(errata.into_values().filter_map(|found| Some(found.content.historie?.naam)));
        Ok(listing)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.issues.is_empty()
    }

    /// The issues to verify, also those whose manifest cannot be read.
    pub(super) fn scoped(&self) -> impl Iterator<Item = Issue> {
        self.issues.iter().copied().filter(|issue| self.is_scoped(issue.periode))
    }

    /// Whether a period is to be verified.
    pub(super) fn is_scoped(&self, period: Period) -> bool {
        self.periods.as_ref().is_none_or(|periods| periods.contains(&period))
    }

    /// Whether an issue is published.
    pub(super) fn has(&self, issue: Issue) -> bool {
        self.issues.contains(&issue)
    }

    /// A published issue of a shorter period within this one.
    pub(super) fn shorter(&self, period: Period) -> Option<Issue> {
        let within = |issue: &&Issue| issue.periode != period && period.contains_period(issue.periode);
        self.issues.iter().find(within).copied()
    }

    /// A manifest names the highest issue of its period below it, with its digest; the first names none.
    pub(super) fn check_chain(&self, issue: Issue, manifest: &Manifest, found: &mut Collector) {
        let before = self.issues.iter().filter(|other| other.periode == issue.periode && other.uitgave < issue.uitgave);
        let detail = match (before.max(), &manifest.vorige) {
            (None, None) => return,
            (None, Some(previous)) => format!("it names {} as the issue before it, which is not there", previous.pad),
            (Some(before), None) => format!("it does not name the issue before it, {}", before.manifest()),
            (Some(before), Some(previous)) if previous.pad != before.manifest() => {
                format!("it names {} as the issue before it, and that is {}", previous.pad, before.manifest())
            }
            (Some(before), Some(previous)) if self.digests.get(before) != Some(&previous.sha256) => {
                format!("the digest of {} is not the one it states", previous.pad)
            }
            _ => return,
        };
        found.add(&issue.manifest(), None, Rule::ManifestChain, detail);
    }

    /// Names what stands in the store and belongs to nothing.
    pub(super) fn check_stray(&self, found: &mut Collector) {
        let inside = |path: &str| {
            let Some(periods) = &self.periods else { return true };
            periods.iter().any(|period| path.contains(&format!("/{}/{period}/", period.kind())))
        };
        for path in self.sizes.keys().filter(|path| inside(path)) {
            if let Some(detail) = self.stray(path) {
                found.add(path, None, Rule::FileStray, detail);
            }
        }
    }

    fn stray(&self, path: &str) -> Option<&'static str> {
        if path == LATEST_PATH
            || path == MARK_PATH
            || PAGES.iter().any(|page| page.path == path)
            || self.promised.contains(path)
        {
            return None;
        }
        if let Some(record) = path.strip_suffix(".minisig").filter(|record| Erratum::number_of(record).is_some()) {
            let there = self.sizes.contains_key(record);
            return (!there).then_some("the erratum that it signs is not there");
        }
        if Erratum::number_of(path).is_some() {
            return None;
        }
        if let Some((issue, name)) = Issue::of_file(path) {
            return match self.manifests.get(&issue) {
                Some(manifest) if manifest.file(name).is_some() => None,
                Some(_) => Some("its manifest does not name it"),
                None if self.has(issue) => None,
                None => Some("it has no manifest: a draft that was never finished, or is being written now"),
            };
        }
        let signed = path.strip_suffix(".minisig").unwrap_or(path);
        match Issue::of_manifest(signed) {
            Some(issue) if signed == path || self.has(issue) => None,
            Some(_) => Some("the manifest that it signs is not there"),
            None if path.starts_with(HistoryTable::FOLDER) => Some("no manifest and no retraction names it"),
            None => Some("nothing of this name belongs in a published store"),
        }
    }
}

fn check_manifest(issue: Issue, manifest: &Manifest, found: &mut Collector) {
    let path = issue.manifest();
    let period = issue.periode;
    let rules = [
        (manifest.formaat == SNAPSHOT_FORMAAT, "formaat", SNAPSHOT_FORMAAT.to_string()),
        (manifest.periode == period, "periode", period.to_string()),
        (manifest.uitgave == issue.uitgave, "uitgave", issue.uitgave.to_string()),
        (manifest.cadans == period.kind(), "cadans", period.kind().to_string()),
        (manifest.begin == period.begin(), "begin", period.begin().to_string()),
        (manifest.eind == period.last_day(), "eind", period.last_day().to_string()),
    ];
    for (_, field, expected) in rules.into_iter().filter(|(holds, ..)| !holds) {
        found.add(&path, field.to_owned(), Rule::Manifest, format!("it must be {expected}"));
    }
    let mut names = BTreeSet::new();
    for file in manifest.bestanden.iter().filter(|file| !names.insert(&file.naam)) {
        found.add(&path, file.naam.clone(), Rule::Manifest, "it is named twice");
    }
}
