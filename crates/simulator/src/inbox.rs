//! Deliveries laid in a directory, for regions without an API: `{dir}/VT07/2020-07/1/levering.json` with its files beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use vt_domain::Month;
use vt_domain::delivery::DeliveryEntry;

use crate::calibration::{REGIONS, region_index};
use crate::config::SimulatorConfig;
use crate::generate::Generator;
use crate::produce::{Producer, Product};

/// Which deliveries are laid in a directory.
#[derive(Debug, Clone)]
pub struct InboxRequest {
    /// Region codes; none means all.
    pub regions: Vec<String>,
    /// The months.
    pub months: Vec<Month>,
    /// Deliveries made by this instant.
    pub as_of: DateTime<Utc>,
}

/// Why a directory could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// Not a region that is simulated.
    #[error("`{0}` is no simulated region: VT01 to VT26")]
    Region(String),
    /// A file.
    #[error("{path}: {source}", path = path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The name of the file that makes a delivery complete.
pub const ENTRY_FILE: &str = "levering.json";

/// Lays deliveries in `dir`; faults of content, of promise, `late` and `never` take part. Returns how many deliveries were laid.
///
/// # Errors
/// An unknown region; a directory or file that can't be written.
pub fn write_inbox(dir: &Path, config: &SimulatorConfig, request: &InboxRequest) -> Result<usize, InboxError> {
    let index = |vt: &String| region_index(vt).ok_or_else(|| InboxError::Region(vt.chars().take(20).collect()));
    let mut regions = request.regions.iter().map(index).collect::<Result<Vec<_>, _>>()?;
    if regions.is_empty() {
        regions = (0..REGIONS.len()).collect();
    }
    let producer = Producer::new(Generator::new(config), config.faults.clone());
    let mut laid = 0;
    for region in regions {
        for month in &request.months {
            let deliveries = producer.deliveries(region, *month);
            for planned in deliveries.iter().filter(|planned| planned.header.aangemaakt_op <= request.as_of) {
                let place =
                    dir.join(REGIONS[region]).join(month.to_string()).join(planned.header.levering_nr.to_string());
                lay(&place, producer.produce(region, planned, false))?;
                laid += 1;
            }
        }
    }
    tracing::info!(deliveries = laid, "deliveries laid in a directory");
    Ok(laid)
}

/// Writes the files, then the entry: a delivery is there when its entry is.
fn lay(place: &Path, product: Product) -> Result<(), InboxError> {
    let Product { mut entry, files } = product;
    make_dir(place)?;
    for (bestand, file) in entry.bestanden.iter_mut().zip(&files) {
        bestand.href.clone_from(&file.name);
        write(&place.join(&file.name), &file.bytes)?;
    }
    write_entry(place, &entry)
}

pub(crate) fn make_dir(place: &Path) -> Result<(), InboxError> {
    fs::create_dir_all(place).map_err(|source| InboxError::Write { path: place.to_owned(), source })
}

pub(crate) fn write_entry(place: &Path, entry: &DeliveryEntry) -> Result<(), InboxError> {
    // Unwrap safety: an entry holds texts, numbers and dates, which JSON can hold.
    let json = serde_json::to_vec_pretty(entry).unwrap();
    write(&place.join(ENTRY_FILE), &json)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), InboxError> {
    fs::write(path, bytes).map_err(|source| InboxError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn request(regions: &[&str], as_of: &str) -> InboxRequest {
        InboxRequest {
            regions: regions.iter().map(|vt| (*vt).to_owned()).collect(),
            months: vec!["2020-06".parse().unwrap(), "2020-07".parse().unwrap()],
            as_of: as_of.parse().unwrap(),
        }
    }

    #[test]
    fn the_layout_is_that_of_the_contract() {
        let dir = tempfile::tempdir().unwrap();
        let laid =
            write_inbox(dir.path(), &SimulatorConfig::default(), &request(&["VT07", "VT08"], "2021-06-01T00:00:00Z"))
                .unwrap();
        assert!(laid >= 4);
        for vt in ["VT07", "VT08"] {
            let place = dir.path().join(vt).join("2020-07/1");
            let entry: DeliveryEntry = serde_json::from_slice(&fs::read(place.join(ENTRY_FILE)).unwrap()).unwrap();
            assert_eq!(entry.kop.vt_code, vt);
            assert_eq!(entry.bestanden.len(), 3);
            for file in entry.bestanden {
                let bytes = fs::read(place.join(&file.href)).unwrap();
                assert_eq!((bytes.len() as u64, hex::encode(Sha256::digest(&bytes))), (file.bytes, file.sha256));
            }
        }
    }

    #[test]
    fn only_what_was_made_by_then_is_laid() {
        let dir = tempfile::tempdir().unwrap();
        let early = request(&["VT07"], "2020-07-31T00:00:00Z");
        write_inbox(dir.path(), &SimulatorConfig::default(), &early).unwrap();
        assert!(dir.path().join("VT07/2020-06/1").exists() && !dir.path().join("VT07/2020-07").exists());
        let never = SimulatorConfig { faults: "VT07@2020-06=never".parse().unwrap(), ..SimulatorConfig::default() };
        assert_eq!(write_inbox(&dir.path().join("other"), &never, &early).unwrap(), 0);
    }

    #[test]
    fn an_unknown_region_is_refused() {
        let error =
            write_inbox(Path::new("unused"), &SimulatorConfig::default(), &request(&["VT27"], "2021-06-01T00:00:00Z"));
        assert_eq!(error.unwrap_err().to_string(), "`VT27` is no simulated region: VT01 to VT26");
    }
}
