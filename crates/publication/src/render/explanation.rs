//! `toelichting.json`: what a reader must know to use the figures, and all that goes into the indicators beside the figures.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use vt_disclosure::{BlockKind, BlockScope, ProtectedTable};
use vt_domain::atoms::AtomCode;
use vt_domain::codes::CodeLists;
use vt_domain::measure::{Dimensie, Maat};
use vt_domain::register::{AreaRef, Register};
use vt_domain::snapshot::{Comparison, Issue, PublishedPolicy, RedenLeeg, SNAPSHOT_FORMAAT, Status};
use vt_domain::{Period, PeriodKind};

use crate::changes::{self, Against};
use crate::dictionary;
use crate::indicators::{Bases, Break, Breaks, IndicatorDefinition, catalogue};
use crate::render::RenderError;
use crate::reservation::Reservation;
use crate::tables::PublishedArea;

/// The file's name.
pub const EXPLANATION_FILE: &str = "toelichting.json";

/// The content of `toelichting.json`. Holds no counts of records and no clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// Version of the form.
    pub formaat: u32,
    /// The period.
    pub periode: Period,
    /// The period in words.
    pub label: String,
    /// The cadence.
    pub cadans: PeriodKind,
    /// First day.
    pub begin: NaiveDate,
    /// Last day, inclusive.
    pub eind: NaiveDate,
    /// Number of the issue.
    pub uitgave: u32,
    /// Status of NL.
    pub status: Status,
    /// The issues of shorter periods that it is the sum of, in order; none for a period that was made from registrations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delen: Vec<Issue>,
    /// Sentences that hold for every snapshot, and for a sum the one that says so.
    pub lees_dit: Vec<String>,
    /// Bounds and thresholds.
    pub beleid: PublishedPolicy,
    /// What is counted.
    pub maten: Vec<MeasureDefinition>,
    /// Breakdowns with their categories.
    pub verdelingen: Vec<BreakdownDefinition>,
    /// Indicators with numerator and denominator.
    pub indicatoren: Vec<IndicatorDefinition>,
    /// What the values of `reden_leeg` mean.
    pub redenen: Vec<ReasonDefinition>,
    /// Breaks and events that a reader of this period must know.
    pub reeksbreuken: Vec<Break>,
    /// With which published figures the changes compare.
    pub vergelijking: Vec<ComparedIssue>,
    /// The published figures of earlier periods that series, moving means and what is usual are made from, oldest first.
    pub reeks: Vec<SeriesIssue>,
    /// With which published issues `wijzigingen` compares.
    pub gewijzigd_ten_opzichte_van: Vec<ChangedFrom>,
    /// Inhabitants that the rates divide by.
    pub inwoners: Vec<Inhabitants>,
    /// How the regions overlap.
    pub indeling: Division,
    /// What is exceptional in this period, from published values.
    pub bijzonderheden: Vec<String>,
}

/// What a measure counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureDefinition {
    /// The code.
    pub maat: Maat,
    /// The label.
    pub label: String,
    /// What is counted, in Dutch.
    pub omschrijving: String,
    /// The date that decides the period.
    pub datum: String,
}

/// A breakdown of a measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakdownDefinition {
    /// The measure.
    pub maat: Maat,
    /// The dimension.
    pub dimensie: Dimensie,
    /// Whether one record can have several categories, so that they add up to more than the total.
    pub meervoudig: bool,
    /// Whether it is given for NL only.
    pub alleen_nl: bool,
    /// The categories that can occur in this period.
    pub categorieen: Vec<CategoryDefinition>,
}

/// A category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryDefinition {
    /// The code.
    pub categorie: String,
    /// The label.
    pub label: String,
    /// Never beside another category of the dimension.
    pub uitsluitend: bool,
}

/// What a value of `reden_leeg` means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonDefinition {
    /// The code.
    pub reden_leeg: RedenLeeg,
    /// The meaning.
    pub betekenis: String,
}

/// Published figures that changes compare with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparedIssue {
    /// Which comparison.
    pub met: Comparison,
    /// The other period.
    pub periode: Period,
    /// Its issue.
    pub uitgave: u32,
    /// Path of its kerncijfers in the store.
    pub bestand: String,
    /// SHA-256 of that file.
    pub sha256: String,
}

/// Published figures of an earlier period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesIssue {
    /// The earlier period.
    pub periode: Period,
    /// Its issue.
    pub uitgave: u32,
    /// Path of its kerncijfers in the store.
    pub bestand: String,
    /// SHA-256 of that file.
    pub sha256: String,
}

/// A published issue that `wijzigingen` compares with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedFrom {
    /// Which: the issue or the period before.
    pub met: Against,
    /// Its period.
    pub periode: Period,
    /// Its number.
    pub uitgave: u32,
    /// Its kerncijfers and verdelingen.
    pub bestanden: Vec<NamedFile>,
}

/// A file in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedFile {
    /// Its path.
    pub bestand: String,
    /// Its SHA-256.
    pub sha256: String,
}

/// Inhabitants of an area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inhabitants {
    /// The area.
    pub regio_code: String,
    /// How many.
    pub inwoners: u64,
    /// The year of the figures.
    pub jaar: i32,
    /// What a reader must know of them.
    pub opmerking: Option<String>,
}

/// How Veilig Thuis regions and veiligheidsregio's overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Division {
    /// Version of the register.
    pub register: String,
    /// Pairs of a VT and a veiligheidsregio with something in common; VR00 for the unknown part of a VT that lies in several.
    pub overlap: BTreeSet<AtomCode>,
}

impl Explanation {
    /// The stored form: indented JSON with a final newline; the same value gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Unwrap safety: structs of strings, numbers and lists always have a JSON form.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap();
        bytes.push(b'\n');
        bytes
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// When it is not of this version, or has a field too many or too few.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let explanation: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        match explanation.formaat {
            SNAPSHOT_FORMAAT => Ok(explanation),
            other => Err(format!("it is of version {other} of the form; this program reads {SNAPSHOT_FORMAAT}")),
        }
    }

    /// The issue that it belongs to.
    pub fn issue(&self) -> Issue {
        Issue { periode: self.periode, uitgave: self.uitgave }
    }

    /// Whether values of a second or later issue are in it: its own, or those of a part that it sums.
    pub fn is_revised(&self) -> bool {
        self.uitgave > 1 || self.delen.iter().any(|part| part.uitgave > 1)
    }

    /// Inhabitants of an area.
    pub fn inhabitants(&self, area: &str) -> Option<&Inhabitants> {
        self.inwoners.iter().find(|row| row.regio_code == area)
    }
}

/// The bounds and thresholds of a reservation that a reader must know.
pub(crate) fn policy(reservation: &Reservation, protected: &ProtectedTable) -> PublishedPolicy {
    let (disclosure, publication) = (&reservation.beleid.disclosure, &reservation.beleid.publication);
    PublishedPolicy {
        veelvoud: disclosure.base,
        grens: protected.bound(),
        kleinste_basis: publication.least_base,
        kleinste_basis_herzien: publication.least_base_revised,
        decimaal_vanaf_basis: publication.decimal_from_base,
        regio_onbekend_boven_procent: publication.region_unknown_above_percent,
    }
}

pub(crate) fn explanation(
    reservation: &Reservation,
    protected: &ProtectedTable,
    areas: &[PublishedArea],
    status: Status,
    register: &Register,
    codes: &CodeLists,
    bases: &Bases,
) -> Result<Explanation, RenderError> {
    let periode = reservation.periode;
    let policy = policy(reservation, protected);
    let delen = parts(reservation)?;
    let mut lees_dit = dictionary::standing_sentences(&policy);
    if !delen.is_empty() {
        lees_dit.push(dictionary::sum_sentence(&policy));
    }
    Ok(Explanation {
        formaat: SNAPSHOT_FORMAAT,
        periode,
        label: periode.label(),
        cadans: reservation.cadans,
        begin: periode.begin(),
        eind: periode.last_day(),
        uitgave: reservation.uitgave,
        status,
        delen,
        lees_dit,
        beleid: policy,
        maten: dictionary::measures(),
        verdelingen: breakdowns(protected, codes)?,
        indicatoren: catalogue(periode, codes),
        redenen: dictionary::reasons(),
        reeksbreuken: Breaks::builtin().applying_to(periode, bases.series().map(|base| base.periode)),
        vergelijking: bases.compared(periode),
        reeks: bases.named(),
        gewijzigd_ten_opzichte_van: changes::named(bases),
        inwoners: inhabitants(periode, areas, register),
        indeling: Division {
            register: reservation.register.clone(),
            overlap: areas.iter().flat_map(|area| area.atoms.iter().copied()).collect(),
        },
        bijzonderheden: Vec::new(),
    })
}

/// The parts that a sum names.
fn parts(reservation: &Reservation) -> Result<Vec<Issue>, RenderError> {
    let parts = reservation.geheugen.parts().iter().map(|part| {
        let periode =
            part.period.parse().map_err(|_| RenderError::Inconsistent("it sums what is no period".to_owned()))?;
        Ok(Issue { periode, uitgave: part.issue })
    });
    parts.collect()
}

fn breakdowns(protected: &ProtectedTable, codes: &CodeLists) -> Result<Vec<BreakdownDefinition>, RenderError> {
    let mut all = Vec::new();
    for block in protected.blocks() {
        let Some(code) = &block.dimension else { continue };
        let unknown = || RenderError::Inconsistent(format!("table {} is not one that is published", block.name()));
        let maat: Maat = block.measure.parse().map_err(|_| unknown())?;
        let dimensie = maat.dimensies().iter().copied().find(|found| found.code() == code).ok_or_else(unknown)?;
        let list = codes.list(dimensie.field());
        let categories = block.categories.iter().filter(|category| !category.structural_zero);
        all.push(BreakdownDefinition {
            maat,
            dimensie,
            meervoudig: block.kind == BlockKind::Multi,
            alleen_nl: block.scope == BlockScope::NationalOnly,
            categorieen: categories
                .map(|category| CategoryDefinition {
                    categorie: category.code.clone(),
                    label: list.label(&category.code).to_owned(),
                    uitsluitend: category.exclusive,
                })
                .collect(),
        });
    }
    Ok(all)
}

/// Inhabitants in the year that the middle of the period lies in: the first days of a year's first period can be of the year before.
fn inhabitants(period: Period, areas: &[PublishedArea], register: &Register) -> Vec<Inhabitants> {
    let middle = period.begin() + Days::new(u64::from(period.days() / 2));
    let of = |area: &PublishedArea| {
        let place = AreaRef::parse(&area.code)?;
        // A region that is not in force in the middle is so at one of the ends.
        let days = [middle, period.last_day(), period.begin()];
        let found = days.into_iter().find_map(|day| register.population_on(place, day))?;
        Some(Inhabitants {
            regio_code: area.code.to_string(),
            inwoners: found.value,
            jaar: found.reference_year,
            opmerking: found.note,
        })
    };
    areas.iter().filter_map(of).collect()
}
