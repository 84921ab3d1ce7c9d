//! The kwaliteitsrapport: what the checks found, how grave it is and how to mend it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vt_domain::contract::RecordType;
use vt_domain::delivery::DeliveryId;
use vt_domain::finding::{Finding, RecordRef, Scope, Severity};

use crate::checks::{Catalogue, Found, Severities};

/// What was found in a delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kwaliteitsrapport {
    /// Version of this form: 1.
    pub formaat: u32,
    /// The delivery.
    pub levering: DeliveryId,
    /// The verdict.
    pub oordeel: Oordeel,
    /// Records per file; empty when the files were not read.
    pub aantallen: Vec<Aantallen>,
    /// The findings: gravest first, then by check.
    pub bevindingen: Vec<Bevinding>,
}

/// The verdict on a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oordeel {
    /// Its records count, but for those that were refused.
    Geaccepteerd,
    /// Nothing of it counts.
    Afgekeurd,
}

/// How many records of a file were read, kept and refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aantallen {
    /// The file.
    pub bestand: RecordType,
    /// Records in the file.
    pub gelezen: u64,
    /// Records that count.
    pub behouden: u64,
    /// Records that were refused.
    pub geweigerd: u64,
}

/// One check that did not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bevinding {
    /// Id of the check.
    pub controle: String,
    /// What is checked.
    pub naam: String,
    /// How grave, for this region on this day.
    pub ernst: Severity,
    /// What the check looks at.
    pub niveau: Scope,
    /// The file, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bestand: Option<RecordType>,
    /// The field, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub veld: Option<String>,
    /// How many records, fields, lines or days.
    pub aantal: u64,
    /// What is wrong.
    pub melding: String,
    /// How to mend it.
    pub herstel: String,
    /// The exception that lowers the severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uitzondering: Option<Uitzondering>,
    /// The first records, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voorbeelden: Vec<RecordRef>,
}

/// An exception that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uitzondering {
    /// Why.
    pub reden: String,
    /// The last day on which it counts.
    pub tot_en_met: NaiveDate,
}

impl Bevinding {
    /// The finding as it is kept with the verdict: without examples, which stand in the report alone.
    pub fn finding(&self) -> Finding {
        Finding {
            check: self.controle.clone(),
            severity: self.ernst,
            scope: self.niveau,
            bestand: self.bestand,
            veld: self.veld.clone(),
            aantal: self.aantal,
            voorbeelden: Vec::new(),
            melding: format!("{} {}", self.melding, self.herstel),
        }
    }
}

/// Gives findings their severity and text, gravest first.
pub(crate) fn render(found: &[Found], catalogue: &Catalogue, severities: &Severities) -> Vec<Bevinding> {
    let mut rendered: Vec<Bevinding> = found.iter().map(|found| one(found, catalogue, severities)).collect();
    rendered.sort_by(|a, b| {
        let key = |x: &Bevinding| (std::cmp::Reverse(x.ernst), x.controle.clone(), x.bestand, x.veld.clone());
        key(a).cmp(&key(b))
    });
    rendered
}

fn one(found: &Found, catalogue: &Catalogue, severities: &Severities) -> Bevinding {
    let spec = catalogue.spec(found.check);
    let exception = severities.exception(found.check);
    Bevinding {
        controle: found.check.id().to_owned(),
        naam: spec.naam.clone(),
        ernst: severities.severity(found.check),
        niveau: spec.scope,
        bestand: found.bestand,
        veld: found.field.map(ToOwned::to_owned),
        aantal: found.count,
        melding: filled(&spec.melding, found),
        herstel: filled(&spec.herstel, found),
        uitzondering: exception
            .map(|exception| Uitzondering { reden: exception.reden.clone(), tot_en_met: exception.tot_en_met }),
        voorbeelden: found.examples.clone(),
    }
}

fn filled(template: &str, found: &Found) -> String {
    let mut text = template.replace("{aantal}", &found.count.to_string());
    text = text.replace("{veld}", found.field.unwrap_or("het veld"));
    for (name, value) in &found.details {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}
