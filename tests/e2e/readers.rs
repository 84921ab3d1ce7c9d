//! What analysts read with: the commands of the README, and four readers that must agree.

use std::path::Path;
use std::process::Command;

use vt_domain::period::Period;
use vt_tests::World;

use crate::whole_job::full;

const PERIOD: &str = "2020W407";

pub fn python() -> String {
    std::env::var("VT_TEST_PYTHON").expect("VT_TEST_PYTHON is not set: run tests/run, which installs the readers")
}

pub fn run(command: &mut Command, folder: &Path) -> String {
    let done = command.current_dir(folder).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{command:?}\n{out}\n{err}");
    out.into_owned()
}

/// The sum of `waarde` in a published table.
fn sum(world: &World, table: &str) -> i64 {
    let rows = world.rows(PERIOD.parse::<Period>().unwrap(), table).unwrap();
    rows.iter().filter_map(|row| row["waarde"].as_i64()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_polars_pandas_and_pyarrow_read_the_same_sums_from_every_form() {
    let world = full().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("readers/sums.py");
    let folder = world.path(&format!("published/snapshots/four_weeks/{PERIOD}/1"));
    let answer = run(Command::new(python()).arg(script).arg("."), &folder);
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    for table in ["kerncijfers", "verdelingen"] {
        let expected = sum(world, table);
        let found = answer[table].as_object().unwrap();
        assert!(found.len() >= 9, "{found:?}");
        for (reader, value) in found {
            assert_eq!(value.as_i64(), Some(expected), "{table} by {reader}");
        }
    }
}

/// The code blocks of a language in the README.
fn blocks(language: &str) -> Vec<String> {
    let readme = include_str!("../../README.md");
    let parts = readme.split("```").skip(1).step_by(2);
    let blocks = parts.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'));
    blocks.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_sql_and_python_run_as_they_stand() {
    let world = full().await;
    let folder = world.out().parent().unwrap().to_owned();
    let (sql, python_blocks) = (blocks("sql"), blocks("python"));
    assert!(!sql.is_empty() && python_blocks.len() >= 2, "the README shows SQL and Python");
    for query in sql {
        let script = format!(
            "import duckdb\nrows = duckdb.sql('''{query}''').fetchall()\nassert rows, 'no rows'\nprint(len(rows))"
        );
        run(Command::new(python()).args(["-c", &script]), &folder);
    }
    for block in python_blocks {
        run(Command::new(python()).args(["-c", &block]), &folder);
    }
}
