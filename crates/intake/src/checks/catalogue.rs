//! The catalogue of checks: what each says, how grave it is and where it begins to speak (DESIGN §4).

use std::sync::LazyLock;

use serde::Deserialize;
use vt_domain::finding::{Scope, Severity};

use super::check::Check;

/// One check as the catalogue describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckSpec {
    /// The check.
    pub check: Check,
    /// What it looks at; the letter of its id.
    pub scope: Scope,
    /// How grave it is when it does not hold.
    pub severity: Severity,
    /// What is checked, in a few Dutch words.
    pub naam: String,
    /// What is wrong, in Dutch; `{veld}` and the like are filled in.
    pub melding: String,
    /// How to mend it, in Dutch.
    pub herstel: String,
    /// Where it begins to speak.
    pub drempel: Option<Drempel>,
    /// Scope reeks: so many earlier months are needed before it speaks.
    pub historie: usize,
    /// Whether a region may have an exception.
    pub uitzondering: bool,
}

/// A threshold with its unit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drempel {
    /// The value.
    pub waarde: f64,
    /// Its unit, in Dutch, such as `procent`.
    pub eenheid: String,
}

impl std::fmt::Display for Drempel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = self.waarde.to_string().replace('.', ",");
        match self.eenheid.as_str() {
            "procent" => write!(f, "{number}%"),
            unit => write!(f, "{number} {unit}"),
        }
    }
}

/// What is wrong with a catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It is no TOML of the right form.
    #[error("controles.toml: {0}")]
    Form(#[from] toml::de::Error),
    /// A check breaks a rule.
    #[error("controles.toml, controle `{id}`: {rule}")]
    Rule {
        /// The check, as written.
        id: String,
        /// What is wrong.
        rule: &'static str,
    },
    /// A check of the program is absent.
    #[error("controles.toml: controle `{0}` is missing")]
    Missing(&'static str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    controle: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    naam: String,
    ernst: Severity,
    melding: String,
    herstel: String,
    drempel: Option<Drempel>,
    #[serde(default)]
    historie: usize,
    #[serde(default)]
    uitzondering: bool,
}

/// All checks, in the order of [`Check::ALL`].
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue(Vec<CheckSpec>);

impl Catalogue {
    /// The catalogue built into the program.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Catalogue> = LazyLock::new(|| {
            // Unwrap safety: a test reads the built-in file.
            Catalogue::from_toml(include_str!("../../data/controles.toml")).unwrap()
        });
        &BUILTIN
    }

    /// Reads a catalogue: every check of the program exactly once, other severities and thresholds allowed.
    ///
    /// # Errors
    /// A text that is no catalogue; a check that is unknown, double or missing; a threshold that is added or removed; a
    /// severity below `fout` for a check whose record could not be counted otherwise.
    pub fn from_toml(text: &str) -> Result<Self, CatalogueError> {
        let file: File = toml::from_str(text)?;
        let mut found: Vec<Option<CheckSpec>> = vec![None; Check::ALL.len()];
        for row in file.controle {
            let spec = read(row)?;
            let place = &mut found[spec.check.index()];
            if place.is_some() {
                return Err(rule(spec.check.id(), "stands twice"));
            }
            *place = Some(spec);
        }
        let mut specs = Vec::with_capacity(found.len());
        for (check, spec) in Check::ALL.iter().zip(found) {
            specs.push(spec.ok_or(CatalogueError::Missing(check.id()))?);
        }
        Ok(Self(specs))
    }

    /// A check.
    pub fn spec(&self, check: Check) -> &CheckSpec {
        &self.0[check.index()]
    }

    /// The check with this id, such as `R012`.
    pub fn check(&self, id: &str) -> Option<&CheckSpec> {
        Check::from_id(id).map(|check| self.spec(check))
    }

    /// All checks, in order.
    pub fn iter(&self) -> impl Iterator<Item = &CheckSpec> {
        self.0.iter()
    }
}

/// Checks that cannot be weaker than `fout`: what breaks them has no place in the registrations, or must not be kept at all.
fn must_stop(check: Check) -> bool {
    use Check::*;
    match check.scope() {
        Scope::Bestand => !matches!(check, ByteOrderMark | LegeRegel | GeenRegeleinde),
        Scope::Record => matches!(
            check,
            AantalVelden
                | Aanhalingsteken
                | GeenJsonObject
                | DubbeleSleutel
                | JsonType
                | VerplichtLeeg
                | OnbekendeCode
                | CodeNietGeldig
                | DubbeleCode
                | ExclusieveCode
                | Datum
                | BuitenMaand
                | KenmerkVorm
                | KenmerkZonderLetter
                | KenmerkDubbel
                | JaNee
                | Aantal
                | GemeenteVorm
        ),
        _ => matches!(
            check,
            ProtocolVersie
                | AndereRegio
                | AndereMaand
                | NummerNul
                | TotEnMetBuitenMaand
                | NietDeHeleMaand
                | TeVroegAangemaakt
                | BsnInKop
                | RecordsoortOntbreekt
                | RecordsoortDubbel
                | NummerVeranderd
                | RegioNietInBedrijf
        ),
    }
}

fn has_threshold(check: Check) -> bool {
    use Check::*;
    matches!(
        check,
        OudeDatum
            | Tolerantie
            | MeldingOnbekend
            | AantalAfwijkend
            | PolitieAfwijkend
            | OnbekendAfwijkend
            | LegeDagen
            | LeegSlot
            | DalingInMaand
            | OnverwachtLeeg
            | SprongInMaand
    )
}

fn rule(id: &str, rule: &'static str) -> CatalogueError {
    CatalogueError::Rule { id: id.to_owned(), rule }
}

fn read(row: Row) -> Result<CheckSpec, CatalogueError> {
    let check = Check::from_id(&row.id).ok_or_else(|| rule(&row.id, "is unknown to this version of the program"))?;
    if must_stop(check) && (row.ernst != Severity::Fout || row.uitzondering) {
        return Err(rule(&row.id, "must be a `fout` without exceptions"));
    }
    if has_threshold(check) != row.drempel.is_some() {
        return Err(rule(&row.id, "has a `drempel` where it should have none, or the other way round"));
    }
    if row.drempel.as_ref().is_some_and(|drempel| !(drempel.waarde.is_finite() && drempel.waarde > 0.0)) {
        return Err(rule(&row.id, "`drempel.waarde` must be greater than 0"));
    }
    if row.naam.is_empty() || row.melding.is_empty() || row.herstel.is_empty() {
        return Err(rule(&row.id, "`naam`, `melding` and `herstel` must be filled"));
    }
    Ok(CheckSpec {
        check,
        scope: check.scope(),
        severity: row.ernst,
        naam: row.naam,
        melding: row.melding,
        herstel: row.herstel,
        drempel: row.drempel,
        historie: row.historie,
        uitzondering: row.uitzondering,
    })
}

impl CheckSpec {
    /// The threshold's value.
    pub(crate) fn threshold(&self) -> f64 {
        self.drempel.as_ref().map_or(0.0, |drempel| drempel.waarde)
    }
}
