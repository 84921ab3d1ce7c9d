//! Analysts read from the bucket itself, as `docs/gebruik/s3.md` says.

use std::path::Path;
use std::process::Command;

use super::job::{BUCKET, on_s3};
use crate::readers::{blocks, python, run};

#[tokio::test(flavor = "multi_thread")]
async fn every_block_of_python_reads_the_same_sum_from_the_bucket() {
    let played = on_s3().await;
    let folder = played.folder.path();
    vt_tests::mirror_of(&played.places, &folder.join("local")).await.unwrap();
    let table = folder.join("local/published/snapshots/four_weeks/2019W402/1/kerncijfers.json");
    let table: serde_json::Value = serde_json::from_slice(&std::fs::read(table).unwrap()).unwrap();
    let rows = table["rijen"].as_array().unwrap().iter();
    let expected: i64 = rows.filter_map(|row| row["waarde"].as_i64()).sum();
    assert!(expected > 10_000);
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/gebruik/s3.md");
    let text = std::fs::read_to_string(text).unwrap();
    let found = blocks(&text, "python");
    for library in ["polars", "pyarrow", "duckdb"] {
        assert!(found.iter().any(|block| block.contains(library)), "{library}");
    }
    for block in found {
        let block = block.replace("s3://lotc-monitor/published", &format!("s3://{BUCKET}/demo/published"));
        let block = block.replace("\"lotc-monitor/published", &format!("\"{BUCKET}/demo/published"));
        let block = block.replace("2020W407", "2019W402");
        let mut command = Command::new(python());
        command
            .args(["-c", &block])
            .env("AWS_ENDPOINT_URL", played.access.endpoint.as_str().trim_end_matches('/'))
            .env("AWS_ACCESS_KEY_ID", &played.access.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &played.access.secret_access_key)
            .env("AWS_REGION", &played.access.region)
            .env("AWS_ALLOW_HTTP", "true");
        assert_eq!(run(&mut command, folder).trim(), expected.to_string(), "{block}");
    }
}
