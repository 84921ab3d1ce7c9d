//! What analysts read with: the commands of the README, and four readers that must agree.

use std::collections::BTreeMap;
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

/// The code blocks of a language in a text.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let parts = text.split("```").skip(1).step_by(2);
    let blocks = parts.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'));
    blocks.map(str::to_owned).collect()
}

/// What a block of a text is run with.
fn command(language: &str, block: &str) -> Command {
    let query = "import duckdb, sys\nassert duckdb.execute(sys.argv[1]).fetchall(), 'no rows'";
    let mut command = Command::new(if language == "sh" { "sh".to_owned() } else { python() });
    match language {
        "sql" => command.args(["-c", query, block]),
        _ => command.args(["-c", block]),
    };
    command
}

/// The README and the texts of `docs/gebruik/`, with their names.
fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let guides = std::fs::read_dir(root.join("docs/gebruik")).unwrap().map(|entry| entry.unwrap().path());
    // What reads from a bucket is run against one (`s3::read`).
    let guides = guides.filter(|path| path.extension().is_some_and(|form| form == "md") && !path.ends_with("s3.md"));
    let texts = guides.chain([root.join("README.md")]);
    let name = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
    texts.map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_block_of_sql_and_python_runs_as_it_stands() {
    let world = full().await;
    let folder = world.out().parent().unwrap().to_owned();
    let (texts, mut ran) = (texts(), BTreeMap::new());
    for (name, text) in &texts {
        for language in ["sql", "python", "sh"] {
            // What the program's own commands do has tests of its own.
            let shown = |block: &String| {
                language != "sh" || ["minisign ", "sha256sum "].iter().any(|tool| block.starts_with(tool))
            };
            for block in blocks(text, language).into_iter().filter(shown) {
                run(&mut command(language, &block), &folder);
                *ran.entry((name.as_str(), language)).or_insert(0) += 1;
            }
        }
    }
    let shown = |name: &str, language| ran.get(&(name, language)).copied().unwrap_or(0);
    assert!(shown("README.md", "sql") >= 1 && shown("README.md", "python") >= 2, "{ran:?}");
    assert!(
        shown("docs/gebruik/recepten.md", "sql") >= 4 && shown("docs/gebruik/recepten.md", "python") >= 5,
        "{ran:?}"
    );
    assert!(
        shown("docs/gebruik/op-datum.md", "sql") >= 1 && shown("docs/gebruik/op-datum.md", "python") >= 1,
        "{ran:?}"
    );
    assert_eq!(shown("docs/gebruik/controleren.md", "sh"), 2, "{ran:?}");
}
