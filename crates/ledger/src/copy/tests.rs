use std::collections::BTreeMap;

use vt_servers::Postgres;

use super::*;
use crate::fault::Fault;
use crate::run::NewRun;

fn now() -> chrono::DateTime<chrono::Utc> {
    "2022-01-01T00:00:00Z".parse().unwrap()
}

/// The columns of a ledger as its database knows them, by table; a number or text.
async fn columns(ledger: &Ledger, sql: &'static str) -> BTreeMap<String, Vec<(String, bool)>> {
    let mut tables: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for row in sqlx::query(sql).fetch_all(&ledger.pool).await.unwrap() {
        let is_number = row.get::<String, _>("kind").to_uppercase().contains("INT");
        tables.entry(row.get("tab")).or_default().push((row.get("col"), is_number));
    }
    tables
}

#[tokio::test]
async fn every_table_and_column_of_both_databases_is_copied() {
    const SQLITE: &str =
        "SELECT m.name AS tab, p.name AS col, p.type AS kind FROM sqlite_master m, pragma_table_info(m.name) p
        WHERE m.type = 'table' AND m.name <> '_sqlx_migrations' ORDER BY m.name, p.cid";
    const POSTGRES: &str =
        "SELECT CAST(table_name AS TEXT) AS tab, CAST(column_name AS TEXT) AS col, CAST(data_type AS TEXT) AS kind
        FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> '_sqlx_migrations'
        ORDER BY table_name, ordinal_position";
    let known: BTreeMap<String, Vec<(String, bool)>> = TABLES
        .iter()
        .map(|table| {
            let column =
                |column: &tables::Column| (column.name().to_owned(), matches!(column, tables::Column::Number(_)));
            (table.name.to_owned(), table.columns.iter().map(column).collect())
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = Ledger::open(folder.path().join("ledger.sqlite").to_str().unwrap()).await.unwrap();
    let server = Postgres::shared().unwrap();
    let database = Ledger::open(&server.new_ledger().unwrap()).await.unwrap();
    assert_eq!(columns(&file, SQLITE).await, known);
    assert_eq!(columns(&database, POSTGRES).await, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_with_everything_in_it_is_copied_there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let address = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let server = Postgres::shared().unwrap();
    let file = Ledger::open(&address("ledger.sqlite")).await.unwrap();
    crate::contract_suite::all(&file).await.unwrap();
    let held = file.record_held_back("2020W407".parse().unwrap(), 9, now(), &Fault::new("rule", "not yet")).await;
    assert!(held.is_ok());
    // What the cases left is held by nobody that can be found.
    let refused = file.copy_to(&Ledger::open(&server.new_ledger().unwrap()).await.unwrap()).await;
    assert!(matches!(refused, Err(LedgerError::InUse { .. })), "{refused:?}");
    sqlx::query("UPDATE leases SET expires = '2020-01-01T00:00:00.000Z'").execute(&file.pool).await.unwrap();

    let database = Ledger::open(&server.new_ledger().unwrap()).await.unwrap();
    let there = file.copy_to(&database).await.unwrap();
    let empty: Vec<_> = there.tables.iter().filter(|table| table.rows == 0).map(|table| table.table).collect();
    assert!(there.audit_entries > 100 && empty.is_empty(), "the suite fills every table, but not {empty:?}");
    let again = file.copy_to(&database).await;
    assert!(matches!(again, Err(LedgerError::NotEmpty { table: "runs" })), "{again:?}");

    let back = Ledger::open(&address("back.sqlite")).await.unwrap();
    assert_eq!(database.copy_to(&back).await.unwrap(), there);
    for ledger in [&database, &back] {
        let newest = ledger.latest_runs(1).await.unwrap()[0].id;
        let new = NewRun::of_this_process("after", "0.1.0", now());
        assert!(ledger.begin_run(&new).await.unwrap() > newest, "numbers go on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = Ledger::open(folder.path().join("ledger.sqlite").to_str().unwrap()).await.unwrap();
    let now = now();
    file.begin_run(&NewRun::of_this_process("pull", "0.1.0", now)).await.unwrap();
    assert!(file.remember_stores("a mark", now).await.is_ok());
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let database = Ledger::open(&server.url(&name)).await.unwrap();
    // The last table changes what it is given.
    let other =
        "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.mark := 'other'; RETURN NEW; END $$;
        CREATE TRIGGER other BEFORE INSERT ON stores FOR EACH ROW EXECUTE FUNCTION other()";
    server.sql(&name, other).unwrap();
    let refused = file.copy_to(&database).await;
    assert!(matches!(refused, Err(LedgerError::CopyDiffers { table: "stores" })), "{refused:?}");
    assert_eq!(database.latest_runs(9).await.unwrap(), []);
}
