//! From the rows of a query to counts per atom and category.

use std::collections::HashMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use vt_domain::atoms::AtomLayout;
use vt_domain::codes::{CodeList, CodeLists};
use vt_domain::contract::{LIST_SEPARATOR, RecordType};
use vt_domain::measure::{Dimensie, Maat};
use vt_domain::register::Register;

use crate::cells::layout_over;
use crate::error::PublicationError;
use crate::gate::PeriodInput;

/// Unprotected counts of one period. No `Debug`, no `Serialize`: they go into a `CellTable`, and nowhere else.
pub(crate) struct PeriodCounts {
    /// Atoms and areas of the period.
    pub layout: AtomLayout,
    atoms: HashMap<String, usize>,
    /// `[atom][category]`, categories in the order of the code list; one column for a total.
    tables: HashMap<(Maat, Option<Dimensie>), Vec<Vec<u64>>>,
}

impl PeriodCounts {
    fn new(layout: AtomLayout, lists: &CodeLists) -> Self {
        let atoms: HashMap<String, usize> =
            layout.atoms.iter().enumerate().map(|(index, atom)| (atom.code.to_string(), index)).collect();
        let mut tables = HashMap::new();
        for maat in Maat::ALL {
            tables.insert((maat, None), vec![vec![0]; atoms.len()]);
            for &dimensie in maat.dimensies() {
                let categories = lists.list(dimensie.field()).codes().len();
                tables.insert((maat, Some(dimensie)), vec![vec![0; categories]; atoms.len()]);
            }
        }
        Self { layout, atoms, tables }
    }

    /// Counts `[atom][category]` of one table.
    pub(crate) fn table(&self, maat: Maat, dimensie: Option<Dimensie>) -> &[Vec<u64>] {
        &self.tables[&(maat, dimensie)]
    }

    fn add(&mut self, table: (Maat, Option<Dimensie>), atom: &str, category: usize, count: u64) {
        // Records on days that a VT is not in force are in no atom of the layout (Register::atom_of gives none either).
        let (Some(&atom), Some(rows)) = (self.atoms.get(atom), self.tables.get_mut(&table)) else { return };
        rows[atom][category] += count;
    }
}

/// Adds up rows of queries over several periods.
pub(super) struct Tally<'l> {
    lists: &'l CodeLists,
    periods: Vec<PeriodCounts>,
}

impl<'l> Tally<'l> {
    pub(super) fn new(inputs: &[&PeriodInput], register: &Register, lists: &'l CodeLists) -> Self {
        let periods = inputs.iter().map(|input| PeriodCounts::new(layout_over(register, input.period), lists));
        Self { lists, periods: periods.collect() }
    }

    pub(super) fn finish(self) -> Vec<PeriodCounts> {
        self.periods
    }

    /// Adds rows with the columns `periode`, `atoom`, `aantal`, and one column per breakdown, of which all are null for a
    /// total and all but one for a breakdown (GROUPING SETS); for services `soort` instead.
    pub(super) fn add(&mut self, record: RecordType, batch: &RecordBatch) -> Result<(), PublicationError> {
        let rows = Rows::new(batch)?;
        if record == RecordType::Vervolgdienst {
            return self.add_services(&rows);
        }
        for maat in Maat::ALL.into_iter().filter(|maat| maat.record() == record) {
            self.add_breakdowns(maat, &rows)?;
        }
        Ok(())
    }

    fn add_services(&mut self, rows: &Rows) -> Result<(), PublicationError> {
        let soort = rows.text("soort")?;
        for row in 0..rows.len {
            let maat =
                Maat::ALL.into_iter().find(|maat| maat.dienst_soort() == Some(soort.as_string::<i32>().value(row)));
            if let Some(maat) = maat {
                self.periods[rows.period(row)].add((maat, None), rows.atom(row), 0, rows.count(row));
            }
        }
        Ok(())
    }

    fn add_breakdowns(&mut self, maat: Maat, rows: &Rows) -> Result<(), PublicationError> {
        let mut total = vec![true; rows.len];
        for &dimensie in maat.dimensies() {
            let list = self.lists.list(dimensie.field());
            let columns: HashMap<&str, usize> =
                list.codes().iter().enumerate().map(|(column, code)| (code.code.as_str(), column)).collect();
            let categories = rows.text(dimensie.field())?;
            for (row, codes) in categories.as_string::<i32>().iter().enumerate() {
                let Some(codes) = codes else { continue };
                total[row] = false;
                for code in codes.split(LIST_SEPARATOR) {
                    let column = *columns.get(code).ok_or_else(|| unknown(maat, list))?;
                    let period = &mut self.periods[rows.period(row)];
                    period.add((maat, Some(dimensie)), rows.atom(row), column, rows.count(row));
                }
            }
        }
        for row in (0..rows.len).filter(|&row| total[row]) {
            self.periods[rows.period(row)].add((maat, None), rows.atom(row), 0, rows.count(row));
        }
        Ok(())
    }
}

/// The code itself stays out of the message: it is the content of a record.
fn unknown(maat: Maat, list: &CodeList) -> PublicationError {
    PublicationError::Code { maat, list: list.name.clone() }
}

/// The columns that every query gives, in the types that are read here.
struct Rows<'b> {
    batch: &'b RecordBatch,
    periods: arrow::array::ArrayRef,
    atoms: arrow::array::ArrayRef,
    counts: arrow::array::ArrayRef,
    len: usize,
}

impl<'b> Rows<'b> {
    fn new(batch: &'b RecordBatch) -> Result<Self, PublicationError> {
        let periods = column(batch, "periode", &DataType::Int64)?;
        let atoms = column(batch, "atoom", &DataType::Utf8)?;
        let counts = column(batch, "aantal", &DataType::Int64)?;
        Ok(Self { batch, periods, atoms, counts, len: batch.num_rows() })
    }

    fn text(&self, name: &str) -> Result<arrow::array::ArrayRef, PublicationError> {
        column(self.batch, name, &DataType::Utf8)
    }

    fn period(&self, row: usize) -> usize {
        // Unwrap safety: the number of a period as written into the query.
        usize::try_from(self.periods.as_primitive::<Int64Type>().value(row)).unwrap()
    }

    fn atom(&self, row: usize) -> &str {
        self.atoms.as_string::<i32>().value(row)
    }

    fn count(&self, row: usize) -> u64 {
        // Unwrap safety: count(*) is never negative.
        u64::try_from(self.counts.as_primitive::<Int64Type>().value(row)).unwrap()
    }
}

fn column(batch: &RecordBatch, name: &str, kind: &DataType) -> Result<arrow::array::ArrayRef, PublicationError> {
    let found = batch.column_by_name(name).ok_or_else(|| PublicationError::Columns(name.to_owned()))?;
    cast(found, kind).map_err(|_| PublicationError::Columns(name.to_owned()))
}
