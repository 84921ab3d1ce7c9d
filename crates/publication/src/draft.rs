//! A snapshot that is ready to be written: the bytes of its files and its manifest.

use vt_disclosure::ProtectedTable;
use vt_domain::snapshot::{
    Controle, FileEntry, Form, HistoryTable, InputEntry, Issue, Manifest, PreviousIssue, SNAPSHOT_FORMAAT,
    SnapshotTable, signature_of,
};

use bytes::Bytes;

use crate::describe::datapackage::{DATAPACKAGE_FILE, DATAPACKAGE_MEDIATYPE, datapackage};
use crate::describe::schema::{SCHEMA_MEDIATYPE, schemas};
use crate::historie;
use crate::publish::store::sha256;
use crate::render::explanation::{EXPLANATION_FILE, Explanation};
use crate::render::xlsx::{WORKBOOK_FILE, WORKBOOK_MEDIATYPE, workbook};
use crate::render::{Contents, FormError, RenderError, form};
use crate::report::{REPORT_FILE, report};
use crate::reservation::Reservation;
use crate::tables::TableRows;

/// One file of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftFile {
    /// Name, media type, size and digest.
    pub entry: FileEntry,
    /// The bytes.
    pub bytes: Bytes,
}

/// A snapshot ready to be published. Made from a [`ProtectedTable`] only, and thus from certified values.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotDraft {
    manifest: Manifest,
    files: Vec<DraftFile>,
    history: Vec<DraftFile>,
    tables: [TableRows; 5],
}

/// The three forms of a table are not equal: an error in this program. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// A file cannot be read back.
    #[error("{file} cannot be read back: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// What is wrong.
        #[source]
        source: FormError,
    },
    /// A file holds other rows than were meant.
    #[error("{file} reads back differently: {place}")]
    Differs {
        /// The file.
        file: String,
        /// Where they first differ.
        place: String,
    },
}

impl SnapshotDraft {
    /// Writes tables and explanation in their forms, and the manifest. `protected` is the proof that the values are certified; its
    /// period must be that of the reservation.
    pub(crate) fn new(
        protected: &ProtectedTable,
        reservation: &Reservation,
        contents: &Contents<'_>,
    ) -> Result<Self, RenderError> {
        if protected.period() != reservation.periode.to_string() {
            return Err(RenderError::Inconsistent("the protected values are of another period".to_owned()));
        }
        let mut files = Vec::with_capacity(32);
        for rows in contents.tables {
            for form in Form::ALL {
                let name = rows.table.file(form);
                let bytes = form::write(form, reservation.periode, rows);
                let bytes = bytes.map_err(|source| RenderError::Form { file: name.clone(), source })?;
                files.push(DraftFile::new(name, form.mediatype(), bytes));
            }
        }
        files.push(DraftFile::new(
            EXPLANATION_FILE.to_owned(),
            Form::Json.mediatype(),
            contents.explanation.to_bytes(),
        ));
        for (name, bytes) in schemas() {
            files.push(DraftFile::new(name, SCHEMA_MEDIATYPE, bytes));
        }
        files.push(DraftFile::new(REPORT_FILE.to_owned(), "text/html; charset=utf-8", report(contents)));
        let workbook = workbook(contents).map_err(RenderError::Workbook)?;
        files.push(DraftFile::new(WORKBOOK_FILE.to_owned(), WORKBOOK_MEDIATYPE, workbook));
        // Last: it describes the others.
        let entries: Vec<FileEntry> = files.iter().map(|file| file.entry.clone()).collect();
        let package = datapackage(contents, &entries);
        files.push(DraftFile::new(DATAPACKAGE_FILE.to_owned(), DATAPACKAGE_MEDIATYPE, package));
        files.sort_by(|left, right| left.entry.naam.cmp(&right.entry.naam));
        let issue = contents.explanation.issue();
        let history = historie::of_issue(issue, reservation.gepubliceerd_op, contents.tables);
        let history = history.map_err(|source| RenderError::Form { file: HistoryTable::FOLDER.to_owned(), source })?;
        let manifest = manifest(reservation, contents.explanation, &files, &history);
        Ok(Self { manifest, files, history, tables: contents.tables.clone() })
    }

    /// The issue.
    pub fn issue(&self) -> Issue {
        self.manifest.issue()
    }

    /// The manifest, to be written last.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The data files, by name.
    pub fn files(&self) -> &[DraftFile] {
        &self.files
    }

    /// Its files in the history, named by their path in the store. They follow from files and manifest, and are written after it.
    pub fn history(&self) -> &[DraftFile] {
        &self.history
    }

    /// The rows of a table.
    pub fn table(&self, table: SnapshotTable) -> &TableRows {
        // Unwrap safety: a draft is made of all tables.
        self.tables.iter().find(|rows| rows.table == table).unwrap()
    }

    /// Reads the three forms of every table back and compares them with the rows that were meant.
    ///
    /// # Errors
    /// [`ProofError`] naming the file, and the row and column where it first differs.
    pub fn prove(&self) -> Result<(), ProofError> {
        for rows in &self.tables {
            for form in Form::ALL {
                let file = rows.table.file(form);
                // Unwrap safety: a draft has a file for each form of each table.
                let bytes = &self.files.iter().find(|found| found.entry.naam == file).unwrap().bytes;
                let read = form::read(form, rows.table, self.manifest.periode, bytes);
                let read = read.map_err(|source| ProofError::Unreadable { file: file.clone(), source })?;
                if let Some(place) = form::difference(rows, &read) {
                    return Err(ProofError::Differs { file, place });
                }
            }
        }
        Ok(())
    }
}

impl DraftFile {
    /// A file with its size and digest.
    pub(crate) fn new(naam: String, mediatype: &str, bytes: Vec<u8>) -> Self {
        let (size, sha256) = (bytes.len() as u64, sha256(&bytes));
        let entry = FileEntry { naam, mediatype: mediatype.to_owned(), bytes: size, sha256 };
        Self { entry, bytes: bytes.into() }
    }
}

fn manifest(
    reservation: &Reservation,
    explanation: &Explanation,
    files: &[DraftFile],
    history: &[DraftFile],
) -> Manifest {
    let input = |input: &crate::gate::Input| InputEntry {
        regio: input.regio.clone(),
        maand: input.maand,
        levering_nr: input.levering_nr,
        kenmerk: input.kenmerk.clone(),
    };
    let previous = reservation.vorige.as_ref();
    Manifest {
        formaat: SNAPSHOT_FORMAAT,
        cadans: reservation.cadans,
        periode: reservation.periode,
        begin: reservation.periode.begin(),
        eind: reservation.periode.last_day(),
        uitgave: reservation.uitgave,
        gepubliceerd_op: reservation.gepubliceerd_op,
        status: explanation.status,
        bestanden: files.iter().map(|file| file.entry.clone()).collect(),
        historie: history.iter().map(|file| file.entry.clone()).collect(),
        invoer: reservation.invoer.iter().map(input).collect(),
        delen: explanation.delen.clone(),
        vorige: previous.map(|previous| PreviousIssue { pad: previous.pad.clone(), sha256: previous.sha256.clone() }),
        register: reservation.register.clone(),
        beleid: explanation.beleid.clone(),
        software: reservation.software.clone(),
        handtekening: Some(signature_of(&format!("{}.json", reservation.uitgave))),
        controle: Controle::Geslaagd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::fixture::{case, draft};

    fn with_changed(name: &str, from: &str, to: &str) -> SnapshotDraft {
        let mut draft = draft(&case("2020W127"));
        let file = draft.files.iter_mut().find(|file| file.entry.naam == name).unwrap();
        let text = String::from_utf8(file.bytes.to_vec()).unwrap();
        assert!(text.contains(from));
        file.bytes = text.replacen(from, to, 1).into();
        draft
    }

    #[test]
    fn a_form_that_holds_something_else_is_never_published() {
        let error = with_changed("kerncijfers.csv", ";9;", ";8;").prove().unwrap_err().to_string();
        let place = "row 1 (NL/NL01/afgeronde_onderzoeken), column `marge`";
        assert_eq!(error, format!("kerncijfers.csv reads back differently: {place}"));
        let error = with_changed("dekking.json", "\"dagen\":7", "\"dagen\":\"7\"").prove().unwrap_err().to_string();
        assert!(
            error.starts_with("dekking.json cannot be read back: column `dagen` cannot hold this value"),
            "{error}"
        );
    }

    #[test]
    fn a_draft_names_its_files_with_size_and_digest() {
        let draft = draft(&case("2020W127"));
        assert!(draft.files.iter().map(|file| &file.entry).eq(&draft.manifest.bestanden));
        for file in &draft.files {
            assert_eq!(file.entry.bytes, file.bytes.len() as u64);
            assert_eq!(file.entry.sha256, sha256(&file.bytes));
        }
        assert_eq!(draft.manifest.handtekening.as_deref(), Some("1.json.minisig"));
        assert_eq!(draft.manifest.invoer[0].kenmerk, "00ff");
    }
}
