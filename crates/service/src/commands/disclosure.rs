//! `disclosure`: attacks and protects tables of anyone, described in a file (`docs/disclosure-spec.md`).

mod attack;
mod file;
mod parquet;
mod protected;
mod remembered;
mod round;

use std::path::Path;

use anyhow::{Context, Result};
use vt_disclosure::attack::spec::{Problem, RawTable, Spec, SpecError};

use crate::cli::DisclosureCommand;
use crate::exit::Exit;
use crate::output::Output;
use file::{FileError, TableFile};

pub(super) fn run(what: &DisclosureCommand, output: Output) -> Result<Exit> {
    match what {
        DisclosureCommand::Attack(args) => attack::run(args, output),
        DisclosureCommand::Round(args) => round::run(args, output),
    }
}

/// The exit code of an error of these commands.
pub(super) fn exit_of(error: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if error.is::<FileError>() {
        return Some(Exit::Spec);
    }
    Some(match error.downcast_ref::<SpecError>()? {
        error if error.is_contradiction() => Exit::NoSolution,
        SpecError::Protect(_) | SpecError::Memory(_) => Exit::Refused,
        _ => Exit::Spec,
    })
}

/// A specification with its files.
struct Opened {
    /// Its text.
    text: String,
    spec: Spec,
    /// The file of each table; tables of one file share it by its place in `files`.
    file_of: Vec<usize>,
    files: Vec<TableFile>,
}

impl Opened {
    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| FileError::new(path, error.to_string()))?;
        let spec = Spec::parse(&text).with_context(|| path.display().to_string())?;
        // Tables are named relative to the specification.
        let folder = path.parent().unwrap_or(Path::new(""));
        let (mut files, mut file_of): (Vec<TableFile>, Vec<usize>) = (Vec::new(), Vec::new());
        for table in &spec.tables {
            let there = files.iter().position(|file| file.name == table.file);
            let place = match there {
                Some(place) => place,
                None => {
                    files.push(TableFile::read(&table.file, &folder.join(&table.file))?);
                    files.len() - 1
                }
            };
            file_of.push(place);
        }
        Ok(Self { text, spec, file_of, files })
    }

    fn problem(&self) -> Result<Problem, SpecError> {
        let raw: Vec<RawTable> = self.file_of.iter().map(|&file| self.files[file].table.clone()).collect();
        Problem::new(self.spec.clone(), &raw)
    }
}
