//! The rows of the register's data files.

use chrono::NaiveDate;
use serde::Serialize;

use super::error::{RegisterError, RegisterRule};
use super::source::{GEMEENTEN_FILE, HERINDELINGEN_FILE, INWONERS_FILE, RegisterSource, VR_FILE, VT_FILE};
use super::table::{Row, Table, read};

/// A Veilig Thuis region: one row per code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VtRegion {
    /// CBS's code: `VT07`.
    pub code: String,
    /// CBS's name: Gooi en Vechtstreek.
    pub naam: String,
    /// The organisation: Veilig Thuis Gooi en Vechtstreek.
    pub organisatie: String,
    /// First day in force.
    pub van: NaiveDate,
    /// The day after the last; none when no end is known.
    pub tot: Option<NaiveDate>,
}

/// A veiligheidsregio: one row per code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VrRegion {
    /// The code: `VR14`.
    pub code: String,
    /// The name.
    pub naam: String,
    /// First day in force.
    pub van: NaiveDate,
    /// The day after the last; none when no end is known.
    pub tot: Option<NaiveDate>,
}

/// A gemeente and where it lies, for a range of days. A gemeente that moves to another region has several of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gemeente {
    /// CBS's code: `GM0363`.
    pub code: String,
    /// The name.
    pub naam: String,
    /// The province: `PV27`.
    pub pv: String,
    /// The veiligheidsregio: `VR13`.
    pub vr: String,
    /// The Veilig Thuis region: `VT01`.
    pub vt: String,
    /// First day on which this holds.
    pub van: NaiveDate,
    /// The day after the last; none when no end is known.
    pub tot: Option<NaiveDate>,
}

/// Whether a day lies in `van..tot`.
pub(super) fn covers(van: NaiveDate, tot: Option<NaiveDate>, day: NaiveDate) -> bool {
    van <= day && tot.is_none_or(|tot| day < tot)
}

impl VtRegion {
    /// Whether the region is in force on a day. For days before the register begins, ask the register.
    pub fn in_force(&self, day: NaiveDate) -> bool {
        covers(self.van, self.tot, day)
    }
}

impl VrRegion {
    /// Whether the region is in force on a day. For days before the register begins, ask the register.
    pub fn in_force(&self, day: NaiveDate) -> bool {
        covers(self.van, self.tot, day)
    }
}

impl Gemeente {
    /// Whether this row holds on a day. For days before the register begins, ask the register.
    pub fn in_force(&self, day: NaiveDate) -> bool {
        covers(self.van, self.tot, day)
    }
}

/// How a gemeente came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Soort {
    /// Wholly into a gemeente that begins that day.
    Fusie,
    /// Wholly into a gemeente that was there already.
    Toevoeging,
    /// Divided over several gemeenten.
    Splitsing,
}

/// One line from a gemeente that ends to one in which (part of) it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Herindeling {
    pub datum: NaiveDate,
    pub van_gm: String,
    pub naar_gm: String,
    pub soort: Soort,
}

/// How many people live in a gemeente, in the division of 1 January of the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inwoners {
    pub gm: String,
    pub jaar: i32,
    pub inwoners: u64,
}

/// All files, read but not yet checked against each other.
pub(super) struct Records {
    pub vts: Table<VtRegion>,
    pub vrs: Table<VrRegion>,
    pub gemeenten: Table<Gemeente>,
    pub herindelingen: Table<Herindeling>,
    pub inwoners: Table<Inwoners>,
}

impl Records {
    /// Reads all files, sorted by code and date.
    pub fn read(source: &RegisterSource) -> Result<Self, RegisterError> {
        let mut vts = read(VT_FILE, &source.vt_regions, &["vt_code", "naam", "organisatie", "van", "tot"], vt_region)?
            .filled()?;
        vts.rows.sort_by(|a, b| a.value.code.cmp(&b.value.code));
        let mut vrs = read(VR_FILE, &source.vr_regions, &["vr_code", "naam", "van", "tot"], vr_region)?.filled()?;
        vrs.rows.sort_by(|a, b| a.value.code.cmp(&b.value.code));
        let columns = &["gm_code", "naam", "pv_code", "vr_code", "vt_code", "van", "tot"];
        let mut gemeenten = read(GEMEENTEN_FILE, &source.gemeenten, columns, gemeente)?.filled()?;
        gemeenten.rows.sort_by(|a, b| (&a.value.code, a.value.van).cmp(&(&b.value.code, b.value.van)));
        let columns = &["datum", "van_gm", "naar_gm", "soort"];
        let mut herindelingen = read(HERINDELINGEN_FILE, &source.herindelingen, columns, herindeling)?;
        herindelingen.rows.sort_by(|a, b| key(&a.value).cmp(&key(&b.value)));
        let inwoners = read(INWONERS_FILE, &source.inwoners, &["gm_code", "jaar", "inwoners"], inwoners)?.filled()?;
        Ok(Self { vts, vrs, gemeenten, herindelingen, inwoners })
    }
}

fn key(herindeling: &Herindeling) -> (NaiveDate, &str, &str) {
    (herindeling.datum, &herindeling.van_gm, &herindeling.naar_gm)
}

fn vt_region(row: &Row<'_>) -> Result<VtRegion, RegisterError> {
    let (van, tot) = row.span()?;
    Ok(VtRegion {
        code: row.code("vt_code", "VT", 2)?,
        naam: row.text("naam")?,
        organisatie: row.text("organisatie")?,
        van,
        tot,
    })
}

fn vr_region(row: &Row<'_>) -> Result<VrRegion, RegisterError> {
    let (van, tot) = row.span()?;
    Ok(VrRegion { code: row.code("vr_code", "VR", 2)?, naam: row.text("naam")?, van, tot })
}

fn gemeente(row: &Row<'_>) -> Result<Gemeente, RegisterError> {
    let (van, tot) = row.span()?;
    Ok(Gemeente {
        code: row.code("gm_code", "GM", 4)?,
        naam: row.text("naam")?,
        pv: row.code("pv_code", "PV", 2)?,
        vr: row.code("vr_code", "VR", 2)?,
        vt: row.code("vt_code", "VT", 2)?,
        van,
        tot,
    })
}

fn herindeling(row: &Row<'_>) -> Result<Herindeling, RegisterError> {
    let soort = match row.text("soort")?.as_str() {
        "fusie" => Soort::Fusie,
        "toevoeging" => Soort::Toevoeging,
        "splitsing" => Soort::Splitsing,
        other => return Err(row.error("soort", RegisterRule::Kind(other.chars().take(20).collect()))),
    };
    Ok(Herindeling {
        datum: row.date("datum")?,
        van_gm: row.code("van_gm", "GM", 4)?,
        naar_gm: row.code("naar_gm", "GM", 4)?,
        soort,
    })
}

fn inwoners(row: &Row<'_>) -> Result<Inwoners, RegisterError> {
    // Unwrap safety: the number is at most 2100.
    let jaar = i32::try_from(row.number("jaar", 2000, 2100)?).unwrap();
    Ok(Inwoners { gm: row.code("gm_code", "GM", 4)?, jaar, inwoners: row.number("inwoners", 1, 10_000_000)? })
}
