//! Files that a region uploads by hand, on their way into the quarantine. Names of files only say their form; they are never a path.

use std::time::Duration;

use anyhow::{Result, anyhow};
use axum::extract::Multipart;
use axum::extract::multipart::Field;
use chrono::{DateTime, NaiveDate, Utc};
use vt_domain::contract::{PROTOCOL_VERSIE, RecordType};
use vt_domain::delivery::{
    Compression, DeliveryEntry, DeliveryHeader, DeliveryId, DeliveryKind, FileEntry, FileFormat,
};
use vt_domain::month::Month;
use vt_intake::source::Limits;
use vt_vault::{QuarantineWriter, Vault, VaultError};

use crate::access::Secret;
use crate::app::App;
use crate::belonging;
use crate::hold::Hold;
use crate::ops::{NotFound, Wrong};
use crate::runs;
use crate::views::of_code;

/// The longest field of a form that is no file, in bytes.
const LONGEST_FIELD: usize = 1_000;

/// The most fields that a form has: the files, the header, and some to spare for a page's own.
const MOST_FIELDS: usize = 16;

/// What the header of a delivery by hand says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadHead {
    /// The month delivered.
    pub leveringsmaand: Month,
    /// The number; the next one when nothing is given.
    pub levering_nr: Option<u32>,
    /// Kind of delivery.
    pub soort: DeliveryKind,
    /// The last day that is covered.
    pub tot_en_met: NaiveDate,
    /// The registration system.
    pub bronsysteem: String,
}

/// A delivery by hand: its header, and its files in a corner of the quarantine. What is not taken in is removed when this is dropped.
pub struct Upload {
    /// The header.
    pub head: UploadHead,
    staged: Staged,
}

/// Files in a corner of the quarantine.
pub struct Staged {
    vault: Vault,
    corner: String,
    place: DeliveryId,
    limits: Limits,
    files: Vec<FileEntry>,
    hold: Option<Hold>,
}

impl Staged {
    /// An empty corner for a region.
    ///
    /// # Errors
    /// [`NotFound`]; when the private store is not the one that the ledger knows, the machine has no randomness, or the ledger can't
    /// be written.
    pub async fn new(app: &App, vt: &str) -> Result<Self> {
        if app.register.vt(vt).is_none() {
            return Err(NotFound::new(format!("{vt} is no region"), format!("{vt} is geen regio")).into());
        }
        belonging::ensure(app).await?;
        let corner = format!("upload-{}", &Secret::new()?.digest()[..24]);
        let hold = Some(runs::hold_upload(app, &corner).await?);
        let place = DeliveryId { vt: vt.to_owned(), maand: app.schedule.first_month, nr: 0 };
        let limits = app.source(vt).map(|source| source.limits.clone()).unwrap_or_default();
        Ok(Self { vault: app.vault.clone(), corner, place, limits, files: Vec::new(), hold })
    }

    /// Takes a file in, chunk by chunk; never more than the region's `max_file_bytes`.
    ///
    /// # Errors
    /// [`Wrong`]; [`TooLarge`]; when the private store fails.
    pub async fn take(&mut self, recordsoort: RecordType, field: &mut Field<'_>) -> Result<()> {
        if self.files.iter().any(|file| file.recordsoort == recordsoort) {
            return Err(Wrong::new(recordsoort.name(), "stands twice", "dit bestand staat er twee keer").into());
        }
        let (formaat, compressie) = form_of(field.file_name().unwrap_or_default()).ok_or_else(|| {
            Wrong::new(
                recordsoort.name(),
                "the name of the file must end in .csv or .ndjson, then maybe in .gz or .zst",
                "de naam van het bestand moet eindigen op .csv of .ndjson, eventueel gevolgd door .gz of .zst",
            )
        })?;
        let href = String::new();
        let mut file =
            FileEntry { recordsoort, formaat, compressie, href, bytes: 0, sha256: String::new(), records: 0 };
        let kept = file.kept_name();
        file.href.clone_from(&kept);
        let mut writer = self.vault.staging(&self.corner).quarantine(&self.place, &kept).await?;
        match fill(&mut writer, field, &self.limits).await {
            Ok(()) => (file.bytes, file.sha256) = writer.finish().await?,
            Err(error) => {
                writer.abort().await?;
                return Err(error);
            }
        }
        self.files.push(file);
        Ok(())
    }

    /// Puts a header to the files: all three must be there.
    ///
    /// # Errors
    /// [`Wrong`].
    pub fn with(self, head: UploadHead) -> Result<Upload> {
        for record in RecordType::ALL {
            if !self.files.iter().any(|file| file.recordsoort == record) {
                return Err(Wrong::new(
                    record.name(),
                    "the file is missing; all three are needed, an empty one has its header",
                    "dit bestand ontbreekt; alle drie zijn nodig, een leeg bestand heeft zijn kopregel",
                )
                .into());
            }
        }
        Ok(Upload { head, staged: self })
    }
}

/// A file or a field is larger than may be.
#[derive(Debug, thiserror::Error)]
#[error("larger than {0} bytes")]
pub struct TooLarge(pub u64);

/// The form can't be read: cut off, or not as its boundary says.
#[derive(Debug, thiserror::Error)]
#[error("the form can't be read to its end")]
pub struct CutOff;

async fn fill(writer: &mut QuarantineWriter, field: &mut Field<'_>, limits: &Limits) -> Result<()> {
    while let Some(chunk) = within(limits.idle_timeout(), field.chunk()).await? {
        if writer.bytes() + chunk.len() as u64 > limits.max_file_bytes {
            return Err(TooLarge(limits.max_file_bytes).into());
        }
        writer.write(chunk).await?;
    }
    Ok(())
}

impl Upload {
    /// The entry that a listing would have for it, under a number.
    pub fn entry(&self, nr: u32, aangemaakt_op: DateTime<Utc>) -> DeliveryEntry {
        let head = &self.head;
        let kop = DeliveryHeader {
            protocol_versie: PROTOCOL_VERSIE.to_owned(),
            vt_code: self.staged.place.vt.clone(),
            leveringsmaand: head.leveringsmaand,
            levering_nr: nr,
            soort: head.soort,
            tot_en_met: head.tot_en_met,
            aangemaakt_op,
            bronsysteem: head.bronsysteem.clone(),
        };
        let mut bestanden = self.staged.files.clone();
        bestanden.sort_by_key(|file| RecordType::ALL.iter().position(|record| *record == file.recordsoort));
        DeliveryEntry { kop, bestanden }
    }

    /// The region whose delivery it is.
    pub fn vt(&self) -> &str {
        &self.staged.place.vt
    }

    /// Files it under its name within its corner; gives the vault whose quarantine holds it.
    ///
    /// # Errors
    /// When the private store fails.
    pub async fn filed(&self, id: &DeliveryId) -> Result<Vault, VaultError> {
        let Staged { vault, corner, place, files, .. } = &self.staged;
        for file in files {
            vault.refile(&file.kept_name(), (corner, place), (Some(corner), id)).await?;
        }
        Ok(vault.staging(corner))
    }

    /// Hands its files over to the quarantine itself, where a pull would have put them.
    ///
    /// # Errors
    /// When the private store fails.
    pub async fn hand_over(&self, id: &DeliveryId) -> Result<(), VaultError> {
        let Staged { vault, corner, place, files, .. } = &self.staged;
        for file in files {
            vault.refile(&file.kept_name(), (corner, place), (None, id)).await?;
        }
        Ok(())
    }

    /// Removes what is left in its corner.
    ///
    /// # Errors
    /// When the private store fails.
    pub async fn clear(self) -> Result<()> {
        Ok(self.staged.vault.clear_staging(&self.staged.corner).await?)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Somebody who hangs up leaves nothing unscanned behind; after a crash, housekeeping sees to it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (vault, corner, hold) = (self.vault.clone(), self.corner.clone(), self.hold.take());
        runtime.spawn(async move {
            if let Err(error) = vault.clear_staging(&corner).await {
                tracing::warn!(%error, "an upload's corner of the quarantine could not be emptied");
            }
            if let Some(hold) = hold {
                hold.release().await;
            }
        });
    }
}

/// Form and compression, as the name of a file says.
pub fn form_of(name: &str) -> Option<(FileFormat, Compression)> {
    let name = name.to_ascii_lowercase();
    let (stem, compression) = match (name.strip_suffix(".gz"), name.strip_suffix(".zst")) {
        (Some(stem), _) => (stem, Compression::Gzip),
        (_, Some(stem)) => (stem, Compression::Zstd),
        _ => (name.as_str(), Compression::Geen),
    };
    if stem.ends_with(".csv") {
        return Some((FileFormat::Csv, compression));
    }
    stem.ends_with(".ndjson").then_some((FileFormat::Ndjson, compression))
}

/// Reads a form: the files `advies`, `melding` and `vervolgdienst`, and the fields `leveringsmaand`, `levering_nr` (a number, or `next`;
/// also when absent), `soort` (`volledig` when absent), `tot_en_met` (the month's last day when absent; needed for `tussentijds`) and `bronsysteem`.
/// All that are no file are put into `texts`, also when it is refused: a page shows what was filled in.
///
/// # Errors
/// [`Wrong`], [`TooLarge`], [`CutOff`], [`NotFound`]; when the private store fails.
pub async fn receive(app: &App, vt: &str, form: Multipart, texts: &mut Vec<(String, String)>) -> Result<Upload> {
    let staged = Staged::new(app, vt).await?;
    let whole = staged.limits.total_timeout();
    tokio::time::timeout(whole, read(staged, form, texts)).await.map_err(|_| anyhow!(CutOff))?
}

async fn read(mut staged: Staged, mut form: Multipart, texts: &mut Vec<(String, String)>) -> Result<Upload> {
    let idle = staged.limits.idle_timeout();
    for _ in 0..=MOST_FIELDS {
        let Some(mut field) = within(idle, form.next_field()).await? else {
            return staged.with(head(texts)?);
        };
        let name = field.name().unwrap_or_default().to_owned();
        match RecordType::ALL.into_iter().find(|record| record.name() == name) {
            Some(record) => staged.take(record, &mut field).await?,
            None => texts.push((name, text(&mut field, idle).await?)),
        }
    }
    Err(Wrong::new("form", format!("more than {MOST_FIELDS} fields"), "het formulier heeft te veel velden").into())
}

/// Waits for the other side, but not for ever. What the reader says of a damaged form is not passed on: it may repeat content.
async fn within<T, E>(idle: Duration, work: impl Future<Output = Result<T, E>>) -> Result<T> {
    match tokio::time::timeout(idle, work).await {
        Ok(Ok(done)) => Ok(done),
        _ => Err(CutOff.into()),
    }
}

async fn text(field: &mut Field<'_>, idle: Duration) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = within(idle, field.chunk()).await? {
        if bytes.len() + chunk.len() > LONGEST_FIELD {
            return Err(TooLarge(LONGEST_FIELD as u64).into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8(bytes)
        .map_err(|_| Wrong::new("form", "a field is no UTF-8", "een veld bevat tekens die niet te lezen zijn"))?)
}

/// The fields of the header.
pub const HEADER: [&str; 5] = ["leveringsmaand", "levering_nr", "soort", "tot_en_met", "bronsysteem"];

fn head(texts: &[(String, String)]) -> Result<UploadHead, Wrong> {
    let times = |name: &str| texts.iter().filter(|(field, _)| field == name).count();
    if let Some(twice) = HEADER.into_iter().find(|name| times(name) > 1) {
        return Err(Wrong::new(twice, "given more than once", "dit staat er meer dan eens"));
    }
    let given = |name: &str| {
        let found = texts.iter().find(|(field, _)| field == name).map(|(_, text)| text.trim());
        found.filter(|text| !text.is_empty())
    };
    let leveringsmaand: Month = given("leveringsmaand")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Wrong::new("leveringsmaand", "the month, such as 2020-07", "vul een maand in, zoals 2020-07"))?;
    let levering_nr = match given("levering_nr") {
        None | Some("next") => None,
        Some(text) => {
            let number = text.parse().ok().filter(|nr: &u32| (1..=MOST_NUMBERS).contains(nr));
            let nl = format!("vul een nummer in van 1 tot en met {MOST_NUMBERS}, of laat het leeg");
            let wrong = || Wrong::new("levering_nr", format!("from 1 to {MOST_NUMBERS}, or next"), nl);
            Some(number.ok_or_else(wrong)?)
        }
    };
    let soort = match given("soort") {
        None => DeliveryKind::Volledig,
        Some(text) => of_code(text).ok_or_else(|| {
            Wrong::new("soort", "volledig, tussentijds or correctie", "kies volledig, tussentijds of correctie")
        })?,
    };
    let tot_en_met = match given("tot_en_met") {
        // Taken for the whole month, part of one would say of its last days that nothing happened.
        None if soort == DeliveryKind::Tussentijds => {
            let en = "needed for tussentijds: the last day that is covered";
            return Err(Wrong::new("tot_en_met", en, "nodig bij tussentijds: de laatste dag die erin zit"));
        }
        None => leveringsmaand.last_day(),
        Some(text) => text
            .parse()
            .map_err(|_| Wrong::new("tot_en_met", "a day, such as 2020-07-31", "vul een datum in, zoals 2020-07-31"))?,
    };
    let bronsysteem = given("bronsysteem").ok_or_else(|| {
        Wrong::new("bronsysteem", "the registration system", "vul in uit welk systeem de levering komt")
    })?;
    Ok(UploadHead { leveringsmaand, levering_nr, soort, tot_en_met, bronsysteem: bronsysteem.to_owned() })
}

/// The highest number of a delivery.
const MOST_NUMBERS: u32 = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_says_its_form_and_nothing_else() {
        assert_eq!(form_of("Export juli.CSV"), Some((FileFormat::Csv, Compression::Geen)));
        assert_eq!(form_of("../../etc/x.ndjson.gz"), Some((FileFormat::Ndjson, Compression::Gzip)));
        assert_eq!(form_of("m.csv.zst"), Some((FileFormat::Csv, Compression::Zstd)));
        assert!(form_of("melding.xlsx").is_none() && form_of("").is_none() && form_of("csv").is_none());
    }

    #[test]
    fn a_header_is_read_and_what_is_wrong_named() {
        let fields = |more: &[(&str, &str)]| {
            let first = [("leveringsmaand", "2020-07"), ("bronsysteem", "Regas")];
            let all = more.iter().chain(&first).map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
            head(&all.collect::<Vec<_>>())
        };
        let plain = fields(&[("levering_nr", "next")]).unwrap();
        assert_eq!((plain.levering_nr, plain.soort), (None, DeliveryKind::Volledig));
        assert_eq!(plain.tot_en_met, "2020-07-31".parse().unwrap());
        assert_eq!(fields(&[("levering_nr", "3")]).unwrap().levering_nr, Some(3));
        for (field, text) in [("levering_nr", "0"), ("soort", "half"), ("tot_en_met", "juli"), ("leveringsmaand", "x")]
        {
            assert_eq!(fields(&[(field, text)]).unwrap_err().field, field);
        }
        let part = fields(&[("soort", "tussentijds")]).unwrap_err();
        assert_eq!(part.field, "tot_en_met", "part of a month says which part");
        let part = fields(&[("soort", "tussentijds"), ("tot_en_met", "2020-07-14")]).unwrap();
        assert_eq!(part.tot_en_met, "2020-07-14".parse().unwrap());
        assert_eq!(fields(&[("soort", "volledig"), ("soort", "tussentijds")]).unwrap_err().field, "soort");
    }
}
