use std::sync::Arc;

use arrow::array::{Array, Int64Array, RecordBatch, StringArray};
use arrow::util::display::array_value_to_string;
use bytes::Bytes;
use chrono::TimeDelta;
use datafusion::prelude::SessionContext;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use vt_domain::PeriodKind;
use vt_domain::snapshot::ErratumKind;
use vt_vault::Vault;

use super::*;
use crate::errata::{self, NewErratum};
use crate::history::History;
use crate::publish::fixture::{Case, case, draft, publish_next_at, signer};
use crate::publish::store::{list, read};
use crate::publish::{read_latest, rebuild_pages};
use crate::render::form;

const AS_OF: &str = include_str!("../../../../docs/gebruik/op-datum.sql");
const PERIODS: [&str; 3] = ["2020W127", "2020W128", "2020W129"];

/// The query that analysts have, at another instant.
fn query(at: DateTime<Utc>) -> String {
    let shown = "2021-03-01T06:00:00Z";
    assert!(AS_OF.contains(shown));
    AS_OF.replace(shown, &at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

fn batches(bytes: Bytes) -> Vec<RecordBatch> {
    ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap().map(Result::unwrap).collect()
}

async fn history(store: &dyn ObjectStore) -> SessionContext {
    let mut all = Vec::new();
    for (path, _) in list(store, "historie/cijfers").await.unwrap() {
        all.extend(batches(read(store, &path).await.unwrap().unwrap()));
    }
    let context = SessionContext::new();
    let table = datafusion::datasource::MemTable::try_new(all[0].schema(), vec![all]).unwrap();
    context.register_table("historie", Arc::new(table)).unwrap();
    context
}

/// Area, measure, value and status of the totals of the last period that is valid at an instant, and its issue.
async fn as_of(context: &SessionContext, at: DateTime<Utc>) -> (Option<(String, i64)>, Vec<String>) {
    let sql = format!(
        "SELECT periode, uitgave, regio_code, maat, waarde, status FROM ({}) AS op_datum WHERE dimensie = 'totaal' \
         ORDER BY periode, regio_code, maat",
        query(at)
    );
    let found = context.sql(&sql).await.unwrap().collect().await.unwrap();
    let mut rows: Vec<(String, i64, String)> = Vec::new();
    for batch in &found {
        let text = |column: usize, row: usize| array_value_to_string(batch.column(column), row).unwrap();
        let issues = batch.column(1).as_any().downcast_ref::<Int64Array>().unwrap();
        for row in 0..batch.num_rows() {
            let line = (2..6).map(|column| text(column, row)).collect::<Vec<_>>().join(" ");
            rows.push((text(0, row), issues.value(row), line));
        }
    }
    let last = rows.last().map(|(period, issue, _)| (period.clone(), *issue));
    let lines = rows.iter().filter(|(period, ..)| last.as_ref().is_some_and(|last| *period == last.0));
    let lines = lines.map(|(.., line)| line.clone()).collect();
    (last, lines)
}

/// What `latest.json` and the files that it leads to say now.
async fn now(store: &dyn ObjectStore) -> (Option<(String, i64)>, Vec<String>) {
    let latest = read_latest(store).await.unwrap().unwrap();
    let Some(entry) = latest.cadansen.get(&PeriodKind::Week) else { return (None, Vec::new()) };
    let issue = Issue { periode: entry.periode, uitgave: entry.uitgave };
    let table = SnapshotTable::Kerncijfers;
    let bytes = read(store, &issue.file(&table.file(Form::Json))).await.unwrap().unwrap();
    let rows = form::read(Form::Json, table, issue.periode, &bytes).unwrap();
    let line = |row: usize| {
        let text = |column: &str| match rows.value(row, column).unwrap() {
            Value::Null => String::new(),
            value => value.to_string(),
        };
        ["regio_code", "maat", "waarde", "status"].map(text).join(" ")
    };
    let mut lines: Vec<String> = (0..rows.rows.len()).map(line).collect();
    lines.sort();
    (Some((issue.periode.to_string(), issue.uitgave.into())), lines)
}

/// What happens to the store at one instant.
#[derive(Debug, Clone)]
enum Act {
    /// The next issue of a period, from deliveries with so many records more.
    Publish(usize, u32),
    /// The newest issue of a period is retracted, if there is one.
    Retract(usize),
    /// Something is said of it.
    Explain(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..PERIODS.len(), 1..4u32).prop_map(|(period, more)| Act::Publish(period, more)),
        2 => (0..PERIODS.len()).prop_map(Act::Retract),
        1 => (0..PERIODS.len()).prop_map(Act::Explain),
    ]
}

async fn play(acts: &[Act]) {
    let (vault, store) = (Vault::new(Arc::new(InMemory::new())), InMemory::new());
    let (mut memory, mut seen) = (History::default(), Vec::new());
    let start: DateTime<Utc> = "2021-03-01T06:00:00Z".parse().unwrap();
    let mut more = [0_u32; PERIODS.len()];
    for (hour, act) in acts.iter().enumerate() {
        let at = start + TimeDelta::hours(i64::try_from(hour).unwrap());
        let (kind, period) = match *act {
            Act::Publish(period, by) => {
                more[period] += by;
                let case = Case { more: more[period], ..case(PERIODS[period]) };
                publish_next_at(&vault, &store, &mut memory, &case, at).await;
                seen.push((at, now(&store).await));
                continue;
            }
            Act::Retract(period) => (ErratumKind::Intrekking, period),
            Act::Explain(period) => (ErratumKind::Erratum, period),
        };
        let issue = memory.next_issue(PERIODS[period].parse().unwrap()) - 1;
        let issue = Issue { periode: PERIODS[period].parse().unwrap(), uitgave: issue };
        let new = NewErratum { kind, issue, text: "Niet gebruiken.".into(), at, software: "test".into() };
        let said = errata::add(&vault, &store, &signer(), &new).await;
        assert!(said.is_ok() || said.unwrap_err().is_refusal());
        if read_latest(&store).await.unwrap().is_some() {
            seen.push((at, now(&store).await));
        }
    }
    rebuild_pages(&store).await.unwrap();
    let report = crate::verify::verify(&store, None).await.unwrap();
    assert!(report.passed(), "{:?}", report.findings);
    if seen.is_empty() {
        return;
    }
    let context = history(&store).await;
    for (at, then) in seen {
        assert_eq!(as_of(&context, at).await, then, "as of {at}, {acts:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 20, ..ProptestConfig::default() })]
    #[test]
    fn as_of_any_instant_the_history_says_what_latest_said_then(acts in proptest::collection::vec(act(), 3..9)) {
        tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(play(&acts));
    }
}

#[tokio::test]
async fn a_retracted_only_issue_leaves_the_period_before() {
    play(&[Act::Publish(0, 1), Act::Publish(1, 1), Act::Retract(1), Act::Explain(0), Act::Publish(1, 2)]).await;
}

#[test]
fn a_file_holds_totals_parts_and_the_instant() {
    let draft = draft(&case("2020W127"));
    let file = &draft.history()[0];
    assert_eq!(file.entry.naam, "historie/cijfers/week/2020W127/1.parquet");
    let batches = batches(file.bytes.clone());
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let tables = [SnapshotTable::Kerncijfers, SnapshotTable::Verdelingen].map(|table| draft.table(table).rows.len());
    assert_eq!(rows, tables[0] + tables[1]);
    let at = batches[0].column_by_name("gepubliceerd_op").unwrap();
    assert_eq!(array_value_to_string(at, 0).unwrap(), "2021-03-01T06:00:00Z");
    let events = batches[0].column_by_name("gebeurtenis").unwrap().as_any().downcast_ref::<StringArray>().unwrap();
    assert!(events.iter().all(|event| event == Some("uitgave")));
}

#[tokio::test]
async fn what_a_crash_left_out_of_the_history_is_written_again() {
    use object_store::ObjectStoreExt;
    let store = InMemory::new();
    let draft = draft(&case("2020W127"));
    crate::publish::publish(&store, &draft, &signer(), &()).await.unwrap();
    for file in draft.history() {
        store.delete(&file.entry.naam.as_str().into()).await.unwrap();
    }
    assert!(!crate::verify::verify(&store, None).await.unwrap().passed());
    assert!(rebuild_pages(&store).await.unwrap());
    for file in draft.history() {
        assert_eq!(read(&store, &file.entry.naam).await.unwrap().unwrap(), file.bytes);
    }
}
