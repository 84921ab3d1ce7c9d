//! The product's side of the benchmark: makes the delivery, says what the other engines must know, and does the work.
//!
//! `tests/bench/run` calls it; `tests/bench/README.md` explains. A delivery comes from an inbox, is fetched, parsed, validated
//! and kept as `vt-monitor pull` does, then gated and counted as `vt-monitor publish` does, up to the unprotected cells.

mod contract;
mod expected;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use object_store::local::LocalFileSystem;
use serde_json::json;
use vt_disclosure::CellTable;
use vt_domain::clock::{ManualClock, local_date};
use vt_domain::codes::CodeLists;
use vt_domain::delivery::{Compression, DeliveryEntry, FileFormat};
use vt_domain::register::Register;
use vt_domain::{Clock, Month};
use vt_intake::checks::Catalogue;
use vt_intake::fetch::{FetchOptions, Fetcher};
use vt_intake::keep::keep;
use vt_intake::parse::{ParseLimits, parse};
use vt_intake::source::{InboxSource, Limits, Source, SourceConfig};
use vt_intake::validate::{IdHasher, ValidationContext, validate};
use vt_publication::aggregate::aggregate;
use vt_publication::engine::{Engine, EngineConfig};
use vt_publication::gate::{PeriodInput, gate};
use vt_simulator::{BulkRequest, write_bulk};
use vt_vault::{DeliveryRecord, Vault};

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let command = words.next().context("generate, contract or run")?;
    let options = Options::read(words)?;
    match command.as_str() {
        "generate" => generate(&options),
        "contract" => contract::export(options.get("region")?, options.month()?, &options.path("out")?),
        "run" => run(&options),
        _ => bail!("unknown command: generate, contract or run"),
    }
}

/// `--name value` pairs.
struct Options(BTreeMap<String, String>);

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = BTreeMap::new();
        while let Some(name) = words.next() {
            let name = name.strip_prefix("--").context("options are --name value")?;
            options.insert(name.to_owned(), words.next().with_context(|| format!("--{name} needs a value"))?);
        }
        Ok(Self(options))
    }

    fn get(&self, name: &str) -> anyhow::Result<&str> {
        self.0.get(name).map(String::as_str).with_context(|| format!("--{name} is missing"))
    }

    fn path(&self, name: &str) -> anyhow::Result<PathBuf> {
        Ok(std::path::absolute(self.get(name)?)?)
    }

    fn month(&self) -> anyhow::Result<Month> {
        Ok(self.get("month")?.parse()?)
    }
}

fn generate(options: &Options) -> anyhow::Result<()> {
    let format = match options.get("format")? {
        "csv" => FileFormat::Csv,
        "ndjson" => FileFormat::Ndjson,
        _ => bail!("--format is csv or ndjson"),
    };
    let compression = match options.get("compression")? {
        "geen" => Compression::Geen,
        "zstd" => Compression::Zstd,
        _ => bail!("--compression is geen or zstd"),
    };
    let request = BulkRequest {
        vt: options.get("region")?.to_owned(),
        month: options.month()?,
        format,
        compression,
        ..BulkRequest::new(options.get("rows")?.parse()?)
    };
    write_bulk(&options.path("out")?, &request)?;
    Ok(())
}

/// Seconds a stage took, and the highest memory of the process until its end.
struct Stages {
    begun: Instant,
    seconds: Vec<(&'static str, f64)>,
    peak_mib: Vec<(&'static str, f64)>,
}

impl Stages {
    fn begin() -> Self {
        Self { begun: Instant::now(), seconds: Vec::new(), peak_mib: Vec::new() }
    }

    fn end(&mut self, name: &'static str) {
        self.seconds.push((name, self.begun.elapsed().as_secs_f64()));
        self.peak_mib.push((name, peak_mib()));
        self.begun = Instant::now();
    }

    fn report(&self) -> serde_json::Value {
        let of = |values: &[(&str, f64)]| -> serde_json::Map<String, serde_json::Value> {
            values.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
        };
        json!({
            "stages": of(&self.seconds),
            "seconds": self.seconds.iter().map(|(_, seconds)| seconds).sum::<f64>(),
            "peaks_mib": of(&self.peak_mib),
            "peak_mib": peak_mib(),
        })
    }
}

/// The process's highest resident memory so far (`VmHWM`), in MiB; 0 where the system does not tell.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

#[expect(clippy::print_stdout, reason = "the script reads the result there")]
fn run(options: &Options) -> anyhow::Result<()> {
    let threads: usize = options.get("threads")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let bench = Bench::open(options, threads)?;
    let mut stages = Stages::begin();
    let (record, periods, cells) = runtime.block_on(bench.work(&mut stages))?;
    let mut report = stages.report();
    let counts = record.samenvatting.as_ref().context("an accepted delivery has a summary")?;
    let of = |pick: fn(&vt_vault::RecordCount) -> u64| -> BTreeMap<&str, u64> {
        counts.records.iter().map(|(record, count)| (record.name(), pick(count))).collect()
    };
    report["read"] = json!(of(|count| count.gelezen));
    report["kept"] = json!(of(|count| count.behouden));
    let mut findings: BTreeMap<&str, u64> = BTreeMap::new();
    for found in &record.bevindingen {
        *findings.entry(&found.check).or_default() += found.aantal;
    }
    report["findings"] = json!(findings);
    if let Ok(files) = options.get("expect") {
        for file in files.split(',') {
            expected::compare(&periods, &cells, Path::new(file))?;
        }
        report["compared"] = json!(true);
    }
    println!("{report}");
    Ok(())
}

struct Bench {
    source: SourceConfig,
    month: Month,
    vault: Vault,
    threads: usize,
    now: DateTime<Utc>,
    temp_dir: PathBuf,
}

impl Bench {
    fn open(options: &Options, threads: usize) -> anyhow::Result<Self> {
        let (vt, month) = (options.get("region")?.to_owned(), options.month()?);
        let inbox = options.path("inbox")?;
        let entry = std::fs::read(inbox.join(&vt).join(month.to_string()).join("1").join("levering.json"))?;
        let entry: DeliveryEntry = serde_json::from_slice(&entry)?;
        let vault_dir = options.path("vault")?;
        let temp_dir = vault_dir.join("tmp");
        std::fs::create_dir_all(&temp_dir)?;
        let url = inbox.to_str().context("the inbox's path is UTF-8")?.to_owned();
        Ok(Self {
            source: SourceConfig {
                vt,
                source: Source::Inbox(InboxSource { url, s3: None }),
                // The delivery is larger than any real one; the limits that guard against that are not what is measured.
                limits: Limits { max_file_bytes: u64::MAX >> 1, total_timeout_s: 7_200, ..Limits::default() },
            },
            month,
            vault: Vault::new(Arc::new(LocalFileSystem::new_with_prefix(&vault_dir)?)),
            threads,
            now: entry.kop.aangemaakt_op + TimeDelta::hours(1),
            temp_dir,
        })
    }

    async fn work(&self, stages: &mut Stages) -> anyhow::Result<(DeliveryRecord, Vec<PeriodInput>, Vec<CellTable>)> {
        let record = self.pull(stages).await?;
        let (register, lists) = (Register::builtin(), CodeLists::builtin());
        let records = std::slice::from_ref(&record);
        let today = local_date(self.now);
        let periods: Vec<PeriodInput> =
            contract::periods(self.month).into_iter().map(|period| gate(period, records, register, today)).collect();
        stages.end("gate");
        let config = EngineConfig {
            partitions: self.threads,
            spill_dir: Some(self.temp_dir.clone()),
            ..EngineConfig::default()
        };
        let engine = Engine::new(&config, &self.vault)?;
        let cells = aggregate(&engine, &periods, register, lists).await?;
        stages.end("aggregate");
        Ok((record, periods, cells))
    }

    async fn pull(&self, stages: &mut Stages) -> anyhow::Result<DeliveryRecord> {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(self.now));
        let fetcher = Fetcher::new(clock, FetchOptions::default());
        let listing = fetcher.list(&self.source, self.month).await?;
        let entry = listing.leveringen.first().context("the inbox holds a delivery")?;
        let raw = fetcher.fetch(&self.source, self.month, entry, &self.vault).await?;
        stages.end("fetch");
        let limits = ParseLimits {
            max_decompressed_bytes: u64::MAX,
            temp_dir: Some(self.temp_dir.clone()),
            ..ParseLimits::default()
        };
        let parsed = parse(&self.vault, raw, &limits).await?;
        stages.end("parse");
        let hasher = IdHasher::new([7; 32]);
        let context = ValidationContext {
            asked_vt: &self.source.vt,
            asked_month: self.month,
            register: Register::builtin(),
            codes: CodeLists::builtin(),
            catalogue: Catalogue::builtin(),
            exceptions: &[],
            history: &[],
            hasher: &hasher,
            today: local_date(self.now),
            limits: &limits,
            threads: self.threads,
        };
        let outcome = validate(&self.vault, parsed, &context).await?;
        stages.end("validate");
        let record = keep(&self.vault, outcome, self.now).await?;
        stages.end("keep");
        ensure!(record.accepted(), "rejected: {:?}", record.bevindingen);
        Ok(record)
    }
}
