//! Validates one file: one reading as a rule, more when ids are under suspicion of standing in it twice.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use vt_domain::delivery::FileEntry;
use vt_vault::{RegistrationWriter, Vault};

use super::fingerprints::Fingerprints;
use super::judge::{FileRules, Judge, Judged, suspects};
use super::pass::Pass;
use super::tally::Tally;
use crate::checks::Found;
use crate::error::IntakeError;
use crate::parse::ParsedDelivery;

/// So many repeated ids are followed at least; more than the tolerance of the file in any case.
const REPEATED_IDS: usize = 1 << 20;

/// What came of a file.
pub(crate) struct FileResult {
    pub tally: Tally,
    /// What is wrong with the file as a whole, or in its beginning or end.
    pub faults: Vec<Found>,
    /// Registrations of the records that count; nothing is in the store until it is finished.
    pub writer: RegistrationWriter,
    /// Of the ids and of the references to meldingen, those in the sample.
    pub sampled_ids: Vec<u64>,
    pub references: Vec<u64>,
}

/// Validates files of one delivery.
pub(crate) struct FileValidator<'a> {
    pub vault: &'a Vault,
    pub parsed: &'a ParsedDelivery,
    pub threads: usize,
    /// Percentage of records that may be dropped.
    pub tolerance: f64,
}

impl FileValidator<'_> {
    /// Reads and judges a file.
    ///
    /// # Errors
    /// [`IntakeError`] when the store, a temporary file or a thread fails.
    pub async fn validate(&self, file: &FileEntry, rules: FileRules) -> Result<FileResult, IntakeError> {
        let (result, fingerprints) = self.judge(file, rules.clone()).await?;
        let read = result.tally.read;
        if read > file.records {
            // The file is rejected, and more ids than promised were not followed.
            return Ok(result);
        }
        let most = REPEATED_IDS.max((read as f64 * self.tolerance / 100.0) as usize + 1);
        let repeated = spawn_blocking(move || fingerprints.repeated(most)).await;
        let repeated = repeated.map_err(|_| IntakeError::Worker { file: file.kept_name() })?;
        let suspected = repeated.map_err(IntakeError::Spill)?;
        if suspected.is_empty() {
            return Ok(result);
        }
        let lines = self.repeated_lines(file, &rules, suspected, most).await?;
        if lines.is_empty() {
            return Ok(result);
        }
        result.writer.abort().await?;
        Ok(self.judge(file, FileRules { repeated: Arc::new(lines), ..rules }).await?.0)
    }

    async fn judge(&self, file: &FileEntry, rules: FileRules) -> Result<(FileResult, Fingerprints), IntakeError> {
        let limits = self.parsed.limits();
        let collector = Collector {
            promised: file.records,
            sample: rules.sample,
            fingerprints: Fingerprints::new(file.records, limits.ids_in_memory, limits.temp_dir.clone()),
            result: FileResult {
                tally: Tally::new(&rules.rules),
                faults: Vec::new(),
                writer: self.vault.registrations(self.parsed.id(), file.recordsoort)?,
                sampled_ids: Vec::new(),
                references: Vec::new(),
            },
            handle: Handle::current(),
        };
        let worker = || {
            let mut judge = Judge::new(rules.clone());
            move |table: &_, first_line| judge.judge(table, first_line)
        };
        let pass = Pass { parsed: self.parsed, file, threads: self.threads };
        let (faults, collector) = pass.run(worker, collector, Collector::take).await?;
        let mut result = collector.result;
        result.faults = faults;
        Ok((result, collector.fingerprints))
    }

    /// The lines whose id stands on an earlier line too.
    async fn repeated_lines(
        &self,
        file: &FileEntry,
        rules: &FileRules,
        suspected: HashSet<u64>,
        most: usize,
    ) -> Result<HashSet<u64>, IntakeError> {
        let suspected = Arc::new(suspected);
        let worker = || {
            let (rules, suspected) = (rules.clone(), Arc::clone(&suspected));
            move |table: &_, first_line| suspects(table, first_line, &rules.ids, &rules.rules, &suspected)
        };
        let pass = Pass { parsed: self.parsed, file, threads: self.threads };
        let (_, (_, lines)) = pass
            .run(worker, (HashSet::new(), HashSet::new()), move |(seen, lines), found| {
                for (hash, line) in found {
                    if !seen.insert(hash) && lines.len() < most {
                        lines.insert(line);
                    }
                }
                Ok(())
            })
            .await?;
        Ok(lines)
    }
}

/// Adds up what the workers make, in the order of the file.
struct Collector {
    promised: u64,
    sample: u64,
    fingerprints: Fingerprints,
    result: FileResult,
    handle: Handle,
}

impl Collector {
    fn take(&mut self, judged: Judged) -> Result<(), IntakeError> {
        let result = &mut self.result;
        result.tally.merge(judged.tally);
        // More records than promised reject the file: their ids need not be followed, and memory stays bounded.
        if result.tally.read <= self.promised {
            self.fingerprints.add(&judged.fingerprints).map_err(IntakeError::Spill)?;
            result.sampled_ids.extend(judged.fingerprints.iter().filter(|id| **id % self.sample == 0));
            result.references.extend(judged.references);
        }
        if let Some(batch) = &judged.batch {
            self.handle.block_on(result.writer.write(batch))?;
        }
        Ok(())
    }
}
