//! The difference between any two published issues, for a person at a terminal or in a browser.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use object_store::ObjectStore;
use serde::{Deserialize, Serialize};
use vt_domain::Period;
use vt_domain::snapshot::{ErratumKind, Issue, Manifest, Status};

use super::compare::{Comparing, Pair};
use super::{Against, TOTAL};
use crate::indicators::{BaseCache, BaseError, OtherIssue};
use crate::publish::store;
use crate::render::explanation::{EXPLANATION_FILE, Explanation};
use crate::report;
use crate::shelf::Shelf;
use crate::tables::Value;

/// What differs between two issues. `van` is the earlier one: of the earlier period, or of one period the lower number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// The earlier issue.
    pub van: DiffIssue,
    /// The later issue.
    pub naar: DiffIssue,
    /// Whether the later one was named first.
    #[serde(skip)]
    pub reversed: bool,
    /// Figures with another value, reason of absence or margin, or that one of both lacks.
    pub waarden: Vec<DiffRow>,
    /// Figures with another status and nothing else, counted.
    pub statussen: Vec<StatusChange>,
}

/// An issue that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffIssue {
    /// The period.
    pub periode: Period,
    /// Number of the issue.
    pub uitgave: u32,
    /// First day.
    pub begin: NaiveDate,
    /// Last day, inclusive.
    pub eind: NaiveDate,
    /// Status of NL.
    pub status: Status,
    /// When it was published.
    pub gepubliceerd_op: DateTime<Utc>,
    /// Whether it is retracted.
    pub ingetrokken: bool,
    /// What was said of it since.
    pub errata: Vec<DiffNote>,
}

/// What an erratum or a retraction says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffNote {
    /// Erratum or retraction.
    pub soort: ErratumKind,
    /// What it says, in Dutch.
    pub tekst: String,
}

/// A figure that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffRow {
    /// Type of the area.
    pub regio_type: String,
    /// Code of the area.
    pub regio_code: String,
    /// Name of the area.
    pub regio: String,
    /// Code of the measure.
    pub maat: String,
    /// Label of the measure.
    pub maat_label: String,
    /// Code of the dimension; `totaal` for a total.
    pub dimensie: String,
    /// Code of the category; `totaal` for a total.
    pub categorie: String,
    /// Label of the category.
    pub categorie_label: String,
    /// The earlier value.
    pub waarde_eerder: Option<i64>,
    /// The later value.
    pub waarde: Option<i64>,
    /// The earlier margin.
    pub marge_eerder: Option<i64>,
    /// The later margin.
    pub marge: Option<i64>,
    /// The difference, where the two can be compared.
    pub verschil: Option<i64>,
    /// Its margin.
    pub verschil_marge: Option<i64>,
    /// Why the earlier value is absent.
    pub reden_leeg_eerder: Option<String>,
    /// Why the later value is absent.
    pub reden_leeg: Option<String>,
    /// The earlier status; `afwezig` for a figure that the issue lacks.
    pub status_eerder: String,
    /// The later status.
    pub status: String,
    /// Why the difference is not given.
    pub opmerking: Option<String>,
}

/// How many figures of an area got another status, and are otherwise the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChange {
    /// Type of the area.
    pub regio_type: String,
    /// Code of the area.
    pub regio_code: String,
    /// Name of the area.
    pub regio: String,
    /// The earlier status.
    pub status_eerder: String,
    /// The later status.
    pub status: String,
    /// How many figures.
    pub aantal: usize,
}

impl DiffIssue {
    fn of(manifest: &Manifest, shelf: &Shelf) -> Self {
        let issue = manifest.issue();
        let note =
            |erratum: &vt_domain::snapshot::Erratum| DiffNote { soort: erratum.soort, tekst: erratum.tekst.clone() };
        Self {
            periode: manifest.periode,
            uitgave: manifest.uitgave,
            begin: manifest.begin,
            eind: manifest.eind,
            status: manifest.status,
            gepubliceerd_op: manifest.gepubliceerd_op,
            ingetrokken: shelf.is_retracted(issue),
            errata: shelf.errata_of(issue).map(note).collect(),
        }
    }

    /// Its name on the command line: `2020W407/2`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.periode, self.uitgave)
    }
}

impl DiffRow {
    fn of(comparing: &Comparing<'_>, pair: &Pair<'_>) -> Self {
        let places = &pair.places;
        let text = |value: Value| value.text().map(str::to_owned);
        let change = comparing.change(pair);
        let [regio_type, regio_code, regio] = pair.area().map(str::to_owned);
        let [_, maat, dimensie, categorie] = pair.key.map(str::to_owned);
        let [maat_label, categorie_label] = pair.labels().map(|label| text(label).unwrap_or_default());
        let [status_eerder, status] = pair.statuses().map(|status| text(status).unwrap_or_default());
        Self {
            regio_type,
            regio_code,
            regio,
            maat,
            maat_label,
            dimensie,
            categorie,
            categorie_label,
            waarde_eerder: pair.before(places.waarde).int(),
            waarde: pair.now(places.waarde).int(),
            marge_eerder: pair.before(places.marge).int(),
            marge: pair.now(places.marge).int(),
            verschil: change.verschil,
            verschil_marge: change.marge,
            reden_leeg_eerder: text(pair.before(places.reden)),
            reden_leeg: text(pair.now(places.reden)),
            status_eerder,
            status,
            opmerking: change.opmerking,
        }
    }

    /// Whether it is a figure that is not broken down.
    pub fn is_total(&self) -> bool {
        self.dimensie == TOTAL
    }

    /// Dimension and category in one; empty for a total.
    pub fn part(&self) -> String {
        if self.is_total() { String::new() } else { format!("{}: {}", self.dimensie, self.categorie) }
    }

    fn order(&self) -> [&str; 5] {
        [&self.regio_type, &self.regio_code, &self.maat, &self.dimensie, &self.categorie]
    }
}

/// Compares two published issues, whichever is named first: of one period every figure; of two periods totals, and breakdowns of NL.
///
/// # Errors
/// [`BaseError`] when one of them cannot be read.
pub async fn diff(store: &dyn ObjectStore, shelf: &Shelf, one: Issue, other: Issue) -> Result<Diff, BaseError> {
    let manifest = |issue: Issue| match shelf.snapshots.get(&issue) {
        Some(found) => Ok(&found.content),
        None => Err(BaseError::Changed { path: issue.manifest(), rule: "it is not there".to_owned() }),
    };
    let in_time = |manifest: &Manifest| (manifest.begin, manifest.eind, manifest.uitgave);
    let (mut van, mut naar) = (manifest(one)?, manifest(other)?);
    let reversed = in_time(van) > in_time(naar);
    if reversed {
        std::mem::swap(&mut van, &mut naar);
    }
    let cache = BaseCache::default();
    let earlier = cache.tables(store, van.issue(), None).await?;
    let later = cache.tables(store, naar.issue(), None).await?;
    let explanation = explanation(store, naar.issue()).await?;
    let (waarden, statussen) = figures(&explanation, &later, &earlier);
    let (van, naar) = (DiffIssue::of(van, shelf), DiffIssue::of(naar, shelf));
    Ok(Diff { van, naar, reversed, waarden, statussen })
}

/// What differs, from the tables: figures one by one, and changes of status alone by area.
pub(super) fn figures(
    explanation: &Explanation,
    later: &OtherIssue,
    earlier: &OtherIssue,
) -> (Vec<DiffRow>, Vec<StatusChange>) {
    let same_period = later.issue.periode == earlier.issue.periode;
    let against = if same_period { Against::VorigeUitgave } else { Against::VorigePeriode };
    let comparing = Comparing { explanation, against, other: earlier };
    let (mut waarden, mut statuses) = (Vec::new(), BTreeMap::<[String; 5], usize>::new());
    for (ours, theirs) in [(&later.totals, &earlier.totals), (&later.parts, &earlier.parts)] {
        for pair in comparing.pairs(ours, theirs) {
            let places = &pair.places;
            if pair.differs(&[places.waarde, places.reden, places.marge]) {
                waarden.push(DiffRow::of(&comparing, &pair));
            } else if pair.differs(&[places.status]) {
                *statuses.entry(status_change(&pair)).or_default() += 1;
            }
        }
    }
    waarden.sort_by(|left, right| left.order().cmp(&right.order()));
    (waarden, statuses.into_iter().map(StatusChange::from).collect())
}

async fn explanation(store: &dyn ObjectStore, issue: Issue) -> Result<Explanation, BaseError> {
    let path = issue.file(EXPLANATION_FILE);
    let changed = |rule: String| BaseError::Changed { path: path.clone(), rule };
    let bytes = store::read(store, &path).await?.ok_or_else(|| changed("it is not there".to_owned()))?;
    Explanation::from_bytes(&bytes).map_err(changed)
}

/// What a change of status is counted by: the area and both statuses.
fn status_change(pair: &Pair<'_>) -> [String; 5] {
    let [regio_type, regio_code, regio] = pair.area().map(str::to_owned);
    let [before, now] = pair.statuses().map(|status| status.text().unwrap_or_default().to_owned());
    [regio_type, regio_code, regio, before, now]
}

impl From<([String; 5], usize)> for StatusChange {
    fn from(([regio_type, regio_code, regio, status_eerder, status], aantal): ([String; 5], usize)) -> Self {
        Self { regio_type, regio_code, regio, status_eerder, status, aantal }
    }
}

impl Diff {
    /// The remark that all rows have, to be said once.
    pub fn shared_remark(&self) -> Option<&str> {
        let first = self.waarden.first()?.opmerking.as_deref()?;
        self.waarden.iter().all(|row| row.opmerking.as_deref() == Some(first)).then_some(first)
    }

    /// How many figures differ in their status alone.
    pub fn status_only(&self) -> usize {
        self.statussen.iter().map(|change| change.aantal).sum()
    }

    /// A page that shows it, in Dutch; no outside request.
    pub fn page(&self) -> Vec<u8> {
        report::difference(self)
    }
}
