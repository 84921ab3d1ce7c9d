//! What is counted (`maat`) and by what it is broken down (`dimensie`): the tables of DESIGN §6.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::contract::RecordType;

/// A published measure. Adviezen and meldingen are different things and are never added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Maat {
    /// Adviezen by startdatum.
    GestarteAdviezen,
    /// Meldingen by ontvangstdatum.
    OntvangenMeldingen,
    /// Services `onderzoek` by eind.
    AfgerondeOnderzoeken,
    /// Services `voorwaarden_vervolg` by eind.
    AfgerondeVoorwaardenVervolg,
}

impl Maat {
    /// All measures, in the order of the tables.
    pub const ALL: [Self; 4] = [
        Self::GestarteAdviezen,
        Self::OntvangenMeldingen,
        Self::AfgerondeOnderzoeken,
        Self::AfgerondeVoorwaardenVervolg,
    ];

    /// The code in the tables.
    pub fn code(self) -> &'static str {
        match self {
            Self::GestarteAdviezen => "gestarte_adviezen",
            Self::OntvangenMeldingen => "ontvangen_meldingen",
            Self::AfgerondeOnderzoeken => "afgeronde_onderzoeken",
            Self::AfgerondeVoorwaardenVervolg => "afgeronde_voorwaarden_vervolg",
        }
    }

    /// The Dutch label (CBS StatLine 84850NED/84851NED).
    pub fn label(self) -> &'static str {
        match self {
            Self::GestarteAdviezen => "Gestarte adviezen",
            Self::OntvangenMeldingen => "Ontvangen meldingen",
            Self::AfgerondeOnderzoeken => "Afgeronde diensten onderzoek",
            Self::AfgerondeVoorwaardenVervolg => "Afgeronde diensten voorwaarden en vervolg",
        }
    }

    /// The records that are counted.
    pub fn record(self) -> RecordType {
        match self {
            Self::GestarteAdviezen => RecordType::Advies,
            Self::OntvangenMeldingen => RecordType::Melding,
            Self::AfgerondeOnderzoeken | Self::AfgerondeVoorwaardenVervolg => RecordType::Vervolgdienst,
        }
    }

    /// The date field that decides the period.
    pub fn date_field(self) -> &'static str {
        match self {
            Self::GestarteAdviezen => "startdatum",
            Self::OntvangenMeldingen => "ontvangstdatum",
            Self::AfgerondeOnderzoeken | Self::AfgerondeVoorwaardenVervolg => "eind",
        }
    }

    /// The value of the field `soort` that is counted, for services.
    pub fn dienst_soort(self) -> Option<&'static str> {
        match self {
            Self::AfgerondeOnderzoeken => Some("onderzoek"),
            Self::AfgerondeVoorwaardenVervolg => Some("voorwaarden_vervolg"),
            _ => None,
        }
    }

    /// The breakdowns, in the order of the tables.
    pub fn dimensies(self) -> &'static [Dimensie] {
        use Dimensie::*;
        match self {
            Self::GestarteAdviezen => &[Kanaal, Organisatie, Aard, Vorm, Duur],
            Self::OntvangenMeldingen => &[Organisatie, Aard, Vorm, Duur, Veiligheidstaxatie, Hermelding, Besluit],
            _ => &[],
        }
    }
}

impl fmt::Display for Maat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Maat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|m| m.code() == text).ok_or_else(|| "no maat".to_owned())
    }
}

/// A breakdown of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimensie {
    /// How the request for advice came.
    Kanaal,
    /// Organisation of asker or reporter, CBS's 13 classes.
    Organisatie,
    /// Kind of violence (protocol 2.0); multi-valued.
    Aard,
    /// Form of violence (protocol 1); multi-valued.
    Vorm,
    /// How long the violence lasts.
    Duur,
    /// Safety at the first look; multi-valued.
    Veiligheidstaxatie,
    /// Earlier involvement of Veilig Thuis.
    Hermelding,
    /// Decision after the safety assessment. NL only: by region it would be sturingsinformatie (DESIGN §1).
    Besluit,
}

impl Dimensie {
    /// All breakdowns.
    pub const ALL: [Self; 8] = [
        Self::Kanaal,
        Self::Organisatie,
        Self::Aard,
        Self::Vorm,
        Self::Duur,
        Self::Veiligheidstaxatie,
        Self::Hermelding,
        Self::Besluit,
    ];

    /// The code in the tables.
    pub fn code(self) -> &'static str {
        match self {
            Self::Kanaal => "kanaal",
            Self::Organisatie => "organisatie",
            Self::Aard => "aard",
            Self::Vorm => "vorm",
            Self::Duur => "duur",
            Self::Veiligheidstaxatie => "veiligheidstaxatie",
            Self::Hermelding => "hermelding",
            Self::Besluit => "besluit",
        }
    }

    /// The field of the delivery contract; also the name of its code list ([`crate::codes`]).
    pub fn field(self) -> &'static str {
        match self {
            Self::Duur => "duur_geweld",
            other => other.code(),
        }
    }

    /// Whether a record can be in several categories, so that they add up to more than the total.
    pub fn multi_valued(self) -> bool {
        matches!(self, Self::Aard | Self::Vorm | Self::Veiligheidstaxatie)
    }

    /// Whether it is published for NL only.
    pub fn national_only(self) -> bool {
        self == Self::Besluit
    }
}

impl fmt::Display for Dimensie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::CodeLists;
    use crate::contract::FieldKind;

    #[test]
    fn every_breakdown_is_a_field_of_the_records_that_are_counted() {
        for maat in Maat::ALL {
            assert!(maat.record().date_fields().contains(&maat.date_field()));
            for dimensie in maat.dimensies() {
                let field = maat.record().field(dimensie.field()).unwrap();
                assert_eq!(matches!(field.kind, FieldKind::Codes(_)), dimensie.multi_valued(), "{dimensie}");
                assert_eq!(field.kind.list(), Some(dimensie.field()));
                let has_unknown = CodeLists::builtin().list(dimensie.field()).get("onbekend").is_some();
                assert!(field.required || has_unknown, "{dimensie}: an empty value needs a category");
            }
        }
    }

    #[test]
    fn besluit_is_national_only() {
        assert!(Dimensie::ALL.into_iter().filter(|d| d.national_only()).eq([Dimensie::Besluit]));
    }
}
