//! `disclosure round`: the same tables with protected values, and the certificate.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};
use vt_disclosure::attack::spec::Rounded;
use vt_disclosure::{Certificate, Policy, ProtectionAudit};
use vt_publication::keys::MasterKey;

use super::Opened;
use super::protected::{self, ProtectedFile};
use super::remembered::Memory;
use crate::cli::RoundArgs;
use crate::exit::{Exit, Usage};
use crate::output::{Output, count};

/// The certificate as it is written: a verdict, never a count.
#[derive(Serialize)]
struct CertificateFile<'a> {
    format: &'static str,
    version: u32,
    software: &'static str,
    passed: bool,
    /// Every value is a multiple of this.
    base: u32,
    /// No value is further than this from its true count.
    bound: u32,
    /// Issues checked, the last being that of these tables.
    issues: usize,
    key_fingerprint: String,
    certificates: &'a [Certificate],
    tables: Vec<TableDigest>,
}

#[derive(Serialize)]
struct TableDigest {
    file: PathBuf,
    sha256: String,
}

/// The answer: for the operator alone, as it tells how well the values fit.
#[derive(Serialize)]
struct Answer<'a> {
    tables: Vec<&'a Path>,
    issues: usize,
    new: &'a [ProtectionAudit],
    key_fingerprint: String,
    /// Columns that were copied as they are.
    copied: Vec<String>,
}

pub(super) fn run(args: &RoundArgs, output: Output) -> Result<Exit> {
    check_empty(&args.out)?;
    let opened = Opened::read(&args.spec)?;
    let problem = opened.problem()?;
    let memory = args.memory.as_deref().map(Memory::open).transpose()?;
    let (key, key_from) = key(args, memory.as_ref())?;
    let earlier = memory.as_ref().map_or_else(|| Ok(Vec::new()), Memory::records)?;
    let known = earlier.len();
    let policy = Policy::default();
    let rounded = problem.round(earlier, &key.disclosure_key(), &policy)?;
    let files = protected::files(&opened, &rounded.values)?;
    // Memory first: values that were seen must never be forgotten.
    if let Some(memory) = &memory {
        rounded.records[known..].iter().try_for_each(|record| memory.keep(record))?;
    }
    for file in &files {
        write(&args.out.join(&file.path), &file.bytes)?;
    }
    let spec = protected::spec(&opened, &policy)?;
    write(&args.out.join("spec.json"), (serde_json::to_string_pretty(&spec)? + "\n").as_bytes())?;
    let certificate = certificate(&rounded, &files, &policy, key.disclosure_key().fingerprint());
    write(&args.out.join("certificate.json"), (serde_json::to_string_pretty(&certificate)? + "\n").as_bytes())?;
    let answer = Answer {
        tables: files.iter().map(|file| file.path.as_path()).collect(),
        issues: rounded.records.len(),
        new: &rounded.audits,
        key_fingerprint: key.disclosure_key().fingerprint(),
        copied: copied(&files),
    };
    output.answer(&answer, |answer| text(answer, args, &key_from))?;
    Ok(Exit::Done)
}

/// The key, and where it is from.
fn key(args: &RoundArgs, memory: Option<&Memory>) -> Result<(MasterKey, String)> {
    if let Some(path) = &args.key_file {
        return Ok((MasterKey::from_file(path)?, format!("key from {}", path.display())));
    }
    if let Some(memory) = memory {
        return Ok((memory.key()?, "key kept in the memory".to_owned()));
    }
    let folder = tempfile::tempdir().context("no folder for a key of this run")?;
    Ok((MasterKey::create(&folder.path().join("key"))?, "key made for this run and thrown away".to_owned()))
}

/// Refuses a folder that holds anything: an earlier result, which readers may have, or the true counts.
fn check_empty(out: &Path) -> Result<()> {
    let holds = match std::fs::read_dir(out) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(error).with_context(|| format!("`{}` can't be read", out.display())),
    };
    if holds {
        let rule = "is not empty, and nothing is written over: name a new folder for each round";
        return Err(Usage(format!("--out {} {rule}", out.display())).into());
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("`{}` can't be made", folder.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("`{}` can't be written", path.display()))
}

fn certificate<'a>(
    rounded: &'a Rounded,
    files: &[ProtectedFile],
    policy: &Policy,
    key_fingerprint: String,
) -> CertificateFile<'a> {
    let digest = |file: &ProtectedFile| TableDigest {
        file: file.path.clone(),
        sha256: hex::encode(Sha256::digest(&file.bytes)),
    };
    CertificateFile {
        format: "vt-monitor/rounding-certificate",
        version: 1,
        software: env!("CARGO_PKG_VERSION"),
        passed: rounded.certificates.iter().all(Certificate::passed),
        base: policy.base,
        bound: policy.bound,
        issues: rounded.records.len(),
        key_fingerprint,
        certificates: &rounded.certificates,
        tables: files.iter().map(digest).collect(),
    }
}

fn copied(files: &[ProtectedFile]) -> Vec<String> {
    let names = |file: &ProtectedFile| {
        file.copied.iter().map(|column| format!("{}: {column}", file.path.display())).collect::<Vec<_>>()
    };
    files.iter().flat_map(names).collect()
}

fn text(answer: &Answer<'_>, args: &RoundArgs, key_from: &str) -> String {
    let mut text = format!(
        "{} written to {}, with certificate.json and spec.json\n{key_from} ({})\n",
        count(answer.tables.len(), "table"),
        args.out.display(),
        answer.key_fingerprint
    );
    for audit in answer.new {
        text += &format!(
            "{} protected; largest move {}, {} beyond 4\n",
            count(audit.cells, "cell"),
            audit.max_error,
            audit.beyond_ideal
        );
    }
    if answer.new.is_empty() {
        text += "nothing changed since the memory's last round: the same values\n";
    }
    if args.memory.is_none() {
        text += "without --memory nothing is remembered: never publish a second version of these tables\n";
    }
    for column in &answer.copied {
        text += &format!("copied as it is, make sure that it counts nothing: {column}\n");
    }
    text
}
