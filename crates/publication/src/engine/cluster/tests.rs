//! What travels, and what an executor may read; a whole cluster is tried in `tests/cluster`.

use datafusion::execution::TaskContext;
use datafusion_proto::logical_plan::{AsLogicalPlan, LogicalExtensionCodec};
use datafusion_proto::protobuf::LogicalPlanNode;
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt};
use vt_domain::contract::RecordType;
use vt_vault::is_of_registrations;

use super::narrow::RegistrationsOnly;
use super::*;
use crate::engine::RegistrationFile;
use crate::engine::table::RegistrationTable;

const PLACE: &str = "registrations/melding/VT07/2020-07/1.parquet";

fn file(path: &str) -> RegistrationFile {
    let last_modified = chrono::DateTime::from_timestamp_millis(1_600_000_000_123).unwrap();
    let meta = ObjectMeta { location: Path::from(path), last_modified, size: 42, e_tag: None, version: None };
    RegistrationFile { meta, vt: "VT07".into(), maand: "2020-07".parse().unwrap() }
}

fn encoded(files: &[RegistrationFile]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let table = Arc::new(RegistrationTable::new(RecordType::Melding, files, None));
    RegistrationCodec::default().try_encode_table_provider(&"meldingen".into(), table, &mut bytes).unwrap();
    bytes
}

fn decoded(bytes: &[u8]) -> Result<Arc<dyn datafusion::catalog::TableProvider>, DataFusionError> {
    let schema = Arc::new(arrow::datatypes::Schema::empty());
    RegistrationCodec::default().try_decode_table_provider(bytes, &"meldingen".into(), schema, &TaskContext::default())
}

#[test]
fn a_table_travels_by_the_names_of_its_files() {
    let sent = [file(PLACE), file("registrations/melding/VT08/2020-07/2.parquet")];
    let table = decoded(&encoded(&sent)).unwrap();
    let (record, files) = &table.downcast_ref::<RegistrationTable>().unwrap().origin;
    assert_eq!(*record, RecordType::Melding);
    for (sent, arrived) in sent.iter().zip(files) {
        assert_eq!((&sent.meta, &sent.vt, sent.maand), (&arrived.meta, &arrived.vt, arrived.maand));
    }
    assert_eq!(files.len(), 2);
}

#[test]
fn a_table_of_other_files_is_refused_where_it_arrives() {
    for other in ["keys/1.json", "registrations/1.parquet", "registrations/raw/VT07/2020-07/1.parquet"] {
        let refused = decoded(&encoded(&[file(other)])).err().unwrap().to_string();
        assert!(refused.contains("holds none"), "{refused}");
    }
    assert!(decoded(b"{}").is_err());
}

#[tokio::test]
async fn only_registrations_can_be_read_and_nothing_be_changed() {
    let inner = Arc::new(InMemory::new());
    for path in [PLACE, "memory/week/2020W127/1.json"] {
        inner.put(&path.into(), "x".into()).await.unwrap();
    }
    let narrow = RegistrationsOnly(Arc::clone(&inner) as _);
    let denied = |error: Error| assert!(matches!(error, Error::PermissionDenied { .. }), "{error}");
    assert_eq!(narrow.get(&PLACE.into()).await.unwrap().bytes().await.unwrap().as_ref(), b"x");
    assert_eq!(narrow.get_range(&PLACE.into(), 0..1).await.unwrap().as_ref(), b"x");
    denied(narrow.get(&"memory/week/2020W127/1.json".into()).await.unwrap_err());
    denied(narrow.get_range(&"memory/week/2020W127/1.json".into(), 0..1).await.unwrap_err());
    denied(narrow.put(&PLACE.into(), "y".into()).await.unwrap_err());
    denied(narrow.delete(&PLACE.into()).await.unwrap_err());
    denied(narrow.copy(&PLACE.into(), &"registrations/x".into()).await.unwrap_err());
    denied(narrow.list(None).try_collect::<Vec<_>>().await.unwrap_err());
    denied(narrow.list_with_delimiter(None).await.unwrap_err());
    assert!(narrow.put_multipart(&PLACE.into()).await.is_err());
    assert_eq!(inner.get(&PLACE.into()).await.unwrap().bytes().await.unwrap().as_ref(), b"x");
    assert!(!is_of_registrations(&Path::from("registrations/melding/VT07/2020-07/1.json")));
}

#[tokio::test]
async fn what_reads_no_registrations_is_computed_before_it_travels_and_comes_to_the_same() {
    let session = SessionContext::new();
    session.register_object_store(crate::engine::vault_url().as_ref(), Arc::new(InMemory::new()));
    session.register_table("meldingen", Arc::new(RegistrationTable::new(RecordType::Melding, &[], None))).unwrap();
    let sql = "WITH d AS (SELECT unnest(range(DATE '2020-06-01', DATE '2020-06-04', INTERVAL '1 day')) AS dag),
                 k (dag, naam) AS (SELECT d.dag, v.naam FROM d JOIN (VALUES ('a'), ('b')) AS v (naam) ON true)
               SELECT k.dag, k.naam, count(meldingen.vt) AS n FROM k LEFT JOIN meldingen ON meldingen.ontvangstdatum = k.dag
               GROUP BY k.dag, k.naam ORDER BY 1, 2";
    let plan = session.sql(sql).await.unwrap().into_unoptimized_plan();
    let computed = constants::computed(plan.clone(), &session).await.unwrap();
    let text = computed.display_indent().to_string();
    assert!(text.contains("Values") && !text.contains("Unnest") && text.contains("TableScan: meldingen"), "{text}");
    let rows = async |plan| session.execute_logical_plan(plan).await.unwrap().collect().await.unwrap();
    let (before, after) = (rows(plan).await, rows(computed.clone()).await);
    assert_eq!(before.iter().map(|batch| batch.num_rows()).sum::<usize>(), 6);
    let shown = |batches: &[_]| arrow::util::pretty::pretty_format_batches(batches).unwrap().to_string();
    assert_eq!(shown(&before), shown(&after));
    // And it travels.
    let codec = RegistrationCodec::default();
    let node = LogicalPlanNode::try_from_logical_plan(&computed, &codec).unwrap();
    let arrived = node.try_into_logical_plan(&session.task_ctx(), &codec).unwrap();
    assert_eq!(shown(&rows(arrived).await), shown(&after));
}

#[test]
fn executors_hold_what_they_write_for_others_within_their_memory() {
    let config = EngineConfig { memory_mib: 64, ..EngineConfig::default() };
    let settings = settings(&config);
    let options = settings.options();
    assert_eq!(options.execution.target_partitions, config.cluster.parts);
    assert!(!options.optimizer.repartition_joins && !settings.ballista_adaptive_query_planner_enabled());
    let limit =
        options.entries().into_iter().find(|it| it.key == BALLISTA_SHUFFLE_SORT_BASED_MEMORY_LIMIT_PER_TASK_BYTES);
    assert_eq!(limit.and_then(|entry| entry.value).as_deref(), Some("16777216"));
}
