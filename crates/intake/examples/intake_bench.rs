//! Measures reading and judging: makes a delivery of any size in a quarantine on disk and takes it through parse, validate and keep.
//!
//! `cargo run --release -p vt-intake --example intake_bench -- 10000000 csv geen [threads] [times] [folder]`; with `KEEP=1` the
//! delivery is kept as well, once.
//!
//! The whole benchmark, beside other engines, is `tests/bench/run`; this one is for profiling.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use object_store::local::LocalFileSystem;
use vt_domain::Month;
use vt_domain::codes::CodeLists;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{Compression, DeliveryEntry, DeliveryHeader, DeliveryKind, FileEntry, FileFormat};
use vt_domain::register::Register;
use vt_intake::RawDelivery;
use vt_intake::checks::Catalogue;
use vt_intake::keep::keep;
use vt_intake::parse::{ParseLimits, parse};
use vt_intake::validate::{IdHasher, ValidationContext, validate};
use vt_vault::Vault;

/// A text is enough for an example.
type Failure = Box<dyn std::error::Error>;

struct Options {
    registrations: u64,
    format: FileFormat,
    compression: Compression,
    threads: usize,
    times: usize,
    folder: PathBuf,
}

fn options() -> Result<Options, Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |place: usize, default: &str| words.get(place).map_or(default, String::as_str).to_owned();
    Ok(Options {
        registrations: word(0, "1000000").parse()?,
        format: match word(1, "csv").as_str() {
            "csv" => FileFormat::Csv,
            "ndjson" => FileFormat::Ndjson,
            _ => return Err("csv or ndjson".into()),
        },
        compression: match word(2, "geen").as_str() {
            "geen" => Compression::Geen,
            "gzip" => Compression::Gzip,
            "zstd" => Compression::Zstd,
            _ => return Err("geen, gzip or zstd".into()),
        },
        threads: word(3, "2").parse()?,
        times: word(4, "3").parse()?,
        folder: PathBuf::from(word(5, "/tmp/intake_bench")).join(word(0, "1000000")),
    })
}

#[expect(clippy::print_stdout, reason = "an example answers there")]
fn main() -> Result<(), Failure> {
    let options = options()?;
    std::fs::create_dir_all(&options.folder)?;
    let vault = Vault::new(Arc::new(LocalFileSystem::new_with_prefix(&options.folder)?));
    let raw = made(&options)?;
    let bytes: u64 = raw.entry.bestanden.iter().map(|file| file.bytes).sum();
    let rows: u64 = raw.entry.bestanden.iter().map(|file| file.records).sum();
    println!("{rows} records, {} MB in the quarantine", bytes / 1_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(options.threads).enable_all().build()?;
    for _ in 0..options.times {
        runtime.block_on(once(&options, &vault, raw.clone()))?;
    }
    println!("peak memory {:.0} MiB", peak_mib());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example answers there")]
async fn once(options: &Options, vault: &Vault, raw: RawDelivery) -> Result<(), Failure> {
    let (limits, hasher) = (ParseLimits::default(), IdHasher::new([7; 32]));
    let (id, rows) = (raw.id.clone(), raw.entry.bestanden.iter().map(|file| file.records).sum::<u64>());
    let begun = Instant::now();
    let parsed = parse(vault, raw, &limits).await?;
    let ctx = ValidationContext {
        asked_vt: &id.vt,
        asked_month: id.maand,
        register: Register::builtin(),
        codes: CodeLists::builtin(),
        catalogue: Catalogue::builtin(),
        exceptions: &[],
        history: &[],
        hasher: &hasher,
        today: "2020-08-05".parse()?,
        limits: &limits,
        threads: options.threads,
    };
    let outcome = validate(vault, parsed, &ctx).await?;
    let judged = begun.elapsed().as_secs_f64();
    if !outcome.is_accepted() {
        return Err(format!("{outcome:?}").into());
    }
    if std::env::var_os("KEEP").is_some() {
        keep(vault, outcome, "2020-08-05T09:00:00Z".parse()?).await?;
    }
    println!("judged in {judged:.2} s: {:.2} million records a second", rows as f64 / judged / 1e6);
    Ok(())
}

/// The highest resident memory of the process so far.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
}

/// Writes the three files into the quarantine, unless they are there already.
fn made(options: &Options) -> Result<RawDelivery, Failure> {
    let month: Month = "2020-07".parse()?;
    let kop = DeliveryHeader {
        protocol_versie: "1".into(),
        vt_code: "VT07".into(),
        leveringsmaand: month,
        levering_nr: 1,
        soort: DeliveryKind::Volledig,
        tot_en_met: month.last_day(),
        aangemaakt_op: "2020-08-03T08:00:00Z".parse()?,
        bronsysteem: "bench".into(),
    };
    let folder = options.folder.join("quarantine/VT07/2020-07/1");
    std::fs::create_dir_all(&folder)?;
    let mut bestanden = Vec::new();
    for (record, share) in RecordType::ALL.into_iter().zip([45, 50, 5]) {
        let records = options.registrations * share / 100;
        let mut file = FileEntry {
            recordsoort: record,
            formaat: options.format,
            compressie: options.compression,
            href: String::new(),
            bytes: 0,
            sha256: "0".repeat(64),
            records,
        };
        let path = folder.join(file.kept_name());
        if !path.exists() {
            write(&path, &file)?;
        }
        file.bytes = std::fs::metadata(&path)?.len();
        bestanden.push(file);
    }
    Ok(RawDelivery::new("VT07", month, DeliveryEntry { kop, bestanden }))
}

fn write(path: &Path, file: &FileEntry) -> Result<(), Failure> {
    let out = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    match file.compressie {
        Compression::Geen => Ok(lines(file, out)?.flush()?),
        Compression::Gzip => {
            let encoder = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
            Ok(lines(file, encoder)?.finish()?.flush()?)
        }
        Compression::Zstd => Ok(lines(file, zstd::Encoder::new(out, 1)?)?.finish()?.flush()?),
    }
}

fn lines<W: Write>(file: &FileEntry, mut out: W) -> std::io::Result<W> {
    let fields = file.recordsoort.fields();
    let csv = file.formaat == FileFormat::Csv;
    if csv {
        writeln!(out, "{}", fields.iter().map(|field| field.name).collect::<Vec<_>>().join(";"))?;
    }
    let mut draw = 1u64;
    let mut line = String::new();
    for nr in 0..file.records {
        line.clear();
        let values = record(file.recordsoort, nr, &mut draw);
        if csv {
            line.push_str(&values.join(";"));
        } else {
            json(&mut line, fields, &values);
        }
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(out)
}

fn json(line: &mut String, fields: &[vt_domain::contract::Field], values: &[String]) {
    use vt_domain::contract::FieldKind::{Bool, Codes, Count};
    line.push('{');
    for (field, value) in fields.iter().zip(values) {
        if value.is_empty() && !field.required {
            continue;
        }
        if line.len() > 1 {
            line.push(',');
        }
        let text = match field.kind {
            Bool | Count => value.clone(),
            Codes(_) => format!("[\"{}\"]", value.replace('|', "\",\"")),
            _ => format!("\"{value}\""),
        };
        line.push_str(&format!("\"{}\":{text}", field.name));
    }
    line.push('}');
}

fn record(record: RecordType, nr: u64, draw: &mut u64) -> Vec<String> {
    let mut pick = |from: &[&str]| {
        *draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        from[(*draw >> 33) as usize % from.len()].to_owned()
    };
    let days: Vec<String> = (1..=31).map(|day| format!("2020-07-{day:02}")).collect();
    let days: Vec<&str> = days.iter().map(String::as_str).collect();
    let aard =
        ["partnergeweld", "kindermishandeling", "partnergeweld|kindermishandeling", "ouderenmishandeling", "onbekend"];
    let vorm = [
        "",
        "psychisch_geweld",
        "lichamelijke_mishandeling|psychisch_geweld",
        "getuige_van_geweld",
        "affectieve_verwaarlozing",
    ];
    let duur = ["", "1_jaar_tot_5_jaar", "langer_dan_5_jaar", "hoogstens_1_week"];
    let gm = ["GM0402", "GM0406", "GM1942", "GM0376", "GM0417"];
    let organisatie = ["politie", "politie", "huisarts", "onderwijs", "maatschappelijk_werk", "ggz"];
    match record {
        RecordType::Advies => vec![
            format!("A{nr:011}"),
            pick(&days),
            pick(&["telefoon", "telefoon", "chat", "mail"]),
            "beroepsmatig".into(),
            pick(&organisatie),
            pick(&aard),
            pick(&vorm),
            pick(&duur),
            pick(&gm),
        ],
        RecordType::Melding => {
            let (day, organisatie) = (pick(&days), pick(&organisatie));
            vec![
                format!("M{nr:011}"),
                format!("C{:08x}", nr.wrapping_mul(2_654_435_761)),
                day.clone(),
                "beroepsmatig".into(),
                organisatie.clone(),
                pick(&aard),
                pick(&vorm),
                pick(&duur),
                (organisatie == "politie").to_string(),
                pick(&gm),
                pick(&["2", "3", "4"]),
                pick(&["0", "1", "2", ""]),
                pick(&["acuut", "structureel", "acuut|structureel", "geen"]),
                pick(&["vervolg_vt", "overdracht", "geen_vervolg"]),
                day,
                pick(&["geen", "na_veiligheidsbeoordeling", "tijdens_monitoring"]),
            ]
        }
        RecordType::Vervolgdienst => vec![
            format!("D{nr:011}"),
            format!("M{nr:011}"),
            pick(&["onderzoek", "voorwaarden_vervolg", "monitor"]),
            "2020-05-04".into(),
            pick(&days),
            pick(&["kindermishandeling_bevestigd", "huiselijk_geweld_bevestigd|kindermishandeling_niet_bevestigd"]),
            pick(&["wijkteam", "wijkteam|ggz", "geen"]),
        ],
    }
}
