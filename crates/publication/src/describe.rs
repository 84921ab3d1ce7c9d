//! What describes the published figures: the data dictionary, `datapackage.json`, JSON Schemas, catalogue and feed (DESIGN §6).
//!
//! Pure functions of published values: no clock, the same bytes every time. The columns come from the column manifest of
//! [`vt_domain::snapshot`], the fields of the JSON documents from [`fields`]; nothing is described twice.

pub mod catalogue;
pub mod datapackage;
pub mod dictionary;
pub mod feed;
pub mod fields;
mod indicators;
mod node;
pub mod schema;
pub(crate) mod words;

#[cfg(test)]
pub(crate) mod example;
#[cfg(test)]
mod tests;

/// The licence that the files are published under: that of the CBS material in them (README).
pub(crate) mod licence {
    pub(crate) const NAME: &str = "CC-BY-4.0";
    pub(crate) const TITLE: &str = "Creative Commons Naamsvermelding 4.0 Internationaal";
    pub(crate) const PATH: &str = "https://creativecommons.org/licenses/by/4.0/";
}

/// Who publishes.
pub(crate) const PUBLISHER: &str = "vt-monitor, voor het Landelijk Operationeel Team Corona (LOT-C)";

/// What is published, in one sentence.
pub(crate) const SUBJECT: &str = "Afgeronde aantallen adviezen, meldingen en afgeronde diensten van Veilig Thuis, per periode, voor Nederland, per Veilig \
     Thuis-regio en per veiligheidsregio.";

pub use vt_domain::snapshot::Language;
