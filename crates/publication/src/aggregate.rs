//! Counts per period, atom and category, by SQL over the private registrations (DESIGN §4, §8).
//!
//! One scan per record type for all periods that are asked for together. What comes out goes straight into cells.

mod counts;
mod inline;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};
use vt_disclosure::CellTable;
use vt_domain::Month;
use vt_domain::codes::CodeLists;
use vt_domain::contract::RecordType;
use vt_domain::register::Register;

use crate::cells;
use crate::engine::{Engine, RegistrationFile};
use crate::error::PublicationError;
use crate::gate::{Input, PeriodInput};

pub(crate) use counts::PeriodCounts;
use counts::Tally;

const ADVIEZEN: &str = include_str!("sql/adviezen.sql");
const MELDINGEN: &str = include_str!("sql/meldingen.sql");
const DIENSTEN: &str = include_str!("sql/diensten.sql");

/// The unprotected cells of each period, in the order of `inputs`.
///
/// All periods together are read in one pass where the same deliveries count for them.
///
/// # Errors
/// [`PublicationError::Vault`] when registrations are missing or damaged, [`PublicationError::Engine`] when a query fails,
/// [`PublicationError::Code`] when registrations hold a code that the lists lack, [`PublicationError::Cells`] when the
/// counts contradict each other.
pub async fn aggregate(
    engine: &Engine,
    inputs: &[PeriodInput],
    register: &Register,
    lists: &CodeLists,
) -> Result<Vec<CellTable>, PublicationError> {
    let counted = count(engine, inputs, register, lists).await?;
    inputs.iter().zip(counted).map(|(input, counts)| cells::cell_table(input, &counts, lists)).collect()
}

/// The counts of each period, in the order of `inputs`.
pub(crate) async fn count(
    engine: &Engine,
    inputs: &[PeriodInput],
    register: &Register,
    lists: &CodeLists,
) -> Result<Vec<PeriodCounts>, PublicationError> {
    let mut counted: Vec<Option<PeriodCounts>> = inputs.iter().map(|_| None).collect();
    for group in agreeing(inputs) {
        let together: Vec<&PeriodInput> = group.iter().map(|&index| &inputs[index]).collect();
        let mut tally = Tally::new(&together, register, lists);
        for record in RecordType::ALL {
            count_records(engine, record, &together, register, &mut tally).await?;
        }
        for (index, counts) in group.into_iter().zip(tally.finish()) {
            counted[index] = Some(counts);
        }
    }
    // Unwrap safety: every index is in exactly one group.
    Ok(counted.into_iter().map(Option::unwrap).collect())
}

/// Groups of periods that can be read together: for every region and month that two of them both look at, the same delivery
/// counts. With one as-of date that is all of them.
fn agreeing(inputs: &[PeriodInput]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        match groups.iter_mut().find(|group| group.iter().all(|&other| agree(input, &inputs[other]))) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups
}

fn agree(left: &PeriodInput, right: &PeriodInput) -> bool {
    let last = Month::of(left.period.last_day().min(right.period.last_day()));
    looked_at(left).filter(|input| input.maand <= last).eq(looked_at(right).filter(|input| input.maand <= last))
}

/// Every delivery that a period looks at, by region and month.
fn looked_at(input: &PeriodInput) -> impl Iterator<Item = &Input> {
    let all: BTreeMap<_, _> = input.earlier.iter().chain(&input.counting).collect();
    all.into_values()
}

async fn count_records(
    engine: &Engine,
    record: RecordType,
    inputs: &[&PeriodInput],
    register: &Register,
    tally: &mut Tally<'_>,
) -> Result<(), PublicationError> {
    let counting: BTreeMap<_, _> = inputs.iter().flat_map(|input| &input.counting).collect();
    let files = files(engine, record, counting.values().copied()).await?;
    match record {
        RecordType::Advies => {
            let sql = inline::fill(ADVIEZEN, inputs, register);
            run(engine, "adviezen", &sql, &[("adviezen", record, &files)], |batch| tally.add(record, &batch)).await
        }
        RecordType::Melding => {
            let sql = inline::fill(MELDINGEN, inputs, register);
            run(engine, "meldingen", &sql, &[("meldingen", record, &files)], |batch| tally.add(record, &batch)).await
        }
        RecordType::Vervolgdienst => {
            let sql = inline::fill(DIENSTEN, inputs, register);
            let known: BTreeMap<_, _> =
                inputs.iter().flat_map(|input| input.earlier.iter().chain(&input.counting)).collect();
            let meldingen = self::files(engine, RecordType::Melding, known.values().copied()).await?;
            let parts = by_region(files, engine.memory_bytes() / JOIN_SHARE).into_iter().map(|part| {
                let theirs = |file: &&RegistrationFile| part.iter().any(|dienst| dienst.vt == file.vt);
                let meldingen: Vec<RegistrationFile> = meldingen.iter().filter(theirs).cloned().collect();
                (part, meldingen)
            });
            let mut counted = stream::iter(parts.collect::<Vec<_>>())
                .map(|(part, meldingen)| services(engine, &sql, part, meldingen))
                .buffer_unordered(engine.queries_at_once());
            while let Some(batches) = counted.try_next().await? {
                batches.iter().try_for_each(|batch| tally.add(record, batch))?;
            }
            Ok(())
        }
    }
}

/// Counts of services in some regions, each with the melding that it follows: few rows, without a breakdown.
async fn services(
    engine: &Engine,
    sql: &str,
    diensten: Vec<RegistrationFile>,
    meldingen: Vec<RegistrationFile>,
) -> Result<Vec<RecordBatch>, PublicationError> {
    let tables =
        [("diensten", RecordType::Vervolgdienst, &diensten[..]), ("meldingen", RecordType::Melding, &meldingen[..])];
    let mut rows = Vec::new();
    run(engine, "diensten", sql, &tables, |batch| {
        rows.push(batch);
        Ok(())
    })
    .await?;
    Ok(rows)
}

/// Services are held in memory while meldingen stream past; a row takes several times its size on disk.
const JOIN_SHARE: u64 = 16;

/// Files in parts of at most `limit` bytes, a region always whole.
fn by_region(files: Vec<RegistrationFile>, limit: u64) -> Vec<Vec<RegistrationFile>> {
    let mut regions: BTreeMap<String, Vec<RegistrationFile>> = BTreeMap::new();
    for file in files {
        regions.entry(file.vt.clone()).or_default().push(file);
    }
    let size = |files: &[RegistrationFile]| files.iter().map(|file| file.meta.size).sum::<u64>();
    let mut parts: Vec<Vec<RegistrationFile>> = Vec::new();
    for region in regions.into_values() {
        match parts.last_mut().filter(|part| size(part) + size(&region) <= limit) {
            Some(part) => part.extend(region),
            None => parts.push(region),
        }
    }
    parts
}

/// Hands on the rows of a query over tables by name, batch by batch; none where its first table has no files.
async fn run(
    engine: &Engine,
    query: &'static str,
    sql: &str,
    tables: &[(&str, RecordType, &[RegistrationFile])],
    mut take: impl FnMut(RecordBatch) -> Result<(), PublicationError>,
) -> Result<(), PublicationError> {
    if tables.first().is_none_or(|(_, _, files)| files.is_empty()) {
        return Ok(());
    }
    let failure = async |source| {
        let files: Vec<_> = tables.iter().flat_map(|(_, _, files)| files.iter().cloned()).collect();
        engine.failure(query, &files, source).await
    };
    let named = tables.iter().map(|&(name, record, files)| (name, engine.table(record, files)));
    let mut batches = match engine.query(sql, named.collect()).await {
        Ok(batches) => batches,
        Err(source) => return Err(failure(source).await),
    };
    loop {
        match batches.try_next().await {
            Ok(Some(batch)) => take(batch)?,
            Ok(None) => return Ok(()),
            Err(source) => return Err(failure(source).await),
        }
    }
}

/// Where the registrations of these deliveries are, from one listing.
async fn files<'i>(
    engine: &Engine,
    record: RecordType,
    inputs: impl Iterator<Item = &'i Input>,
) -> Result<Vec<RegistrationFile>, PublicationError> {
    let wanted: Vec<(&Input, Path)> =
        inputs.map(|input| (input, engine.vault().registration_path(&input.id(), record))).collect();
    let Some((_, path)) = wanted.first() else { return Ok(Vec::new()) };
    let prefix: Path = path.parts().take(2).collect();
    let failed = |source| vt_vault::VaultError::Store { path: prefix.to_string(), source };
    let listed = engine.vault().store().list(Some(&prefix)).map_ok(|meta| (meta.location.clone(), meta));
    let listed: HashMap<Path, ObjectMeta> = listed.try_collect().await.map_err(failed)?;
    let find = |(input, path): (&Input, Path)| match listed.get(&path) {
        Some(meta) => Ok(RegistrationFile { meta: meta.clone(), vt: input.regio.clone(), maand: input.maand }),
        None => Err(PublicationError::Vault(vt_vault::VaultError::Damaged {
            path: path.to_string(),
            reason: "the delivery was accepted, but its registrations are not there".to_owned(),
        })),
    };
    wanted.into_iter().map(find).collect()
}
