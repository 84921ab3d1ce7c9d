//! Compares the product's cells with those of another engine. Cells cannot be read, so the others' counts are made into
//! cells too.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use vt_disclosure::CellTable;
use vt_domain::codes::CodeLists;
use vt_domain::register::Register;
use vt_publication::cells::{geography, layout_over, tables};
use vt_publication::gate::PeriodInput;

/// Period, measure, dimension (empty for a total), category, atom.
type Cell = [String; 5];

/// Fails when a cell of `file` (`periode;maat;dimensie;categorie;atoom;aantal`, zeros left out) has another count than the
/// product's, or when one of both has a cell that the other lacks.
pub fn compare(periods: &[PeriodInput], cells: &[CellTable], file: &Path) -> anyhow::Result<()> {
    let mut counts = read(file).with_context(|| file.display().to_string())?;
    let total = counts.len();
    for (input, product) in periods.iter().zip(cells) {
        let other = table(input, &mut counts)?;
        if let Some(place) = product.difference(&other) {
            bail!("{}: {} differs from the product's cells in {place}", file.display(), input.period);
        }
    }
    ensure!(total > 0, "{}: no cells", file.display());
    match counts.into_keys().next() {
        Some(cell) => bail!("{}: {} is no cell of the product", file.display(), cell.join(" ")),
        None => Ok(()),
    }
}

fn read(file: &Path) -> anyhow::Result<HashMap<Cell, u32>> {
    let text = std::fs::read_to_string(file)?;
    let mut counts = HashMap::new();
    for line in text.lines().skip(1) {
        let (cell, count) = line.rsplit_once(';').context("a line without count")?;
        let cell: Vec<String> = cell.split(';').map(str::to_owned).collect();
        let cell = Cell::try_from(cell).map_err(|_| anyhow::anyhow!("a line without six columns"))?;
        ensure!(counts.insert(cell, count.parse()?).is_none(), "a cell stands twice");
    }
    Ok(counts)
}

/// The cells of a period from counts, which are taken out.
fn table(input: &PeriodInput, counts: &mut HashMap<Cell, u32>) -> anyhow::Result<CellTable> {
    let (period, lists) = (input.period, CodeLists::builtin());
    let layout = layout_over(Register::builtin(), period);
    let mut blocks = Vec::new();
    for (maat, dimensie, spec) in tables(period, lists) {
        let dimension = dimensie.map_or("", |dimensie| dimensie.code());
        let mut take = |atom: &str, category: &str| {
            let cell = [&period.to_string(), maat.code(), dimension, category, atom].map(str::to_owned);
            counts.remove(&cell).unwrap_or(0)
        };
        let mut rows: Vec<Vec<u32>> = Vec::new();
        for atom in &layout.atoms {
            let code = atom.code.to_string();
            rows.push(spec.categories.iter().map(|category| take(&code, &category.code)).collect());
        }
        blocks.push((spec, rows));
    }
    Ok(CellTable::new(period.to_string(), geography(&layout, &input.incomplete_regions()), blocks)?)
}
