//! What the report and the workbook say in the same words.

use chrono::{Datelike, NaiveDate};
use vt_domain::snapshot::Status;

use super::explanation::{Explanation, MeasureDefinition};
use crate::describe::{PUBLISHER, licence};
use crate::indicators::{Break, Effect};
use crate::tables::coverage::MONTHS;

/// The status in words.
pub(crate) fn status(status: Status) -> &'static str {
    match status {
        Status::Voorlopig => "voorlopig",
        Status::NaderVoorlopig => "nader voorlopig",
        Status::Definitief => "definitief",
    }
}

/// `6 juli 2020`.
pub(crate) fn date(day: NaiveDate) -> String {
    format!("{} {} {}", day.day(), month(day), day.year())
}

/// `juli`.
pub(crate) fn month(day: NaiveDate) -> &'static str {
    MONTHS[day.month0() as usize]
}

/// Which date decides in what period a registration of this measure falls.
pub(crate) fn counted_by(measure: &MeasureDefinition) -> String {
    let date = match measure.datum.as_str() {
        "startdatum" => "de startdatum van het advies",
        "ontvangstdatum" => "de ontvangstdatum van de melding",
        "eind" => "de einddatum van de dienst",
        other => other,
    };
    format!("Telt naar {date}.")
}

/// `15 maart 2020: Eerste lockdown`.
pub(crate) fn break_title(found: &Break) -> String {
    format!("{}: {}", date(found.datum), found.titel)
}

/// What happened, which areas and measures it concerns, and what it does to comparisons.
pub(crate) fn break_text(found: &Break) -> String {
    let mut text = found.tekst.clone();
    let measures = found.maten.iter().map(|maat| maat.label().to_lowercase());
    let concerned: Vec<String> = found.gebieden.iter().cloned().chain(measures).collect();
    if !concerned.is_empty() {
        text += &format!(" Betreft {}.", concerned.join(", "));
    }
    if found.gevolg == Effect::GeenVergelijking {
        text += " Vergelijkingen over deze dag heen zijn leeg.";
    }
    text
}

/// What the figures were made from, with the licence of each source.
pub(crate) fn sources(explanation: &Explanation) -> Vec<String> {
    let mut years: Vec<i32> = explanation.inwoners.iter().map(|row| row.jaar).collect();
    years.sort_unstable();
    years.dedup();
    let years: Vec<String> = years.iter().map(i32::to_string).collect();
    let of_years = if years.is_empty() { String::new() } else { format!(" Inwoners van {}.", years.join(", ")) };
    vec![
        "Aantallen: registraties van de Veilig Thuis-organisaties, afgerond door vt-monitor.".to_owned(),
        format!(
            "Inwoners en indeling van gemeenten en regio's: CBS, CC BY 4.0 (register {}).{of_years}",
            explanation.indeling.register
        ),
        "Omschrijvingen van maten en categorieën: CBS StatLine 84850NED en 84851NED, CC BY 4.0.".to_owned(),
    ]
}

/// The licence of the figures and who publishes them. Without a protocol in the address: pages load nothing and link to nothing.
pub(crate) fn licence_of_figures() -> String {
    let address = licence::PATH.trim_start_matches("https://").trim_end_matches('/');
    format!("{} ({}, {address}). Uitgever: {PUBLISHER}.", licence::TITLE, licence::NAME)
}

/// Where the instant of publication stands: files of a snapshot hold no clock.
pub(crate) fn published_when(explanation: &Explanation) -> String {
    format!(
        "Het tijdstip staat bij gepubliceerd_op in het manifest van deze uitgave: {}.",
        explanation.issue().manifest()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary;
    use crate::indicators::Breaks;

    #[test]
    fn every_measure_says_by_which_date_it_is_counted() {
        let said: Vec<String> = dictionary::measures().iter().map(counted_by).collect();
        let service = "Telt naar de einddatum van de dienst.";
        let expected = [
            "Telt naar de startdatum van het advies.",
            "Telt naar de ontvangstdatum van de melding.",
            service,
            service,
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_break_states_scope_and_effect_and_its_day_once() {
        let all = Breaks::builtin().applying_to("2020W407".parse().unwrap(), std::iter::empty());
        let of = |titel: &str| all.iter().find(|found| found.titel.starts_with(titel)).unwrap();
        let system = of("Nieuw registratiesysteem");
        assert_eq!(break_title(system), "1 januari 2020: Nieuw registratiesysteem in Gelderland-Zuid");
        assert!(break_text(system).ends_with(" Betreft VT06, VR08. Vergelijkingen over deze dag heen zijn leeg."));
        assert!(break_text(of("Advies via chat")).ends_with(" Betreft gestarte adviezen."));
        let lockdown = of("Eerste lockdown");
        assert_eq!(break_text(lockdown), lockdown.tekst);
        assert!(all.iter().all(|found| !break_text(found).starts_with("Vanaf 15-3-2020")));
    }

    #[test]
    fn the_licence_is_that_of_the_descriptions() {
        let said = licence_of_figures();
        assert!(said.contains(licence::TITLE) && said.contains(licence::NAME) && !said.contains("://"));
    }
}
