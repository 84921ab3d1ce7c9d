//! The rows of `kerncijfers` and `verdelingen`, made from protected cells, and their look-up.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use vt_disclosure::ProtectedTable;
use vt_domain::codes::CodeLists;
use vt_domain::measure::{Dimensie, Maat};
use vt_domain::snapshot::{RedenLeeg, SnapshotTable, Status};

use super::area::PublishedArea;
use super::coverage::{Coverage, Prefix};
use super::{TableRows, Value};
use crate::render::RenderError;
use crate::reservation::Reservation;

/// A published count, or the reason for its absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// The count, a multiple of 5.
    pub waarde: Option<i64>,
    /// The largest difference with the registered count; absent with the count.
    pub marge: Option<i64>,
    /// The status of the area's figures.
    pub status: Status,
    /// Why the count is absent.
    pub reden: Option<RedenLeeg>,
}

/// Names a count: area, measure, and dimension with category for a breakdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FigureKey<'a> {
    /// `regio_code`.
    pub regio: &'a str,
    /// The code of the `maat`.
    pub maat: &'a str,
    /// The codes of `dimensie` and `categorie`; nothing for a total.
    pub part: Option<(&'a str, &'a str)>,
}

impl FigureKey<'_> {
    fn text(&self) -> String {
        let (dimension, category) = self.part.unwrap_or_default();
        [self.regio, self.maat, dimension, category].join("/")
    }
}

/// Published counts by name; made from the rows of the tables, so that a reader of the files has the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures(HashMap<String, Figure>);

impl Figures {
    /// The counts of `kerncijfers` or `verdelingen` rows. Rows that are not well-formed are left out: other checks name them.
    pub fn from_rows<'a>(tables: impl IntoIterator<Item = &'a TableRows>) -> Self {
        let mut all = HashMap::new();
        for table in tables {
            let place = |name| table.table.column(name);
            let (dimension, category) = (place("dimensie"), place("categorie"));
            let columns = ["regio_code", "maat", "waarde", "marge", "status", "reden_leeg"].map(place);
            let [Some(regio), Some(maat), Some(waarde), Some(marge), Some(status), Some(reden)] = columns else {
                continue;
            };
            for row in &table.rows {
                let text = |place: usize| row[place].text();
                let part = dimension.zip(category).and_then(|(d, c)| text(d).zip(text(c)));
                let (Some(regio), Some(maat), Some(Ok(status))) =
                    (text(regio), text(maat), text(status).map(str::parse))
                else {
                    continue;
                };
                let reden = text(reden).and_then(|reden| reden.parse().ok());
                let figure = Figure { waarde: row[waarde].int(), marge: row[marge].int(), status, reden };
                all.insert(FigureKey { regio, maat, part }.text(), figure);
            }
        }
        Self(all)
    }

    /// A count by name.
    pub fn get(&self, key: FigureKey<'_>) -> Option<Figure> {
        self.0.get(&key.text()).copied()
    }

    /// The total of a measure in an area.
    pub fn total(&self, regio: &str, maat: Maat) -> Option<Figure> {
        self.get(FigureKey { regio, maat: maat.code(), part: None })
    }

    /// The largest difference with a registered count; nothing when no count is given.
    pub fn margin(&self) -> Option<i64> {
        self.0.values().filter_map(|figure| figure.marge).max()
    }

    /// Of how many areas, by the letters of their codes (`VT`), the total of a measure stands here, given or not.
    pub fn count_of_type(&self, letters: &str, maat: Maat) -> usize {
        let total = format!("/{}//", maat.code());
        self.0.keys().filter(|key| key.starts_with(letters) && key.ends_with(&total)).count()
    }

    /// A category of a measure in an area.
    pub fn part(&self, regio: &str, maat: Maat, dimensie: &str, categorie: &str) -> Option<Figure> {
        self.get(FigureKey { regio, maat: maat.code(), part: Some((dimensie, categorie)) })
    }
}

/// What decides whether a count is given.
pub(crate) struct Gates<'a> {
    pub(crate) areas: &'a [PublishedArea],
    pub(crate) coverage: &'a BTreeMap<Arc<str>, Coverage>,
    /// Veiligheidsregio's of which too much is unknown, here or in a part, per measure.
    pub(crate) unknown: &'a BTreeSet<(Maat, Arc<str>)>,
}

impl Gates<'_> {
    /// Why the counts of an area are absent for a measure.
    fn reason(&self, area: &PublishedArea, maat: Maat) -> Result<Option<RedenLeeg>, RenderError> {
        let covered = self.coverage.get(&area.code).and_then(|covered| covered.reden);
        let unknown = self.unknown.contains(&(maat, Arc::clone(&area.code)));
        match (covered, unknown) {
            (Some(reason), _) => Ok(Some(reason)),
            (None, true) => Ok(Some(RedenLeeg::RegioOnbekend)),
            (None, _) if area.withheld => {
                let rule =
                    format!("{} is withheld, though it is complete and its records have a known region", area.code);
                Err(RenderError::Inconsistent(rule))
            }
            (None, _) => Ok(None),
        }
    }
}

/// The rows of `kerncijfers` and of `verdelingen`.
///
/// # Errors
/// [`RenderError::Inconsistent`] when the table has a measure, dimension or area that is not published, or lacks one that is.
pub(crate) fn figure_rows(
    protected: &ProtectedTable,
    reservation: &Reservation,
    codes: &CodeLists,
    gates: &Gates<'_>,
) -> Result<(TableRows, TableRows), RenderError> {
    check_complete(protected)?;
    let bound = i64::from(protected.bound());
    let prefix = Prefix::of(reservation.periode);
    let areas: HashMap<&str, &PublishedArea> = gates.areas.iter().map(|area| (&*area.code, area)).collect();
    let mut reasons: HashMap<(&str, Maat), Option<RedenLeeg>> = HashMap::new();
    let mut texts = Texts::default();
    let (mut totals, mut parts) = (Vec::new(), Vec::new());
    for cell in protected.cells() {
        let maat: Maat = cell.measure.parse().map_err(|_| unpublished("measure", cell.measure))?;
        let area = areas.get(cell.area_code).ok_or_else(|| unpublished("area", cell.area_code))?;
        let reason = match reasons.get(&(cell.area_code, maat)) {
            Some(reason) => *reason,
            None => *reasons.entry((cell.area_code, maat)).or_insert(gates.reason(area, maat)?),
        };
        let mut row = prefix.row(area);
        row.extend([texts.get(maat.code()), texts.get(maat.label())]);
        let dimension = cell.dimension.map(dimension).transpose()?;
        if let Some(dimension) = dimension {
            if !area.is_nl() && dimension.national_only() {
                return Err(unpublished("breakdown by region", dimension.code()));
            }
            let label = codes.list(dimension.field()).label(cell.category);
            row.extend([texts.get(dimension.code()), texts.get(cell.category), texts.get(label)]);
        }
        let given = reason.is_none();
        row.extend([
            Value::optional_int(given.then_some(cell.value.into())),
            Value::optional_int(given.then_some(bound)),
            texts.get(gates.coverage.get(&area.code).map_or(Status::Voorlopig, |covered| covered.status).code()),
            reason.map_or(Value::Null, |reason| texts.get(reason.code())),
        ]);
        if dimension.is_some() { parts.push(row) } else { totals.push(row) }
    }
    Ok((TableRows::sorted(SnapshotTable::Kerncijfers, totals), TableRows::sorted(SnapshotTable::Verdelingen, parts)))
}

/// Shares equal texts between rows.
#[derive(Default)]
struct Texts(HashMap<String, Arc<str>>);

impl Texts {
    fn get(&mut self, text: &str) -> Value {
        if let Some(shared) = self.0.get(text) {
            return Value::Text(Arc::clone(shared));
        }
        let shared: Arc<str> = text.into();
        self.0.insert(text.to_owned(), Arc::clone(&shared));
        Value::Text(shared)
    }
}

fn dimension(code: &str) -> Result<Dimensie, RenderError> {
    Dimensie::ALL.into_iter().find(|dimension| dimension.code() == code).ok_or_else(|| unpublished("dimension", code))
}

fn unpublished(kind: &str, code: &str) -> RenderError {
    RenderError::Inconsistent(format!("{kind} {code} is not one that is published"))
}

/// Every measure and breakdown of the design must be there: nothing is left out in silence.
fn check_complete(protected: &ProtectedTable) -> Result<(), RenderError> {
    let has = |maat: Maat, dimension: Option<Dimensie>| {
        let mut blocks = protected.blocks();
        blocks.any(|block| block.measure == maat.code() && block.dimension.as_deref() == dimension.map(Dimensie::code))
    };
    for maat in Maat::ALL {
        let dimensions = maat.dimensies().iter().copied().map(Some);
        for dimension in std::iter::once(None).chain(dimensions) {
            if !has(maat, dimension) {
                let name = dimension.map_or(maat.code().to_owned(), |dimension| format!("{maat}/{dimension}"));
                return Err(RenderError::Inconsistent(format!("table {name} is missing")));
            }
        }
    }
    Ok(())
}

/// The counts of protected cells of complete areas, before `regio_onbekend` is decided: what that decision is made from.
pub(crate) fn figures(protected: &ProtectedTable) -> impl Fn(Maat, &str) -> Option<i64> {
    move |maat, area| {
        let cell = protected.lookup(maat.code(), None, "", area)?;
        (!cell.withheld).then_some(cell.value.into())
    }
}
