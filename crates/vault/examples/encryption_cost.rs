//! What encryption of the private store costs: raw files and registrations, written and read on a directory, plain and encrypted in turn.
//!
//! ```sh
//! cargo run --release -p vt-vault --example encryption_cost            # 256 MiB raw, 2,000,000 registrations, 5 rounds
//! cargo run --release -p vt-vault --example encryption_cost 64 500000 3
//! ```

#![expect(clippy::print_stdout, reason = "it is read by a person")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Date32Array, FixedSizeBinaryArray, RecordBatch, StringArray};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use vt_domain::contract::RecordType;
use vt_domain::delivery::DeliveryId;
use vt_vault::{StoreKey, StoreKeys, Vault, registration_schema};

/// Rows that are written together.
const BATCH: usize = 8_192;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (mib, rows, rounds) = (number(256)?, number(2_000_000)?, number(5)?);
    let folder = tempfile::tempdir()?;
    let keys = StoreKeys::new(StoreKey::generate(), Vec::new())?;
    let plain = Vault::new(directory(&folder.path().join("plain"))?);
    let sealed = Vault::sealed(directory(&folder.path().join("sealed"))?, keys);
    let text = csv();
    let batch = batch()?;
    println!("{mib} MiB of raw bytes, {rows} registrations, the best of {rounds} rounds\n");
    println!("{:<22} {:>12} {:>12} {:>8}", "", "plain", "encrypted", "ratio");
    let raw = (mib as f64, "MiB/s");
    let thousands = (rows as f64 / 1_000.0, "k rows/s");
    let mut best = [[f64::MAX; 2]; 4];
    for _ in 0..rounds {
        for (vault, side) in [(&plain, 0), (&sealed, 1)] {
            let seconds = [
                timed(write_raw(vault, &text, mib)).await?,
                timed(read_raw(vault)).await?,
                timed(write_rows(vault, &batch, rows)).await?,
                timed(read_rows(vault)).await?,
            ];
            for (best, seconds) in best.iter_mut().zip(seconds) {
                best[side] = best[side].min(seconds);
            }
        }
    }
    let names = [
        ("raw, write", raw),
        ("raw, read", raw),
        ("registrations, write", thousands),
        ("registrations, read", thousands),
    ];
    for ((name, (amount, unit)), [plain, sealed]) in names.into_iter().zip(best) {
        let speed = |seconds: f64| format!("{:.0} {unit}", amount / seconds);
        println!("{name:<22} {:>12} {:>12} {:>7.2}x", speed(plain), speed(sealed), sealed / plain);
    }
    Ok(())
}

fn directory(path: &Path) -> Outcome<Arc<LocalFileSystem>> {
    std::fs::create_dir(path)?;
    Ok(Arc::new(LocalFileSystem::new_with_prefix(path)?))
}

async fn timed(work: impl Future<Output = Outcome<()>>) -> Outcome<f64> {
    let start = Instant::now();
    work.await?;
    Ok(start.elapsed().as_secs_f64())
}

fn id() -> DeliveryId {
    // Unwrap safety: July 2020 is a month.
    DeliveryId { vt: "VT07".into(), maand: "2020-07".parse().unwrap(), nr: 1 }
}

/// A mebibyte of lines as a region delivers them.
fn csv() -> Bytes {
    let line =
        |n: usize| format!("M{n:08};2020-07-{:02};GM{:04};partnergeweld|kindermishandeling\n", n % 31 + 1, n % 355);
    let mut text: Vec<u8> = (0..40_000).flat_map(|n| line(n).into_bytes()).collect();
    text.truncate(1 << 20);
    text.into()
}

async fn write_raw(vault: &Vault, text: &Bytes, mib: usize) -> Outcome<()> {
    let mut writer = vault.quarantine(&id(), "melding.csv").await?;
    for _ in 0..mib {
        writer.write(text.clone()).await?;
    }
    writer.finish().await?;
    Ok(vault.keep_raw(&id(), &["melding.csv".to_owned()]).await?)
}

async fn read_raw(vault: &Vault) -> Outcome<()> {
    let read = vault.raw(&id(), "melding.csv").await?.try_fold(0, |sum, piece| async move { Ok(sum + piece.len()) });
    assert!(read.await? > 0);
    Ok(())
}

fn batch() -> Outcome<RecordBatch> {
    let texts = |codes: &'static [&'static str]| -> ArrayRef {
        Arc::new(StringArray::from_iter_values((0..BATCH).map(|row| codes[row * 7 % codes.len()])))
    };
    // Hashed ids look like chance.
    let ids =
        (0..BATCH as u128).map(|row| (row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(FixedSizeBinaryArray::try_from_iter(ids)?),
        Arc::new(Date32Array::from_iter_values((0..BATCH).map(|row| 18_444 + (row % 31) as i32))),
        texts(&["politie", "onderwijs", "huisarts", "burger"]),
        texts(&["partnergeweld", "kindermishandeling", "partnergeweld|kindermishandeling"]),
        texts(&["lichamelijk", "psychisch", "onbekend"]),
        texts(&["onbekend", "langer_dan_jaar"]),
        texts(&["acuut", "structureel", "acuut|structureel", "geen"]),
        texts(&["ja", "nee", "onbekend"]),
        texts(&["overdracht", "vervolg_vt", "geen_vervolg"]),
        texts(&["GM0402", "GM0406", "GM0417", "GM1942"]),
    ];
    Ok(RecordBatch::try_new(registration_schema(RecordType::Melding), columns)?)
}

async fn write_rows(vault: &Vault, batch: &RecordBatch, rows: usize) -> Outcome<()> {
    let mut writer = vault.registrations(&id(), RecordType::Melding)?;
    for _ in 0..rows / BATCH {
        writer.write(batch).await?;
    }
    writer.finish().await?;
    Ok(())
}

async fn read_rows(vault: &Vault) -> Outcome<()> {
    let path = vault.registration_path(&id(), RecordType::Melding);
    Ok(vault.examine_registrations(&path).await?)
}
