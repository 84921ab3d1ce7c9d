//! The texts of the register's data files: built in, or replaced file by file.

use serde::{Deserialize, Serialize};

const VT_TEXT: &str = include_str!("../../data/register/vt_regions.csv");
const VR_TEXT: &str = include_str!("../../data/register/vr_regions.csv");
const GEMEENTEN_TEXT: &str = include_str!("../../data/register/gemeenten.csv");
const HERINDELINGEN_TEXT: &str = include_str!("../../data/register/herindelingen.csv");
const INWONERS_TEXT: &str = include_str!("../../data/register/inwoners.csv");

pub(super) const VT_FILE: &str = "vt_regions.csv";
pub(super) const VR_FILE: &str = "vr_regions.csv";
pub(super) const GEMEENTEN_FILE: &str = "gemeenten.csv";
pub(super) const HERINDELINGEN_FILE: &str = "herindelingen.csv";
pub(super) const INWONERS_FILE: &str = "inwoners.csv";

/// The texts from which a [`Register`](super::Register) is made. CSV with a header row; lines that begin with `#` are comments.
///
/// Dates are `2022-03-24`; `van` is the first day, `tot` the day after the last, empty when no end is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterSource {
    /// `vt_regions.csv`: `vt_code,naam,organisatie,van,tot`.
    pub vt_regions: String,
    /// `vr_regions.csv`: `vr_code,naam,van,tot`.
    pub vr_regions: String,
    /// `gemeenten.csv`: `gm_code,naam,pv_code,vr_code,vt_code,van,tot`; a gemeente that moves has several rows.
    pub gemeenten: String,
    /// `herindelingen.csv`: `datum,van_gm,naar_gm,soort` (fusie, toevoeging, splitsing).
    pub herindelingen: String,
    /// `inwoners.csv`: `gm_code,jaar,inwoners`.
    pub inwoners: String,
}

impl RegisterSource {
    /// The names of the files.
    pub const FILES: [&'static str; 5] = [VT_FILE, VR_FILE, GEMEENTEN_FILE, HERINDELINGEN_FILE, INWONERS_FILE];

    /// The texts built into the program (`data/register/`, sources and licences named there).
    pub fn builtin() -> Self {
        Self::from_files(|_| None)
    }

    /// The texts that `read` gives by name; the built-in one for each file it gives nothing for.
    pub fn from_files(read: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name, builtin: &str| read(name).unwrap_or_else(|| builtin.to_owned());
        Self {
            vt_regions: text(VT_FILE, VT_TEXT),
            vr_regions: text(VR_FILE, VR_TEXT),
            gemeenten: text(GEMEENTEN_FILE, GEMEENTEN_TEXT),
            herindelingen: text(HERINDELINGEN_FILE, HERINDELINGEN_TEXT),
            inwoners: text(INWONERS_FILE, INWONERS_TEXT),
        }
    }
}
