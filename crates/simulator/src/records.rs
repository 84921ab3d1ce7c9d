//! The records of a delivery as structs, in the fields and order of the contract ([`vt_domain::contract`]).

use chrono::NaiveDate;

/// How ids begin when the simulator plants markers: adviezen, meldingen, vervolgdiensten, casussen.
pub const MARKERS: [&str; 4] = ["MERKADV", "MERKMEL", "MERKDNS", "MERKCAS"];

/// A request for advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advies {
    /// Unique within the region.
    pub advies_id: String,
    /// Day on which it began.
    pub startdatum: NaiveDate,
    /// Code of list `kanaal`.
    pub kanaal: &'static str,
    /// Code of list `rol`.
    pub rol: &'static str,
    /// Code of list `organisatie`.
    pub organisatie: &'static str,
    /// Codes of list `aard`, at least one.
    pub aard: Vec<&'static str>,
    /// Codes of list `vorm`; empty when unknown.
    pub vorm: Vec<&'static str>,
    /// Code of list `duur_geweld`.
    pub duur_geweld: Option<&'static str>,
    /// Gemeente.
    pub gm_code: Option<String>,
}

/// A report of (suspected) violence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Melding {
    /// Unique within the region.
    pub melding_id: String,
    /// The casus; several meldingen can share one.
    pub casus_id: Option<String>,
    /// Day on which it came in.
    pub ontvangstdatum: NaiveDate,
    /// Code of list `rol`.
    pub rol: &'static str,
    /// Code of list `organisatie`.
    pub organisatie: &'static str,
    /// Codes of list `aard`, at least one.
    pub aard: Vec<&'static str>,
    /// Codes of list `vorm`; empty when unknown.
    pub vorm: Vec<&'static str>,
    /// Code of list `duur_geweld`.
    pub duur_geweld: Option<&'static str>,
    /// Whether the police handed it over; then `organisatie` is `politie`.
    pub politie_overdracht: bool,
    /// Gemeente, or `onbekend`.
    pub gm_code: String,
    /// Persons involved.
    pub n_betrokkenen: u32,
    /// Minors among them.
    pub n_minderjarig: Option<u32>,
    /// Codes of list `veiligheidstaxatie`, at least one.
    pub veiligheidstaxatie: Vec<&'static str>,
    /// Code of list `besluit`.
    pub besluit: &'static str,
    /// Day of the besluit; none exactly when it is `nog_niet_beoordeeld`.
    pub besluitdatum: Option<NaiveDate>,
    /// Code of list `hermelding`.
    pub hermelding: Option<&'static str>,
}

/// A service after a melding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vervolgdienst {
    /// Unique within the region.
    pub dienst_id: String,
    /// The melding it came from, of this month or an earlier one.
    pub melding_id: String,
    /// Code of list `dienst_soort`.
    pub soort: &'static str,
    /// First day.
    pub start: NaiveDate,
    /// Last day, when known.
    pub eind: Option<NaiveDate>,
    /// Codes of list `uitkomst`.
    pub uitkomst: Vec<&'static str>,
    /// Codes of list `overdracht`.
    pub overdracht: Vec<&'static str>,
}

/// The records of one delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// Adviezen that began in the month.
    pub adviezen: Vec<Advies>,
    /// Meldingen that came in in the month.
    pub meldingen: Vec<Melding>,
    /// Services that began or ended in the month.
    pub vervolgdiensten: Vec<Vervolgdienst>,
}
