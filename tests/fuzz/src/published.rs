//! What readers of a published store take: manifests, `latest.json` and errata.

use serde::de::DeserializeOwned;
use vt_domain::snapshot::{Erratum, Latest, Manifest};

use crate::Target;

pub(crate) const TARGETS: [Target; 1] = [Target {
    name: "manifest",
    run: manifest,
    words: &[
        "formaat",
        "cadans",
        "four_weeks",
        "periode",
        "2020W407",
        "uitgave",
        "bestanden",
        "delen",
        "vorige",
        "erratum",
    ],
}];

fn manifest(input: &[u8]) {
    if let Some(manifest) = again(input, Manifest::to_bytes) {
        let _ = (manifest.is_revised(), manifest.issue(), manifest.file("kerncijfers.parquet").is_some());
    }
    again(input, Latest::to_bytes);
    if let Some(erratum) = again(input, Erratum::to_bytes) {
        drop((erratum.issue(), erratum.path(), erratum.retracts()));
    }
}

/// Reads a record. What is accepted is the same after writing and reading it again.
fn again<T: DeserializeOwned + PartialEq + std::fmt::Debug>(input: &[u8], write: fn(&T) -> Vec<u8>) -> Option<T> {
    let value: T = serde_json::from_slice(input).ok()?;
    let read: T = serde_json::from_slice(&write(&value)).expect("what is written can be read");
    assert_eq!(read, value);
    Some(value)
}
