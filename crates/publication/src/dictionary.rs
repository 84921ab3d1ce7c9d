//! What the words of the tables mean, in Dutch: measures, reasons, and the sentences that stand beside every snapshot.

use vt_domain::measure::Maat;
use vt_domain::snapshot::{PublishedPolicy, RedenLeeg};

use crate::render::explanation::{MeasureDefinition, ReasonDefinition};

/// What each measure counts (informatieprotocol 2.0; CBS StatLine 84850NED and 84851NED).
pub fn measures() -> Vec<MeasureDefinition> {
    let meaning = |maat: Maat| match maat {
        Maat::GestarteAdviezen => {
            "Adviezen die in de periode zijn begonnen. De vrager blijft zelf verantwoordelijk; personen worden niet geregistreerd."
        }
        Maat::OntvangenMeldingen => {
            "Meldingen die in de periode zijn ontvangen. Veilig Thuis wordt verantwoordelijk voor het zicht op veiligheid."
        }
        Maat::AfgerondeOnderzoeken => {
            "Diensten onderzoek die in de periode zijn afgerond, geteld in de gemeente van de melding."
        }
        Maat::AfgerondeVoorwaardenVervolg => {
            "Diensten voorwaarden en vervolg die in de periode zijn afgerond, geteld in de gemeente van de melding."
        }
    };
    let define = |maat: Maat| MeasureDefinition {
        maat,
        label: maat.label().to_owned(),
        omschrijving: meaning(maat).to_owned(),
        datum: maat.date_field().to_owned(),
    };
    Maat::ALL.into_iter().map(define).collect()
}

/// What each `reden_leeg` means.
pub fn reasons() -> Vec<ReasonDefinition> {
    let define = |reason: RedenLeeg| ReasonDefinition { reden_leeg: reason, betekenis: reason.betekenis().to_owned() };
    RedenLeeg::ALL.into_iter().map(define).collect()
}

/// The sentences that hold for every snapshot. None of them says anything about the records of this one.
pub fn standing_sentences(policy: &PublishedPolicy) -> Vec<String> {
    let PublishedPolicy { veelvoud, grens, kleinste_basis, kleinste_basis_herzien, .. } = policy;
    let adjacent = veelvoud - 1;
    vec![
        format!(
            "Alle aantallen zijn afgerond op veelvouden van {veelvoud}, zo dat niemand herkenbaar is en alle tabellen optellen. \
             Een gepubliceerd aantal verschilt ten hoogste {grens} van het geregistreerde aantal (kolom marge); dat is meer dan bij CBS."
        ),
        format!(
            "Een gepubliceerde 0 staat meestal voor 0 tot en met {adjacent} en nooit voor meer dan {grens}. Een lege waarde \
             betekent dat het cijfer er niet is; reden_leeg zegt waarom."
        ),
        "Registraties die niet aan de afspraken over levering voldoen, tellen niet mee; alleen de regio zelf krijgt daarvan bericht."
            .to_owned(),
        "Adviezen en meldingen zijn verschillende dingen en worden nooit bij elkaar opgeteld.".to_owned(),
        "Bij aard, vorm en veiligheidstaxatie kan een registratie in meer categorieën vallen; samen zijn die dan meer dan het totaal."
            .to_owned(),
        "VR00 bevat registraties van Veilig Thuis-regio's die in meer veiligheidsregio's liggen, waarvan de gemeente niet bekend is. \
         Daardoor tellen ook de veiligheidsregio's op tot Nederland."
            .to_owned(),
        format!(
            "Indicatoren zijn berekend uit gepubliceerde, dus afgeronde aantallen. Veranderingen en aandelen vragen een basis van ten \
             minste {kleinste_basis}, na een herziening {kleinste_basis_herzien}. Groei is ten opzichte van de eerdere periode."
        ),
        "Perioden bestaan uit hele ISO-weken. Waar perioden niet even lang zijn, wordt per 28 dagen vergeleken.".to_owned(),
        "Een correctie van een regio leidt tot een nieuwe uitgave; een eerdere uitgave verandert nooit.".to_owned(),
    ]
}

/// The sentence that stands beside the sum of shorter periods.
pub fn sum_sentence(policy: &PublishedPolicy) -> String {
    format!(
        "Deze periode is de som van de gepubliceerde kortere perioden die bij delen staan. De afrondingen daarvan lopen samen op \
         tot ten hoogste {}. Wat een van de delen alleen voor Nederland geeft, is ook hier alleen voor Nederland gegeven. Een veiligheidsregio die in een \
         van de delen leeg is met reden_leeg regio_onbekend, is dat ook hier.",
        policy.grens
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standing_sentences_state_the_rounding_and_what_does_not_count() {
        let policy = PublishedPolicy {
            veelvoud: 5,
            grens: 9,
            kleinste_basis: 100,
            kleinste_basis_herzien: 200,
            decimaal_vanaf_basis: 1000,
            regio_onbekend_boven_procent: 5,
        };
        let sentences = standing_sentences(&policy);
        assert!(sentences[0].contains("veelvouden van 5") && sentences[0].contains("ten hoogste 9"));
        assert!(sentences.iter().any(|sentence| sentence.contains("tellen niet mee")));
        assert!(sentences.iter().all(|sentence| sentence.ends_with('.') && !sentence.contains("  ")));
    }

    #[test]
    fn every_measure_and_reason_is_explained() {
        assert_eq!(measures().len(), Maat::ALL.len());
        assert_eq!(reasons().len(), RedenLeeg::ALL.len());
    }
}
