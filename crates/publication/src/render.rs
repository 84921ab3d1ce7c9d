//! From a reservation to the bytes of a snapshot (DESIGN §5): pure, no clock, the same bytes on any day and machine.

pub mod csv;
pub mod explanation;
pub mod form;
pub mod json;
pub mod parquet;
mod text;
pub(crate) mod wording;
pub mod xlsx;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use vt_disclosure::{ProtectError, ProtectedTable};
use vt_domain::codes::CodeLists;
use vt_domain::register::Register;
use vt_domain::snapshot::{SnapshotTable, Status};

use crate::changes::change_rows;
use crate::draft::SnapshotDraft;
use crate::indicators::{Bases, Current, exceptional, indicator_rows};
use crate::reservation::Reservation;
use crate::tables::figures::{Gates, figure_rows};
use crate::tables::{Figures, TableRows, areas, coverage, coverage_rows, left_empty};
use explanation::Explanation;

pub use form::FormError;

/// Why a reservation cannot be rendered. Nothing is written then.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The protected values are not certified.
    #[error(transparent)]
    Protect(#[from] ProtectError),
    /// The reservation contradicts itself.
    #[error("the reservation cannot be rendered: {0}")]
    Inconsistent(String),
    /// A register of another version than the one reserved.
    #[error("the period was reserved with register {reserved}, and this is {present}: configure that register")]
    Register {
        /// The version reserved.
        reserved: String,
        /// The version at hand.
        present: String,
    },
    /// The bases at hand are not those reserved.
    #[error("the period was reserved with changes compared with {reserved}, but those figures were not given")]
    Bases {
        /// Issues that were reserved and are missing, or were not reserved and are there.
        reserved: String,
    },
    /// The workbook could not be written.
    #[error("the workbook: {0}")]
    Workbook(#[source] xlsx::WorkbookError),
    /// A table could not be written in one of its forms.
    #[error("{file}: {source}")]
    Form {
        /// The file.
        file: String,
        /// What is wrong.
        #[source]
        source: FormError,
    },
}

/// Renders the snapshot of a reservation. `bases` are those of [`crate::indicators::load_bases`] for the same reservation.
///
/// The protected values are certified again first: nothing else can get into a draft.
///
/// # Errors
/// [`RenderError`] when the values are not certified, or register, bases or coverage are not those of the reservation.
pub fn render(
    reservation: &Reservation,
    register: &Register,
    codes: &CodeLists,
    bases: &Bases,
) -> Result<SnapshotDraft, RenderError> {
    check(reservation, register, bases)?;
    let protected = ProtectedTable::from_record(&reservation.geheugen)?;
    let areas = areas(protected.geography(), register)?;
    let coverage = coverage(reservation, &areas)?;
    let unknown = left_empty(reservation, &protected)?;
    let gates = Gates { areas: &areas, coverage: &coverage, unknown: &unknown };
    let (totals, parts) = figure_rows(&protected, reservation, codes, &gates)?;
    let nl = areas.iter().find(|area| area.is_nl()).and_then(|area| coverage.get(&area.code));
    let status = nl.map_or(Status::Voorlopig, |nl| nl.status);
    let mut explanation = explanation::explanation(reservation, &protected, &areas, status, register, codes, bases)?;
    let indicators = {
        let figures = Figures::from_rows([&totals, &parts]);
        indicator_rows(Current { explanation: &explanation, areas: &areas, figures: &figures }, bases)
    };
    explanation.bijzonderheden = exceptional(&indicators);
    let coverage = coverage_rows(reservation.periode, &areas, &coverage);
    let changes = change_rows(&explanation, &totals, &parts, bases);
    let tables = [totals, parts, indicators, coverage, changes];
    SnapshotDraft::new(&protected, reservation, &Contents { explanation: &explanation, tables: &tables, bases })
}

/// All that a snapshot shows: published values only. Every file is made from it, and no file from anything else.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a> {
    /// What a reader must know.
    pub explanation: &'a Explanation,
    /// The five tables.
    pub tables: &'a [TableRows; 5],
    /// The published figures of earlier issues.
    pub bases: &'a Bases,
}

impl Contents<'_> {
    /// A table.
    pub fn table(&self, table: SnapshotTable) -> &TableRows {
        // Unwrap safety: it holds all tables.
        self.tables.iter().find(|rows| rows.table == table).unwrap()
    }
}

fn check(reservation: &Reservation, register: &Register, bases: &Bases) -> Result<(), RenderError> {
    if reservation.register != register.version() {
        let (reserved, present) = (reservation.register.clone(), register.version().to_owned());
        return Err(RenderError::Register { reserved, present });
    }
    let given: BTreeSet<_> = bases.issues().collect();
    let reserved: BTreeSet<_> = reservation.vergelijking.iter().map(|base| (base.periode, base.uitgave)).collect();
    let differ: Vec<String> =
        given.symmetric_difference(&reserved).map(|(period, issue)| format!("{period} issue {issue}")).collect();
    if differ.is_empty() { Ok(()) } else { Err(RenderError::Bases { reserved: differ.join(", ") }) }
}
