//! The indicators as data: code, label, unit, numerator and denominator. The same list stands in `toelichting.json`.

use serde::{Deserialize, Serialize};
use vt_domain::codes::CodeLists;
use vt_domain::measure::{Dimensie, Maat};
use vt_domain::snapshot::Comparison;
use vt_domain::{Period, PeriodKind};

/// How an indicator is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "soort", rename_all = "snake_case", deny_unknown_fields)]
pub enum Calculation {
    /// The count per 10,000 inhabitants and 28 days.
    #[serde(rename = "per_10000_inwoners")]
    Rate {},
    /// The change in percent relative to another, earlier period.
    #[serde(rename = "verandering")]
    Change {
        /// Which other period.
        met: Comparison,
    },
    /// The same, over the VTs of which both periods have a figure; for NL only.
    #[serde(rename = "verandering_gelijke_regios")]
    LikeForLike {
        /// Which other period.
        met: Comparison,
    },
    /// The count per 28 days.
    #[serde(rename = "per_28_dagen")]
    PerDays {},
    /// The mean of this period and the ones before it, per 28 days.
    #[serde(rename = "voortschrijdend_gemiddelde")]
    MovingMean {
        /// Over how many periods, this one among them.
        perioden: u32,
    },
    /// A bound of what is usual for the time of year, per 28 days.
    #[serde(rename = "gebruikelijk")]
    Usual {
        /// Which bound.
        grens: Bound,
        /// Earlier periods that must have a figure without a break before this one.
        minste_perioden: u32,
    },
    /// The share of a category in its measure, in percent.
    #[serde(rename = "aandeel")]
    Share {
        /// Code of the dimension.
        dimensie: String,
        /// Code of the category.
        categorie: String,
    },
}

/// A bound of what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The lower.
    Onder,
    /// The upper.
    Boven,
}

/// Periods of a moving mean: a year of four weeks.
const MEAN_PERIODS: u32 = 13;
/// Earlier periods that "what is usual" needs (DESIGN §6).
const USUAL_PERIODS: u32 = 26;

/// An indicator, as it stands in `toelichting.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndicatorDefinition {
    /// The code.
    pub indicator: String,
    /// The label, in Dutch.
    pub label: String,
    /// The measures it is given for.
    pub maten: Vec<Maat>,
    /// The unit of value and margin.
    pub eenheid: String,
    /// How it is computed.
    pub berekening: Calculation,
    /// The numerator, in Dutch.
    pub teller: String,
    /// The denominator, in Dutch.
    pub noemer: String,
}

/// The indicators that a period has, in order of their codes. A period of 2019 or before has no comparison with 2019. An ISO year has
/// no time of year, no mean over years, and its previous period is that of a year earlier.
pub fn catalogue(period: Period, codes: &CodeLists) -> Vec<IndicatorDefinition> {
    let year = period.kind() == PeriodKind::IsoYear;
    let mut all = vec![rate(), per_days()];
    if !year {
        all.extend([moving_mean(), usual(Bound::Onder), usual(Bound::Boven)]);
    }
    for met in Comparison::ALL {
        let has = match met {
            Comparison::JaarEerder => true,
            Comparison::Jaar2019 => met.period(period).is_some(),
            Comparison::VorigePeriode => !year,
        };
        if has {
            all.extend([change(met), like_for_like(met)]);
        }
    }
    let both = [Maat::GestarteAdviezen, Maat::OntvangenMeldingen];
    let label = |dimension: Dimensie, code: &str| codes.list(dimension.field()).label(code).to_owned();
    let mut share = |code: String, maten: &[Maat], dimensie: Dimensie, categorie: &str| {
        all.push(share(code, maten, dimensie, categorie, &label(dimensie, categorie)));
    };
    share("aandeel_politie".to_owned(), &[Maat::OntvangenMeldingen], Dimensie::Organisatie, "politie");
    share("aandeel_burger".to_owned(), &both, Dimensie::Organisatie, "burger");
    share("aandeel_acuut".to_owned(), &[Maat::OntvangenMeldingen], Dimensie::Veiligheidstaxatie, "acuut");
    share("aandeel_structureel".to_owned(), &[Maat::OntvangenMeldingen], Dimensie::Veiligheidstaxatie, "structureel");
    for dimension in [Dimensie::Aard, Dimensie::Vorm] {
        for code in codes.list(dimension.field()).codes() {
            share(format!("aandeel_{dimension}_{}", code.code), &both, dimension, &code.code);
        }
    }
    all.sort_by(|left, right| left.indicator.cmp(&right.indicator));
    all
}

fn rate() -> IndicatorDefinition {
    IndicatorDefinition {
        indicator: "per_10000_inwoners".to_owned(),
        label: "Per 10.000 inwoners, per 28 dagen".to_owned(),
        maten: Maat::ALL.to_vec(),
        eenheid: "per 10.000 inwoners per 28 dagen".to_owned(),
        berekening: Calculation::Rate {},
        teller: "Aantal van de periode (kerncijfers), omgerekend naar 28 dagen".to_owned(),
        noemer: "Inwoners van de regio in het jaar van de periode, of anders de dichtstbijzijnde bekende (zie opmerking), gedeeld door 10.000"
            .to_owned(),
    }
}

fn per_days() -> IndicatorDefinition {
    IndicatorDefinition {
        indicator: "per_28_dagen".to_owned(),
        label: "Per 28 dagen".to_owned(),
        maten: Maat::ALL.to_vec(),
        eenheid: PER_28_DAYS.to_owned(),
        berekening: Calculation::PerDays {},
        teller: "Aantal van de periode (kerncijfers), maal 28".to_owned(),
        noemer: "Dagen van de periode".to_owned(),
    }
}

fn moving_mean() -> IndicatorDefinition {
    IndicatorDefinition {
        indicator: format!("gemiddelde_{MEAN_PERIODS}_perioden"),
        label: format!("Voortschrijdend gemiddelde over {MEAN_PERIODS} perioden, per 28 dagen"),
        maten: Maat::ALL.to_vec(),
        eenheid: PER_28_DAYS.to_owned(),
        berekening: Calculation::MovingMean { perioden: MEAN_PERIODS },
        teller: format!(
            "Som van de aantallen van de periode en de {} ervoor, elk per 28 dagen; alle moeten gegeven zijn, zonder reeksbreuk \
             ertussen",
            MEAN_PERIODS - 1
        ),
        noemer: format!("Het aantal perioden, {MEAN_PERIODS}"),
    }
}

/// A prediction interval by Student's t of the same period and its two neighbours in up to five earlier years: the baseline of the
/// historical limits method (Stroup et al., MMWR 1989), for few years.
fn usual(grens: Bound) -> IndicatorDefinition {
    let (code, name, sign) = match grens {
        Bound::Onder => ("ondergrens", "Ondergrens", "min"),
        Bound::Boven => ("bovengrens", "Bovengrens", "plus"),
    };
    IndicatorDefinition {
        indicator: format!("gebruikelijk_{code}"),
        label: format!("{name} van wat gebruikelijk is voor de tijd van het jaar, per 28 dagen"),
        maten: Maat::ALL.to_vec(),
        eenheid: PER_28_DAYS.to_owned(),
        berekening: Calculation::Usual { grens, minste_perioden: USUAL_PERIODS },
        teller: format!(
            "Gemiddelde van dezelfde periode en de periode ervoor en erna in ten hoogste vijf eerdere jaren, elk per 28 dagen, {sign} \
             t(0,975; n-1) maal de wortel uit s²(1 + 1/n) + 4: s² is de variantie van die aantallen, 4 die van de afronding van een \
             periode van 28 dagen. Alleen uit perioden sinds de laatste reeksbreuk, en als er ten minste {USUAL_PERIODS} zijn"
        ),
        noemer: "Geen".to_owned(),
    }
}

/// The unit of counts per 28 days.
const PER_28_DAYS: &str = "aantal per 28 dagen";

fn other_period(met: Comparison) -> &'static str {
    match met {
        Comparison::JaarEerder => "dezelfde periode een jaar eerder",
        Comparison::Jaar2019 => "dezelfde periode van 2019",
        Comparison::VorigePeriode => "de vorige periode",
    }
}

fn change(met: Comparison) -> IndicatorDefinition {
    let other = other_period(met);
    IndicatorDefinition {
        indicator: format!("verandering_{}", met.code()),
        label: format!("Verandering ten opzichte van {other}"),
        maten: Maat::ALL.to_vec(),
        eenheid: "%".to_owned(),
        berekening: Calculation::Change { met },
        teller: format!("Aantal van de periode min aantal van {other}, elk per 28 dagen"),
        noemer: format!("Aantal van {other}, per 28 dagen"),
    }
}

fn like_for_like(met: Comparison) -> IndicatorDefinition {
    let other = other_period(met);
    let regions = "over de Veilig Thuis-regio's die in beide perioden een cijfer hebben, zonder reeksbreuk ertussen";
    IndicatorDefinition {
        indicator: format!("verandering_{}_gelijke_regios", met.code()),
        label: format!("Verandering ten opzichte van {other}, gelijke regio's"),
        maten: Maat::ALL.to_vec(),
        eenheid: "%".to_owned(),
        berekening: Calculation::LikeForLike { met },
        teller: format!("Aantal van de periode min aantal van {other}, elk per 28 dagen, {regions}"),
        noemer: format!("Aantal van {other}, per 28 dagen, {regions}"),
    }
}

fn share(code: String, maten: &[Maat], dimensie: Dimensie, categorie: &str, label: &str) -> IndicatorDefinition {
    IndicatorDefinition {
        indicator: code,
        label: format!("Aandeel {dimensie}: {label}"),
        maten: maten.to_vec(),
        eenheid: "%".to_owned(),
        berekening: Calculation::Share { dimensie: dimensie.code().to_owned(), categorie: categorie.to_owned() },
        teller: format!("Aantal met {dimensie} '{label}' (verdelingen)"),
        noemer: "Aantal van de periode (kerncijfers)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_indicator_states_numerator_and_denominator_once() {
        let all = catalogue("2020W407".parse().unwrap(), CodeLists::builtin());
        assert!(
            all.iter().all(|found| !found.teller.is_empty() && !found.noemer.is_empty() && !found.maten.is_empty())
        );
        assert!(all.windows(2).all(|pair| pair[0].indicator < pair[1].indicator));
        let named = all.iter().map(|found| found.indicator.as_str());
        let codes: Vec<&str> = named.filter(|code| !code.starts_with("aandeel_vorm_")).collect();
        assert_eq!(all.len() - codes.len(), CodeLists::builtin().list("vorm").codes().len());
        insta::assert_snapshot!(codes.join("\n"), @r"
        aandeel_aard_andere_problematiek
        aandeel_aard_geen
        aandeel_aard_geweld_tegen_ouders
        aandeel_aard_huiselijk_geweld_overig
        aandeel_aard_kindermishandeling
        aandeel_aard_onbekend
        aandeel_aard_ouderenmishandeling
        aandeel_aard_partnergeweld
        aandeel_acuut
        aandeel_burger
        aandeel_politie
        aandeel_structureel
        gebruikelijk_bovengrens
        gebruikelijk_ondergrens
        gemiddelde_13_perioden
        per_10000_inwoners
        per_28_dagen
        verandering_2019
        verandering_2019_gelijke_regios
        verandering_jaar_eerder
        verandering_jaar_eerder_gelijke_regios
        verandering_vorige_periode
        verandering_vorige_periode_gelijke_regios
        ");
    }

    #[test]
    fn a_period_of_2019_is_not_compared_with_itself() {
        let all = catalogue("2019W407".parse().unwrap(), CodeLists::builtin());
        assert!(all.iter().all(|found| !found.indicator.starts_with("verandering_2019")));
    }

    #[test]
    fn an_iso_year_has_what_means_something_for_a_year() {
        let all = catalogue("2021ISO".parse().unwrap(), CodeLists::builtin());
        let series = |found: &IndicatorDefinition| {
            ["gemiddelde", "gebruikelijk", "verandering_vorige"].iter().any(|head| found.indicator.starts_with(head))
        };
        assert!(!all.iter().any(series));
        assert!(all.iter().any(|found| found.indicator == "verandering_jaar_eerder"));
        assert!(all.iter().any(|found| found.indicator == "verandering_2019"));
    }

    #[test]
    fn a_definition_is_read_back() {
        for definition in catalogue("2020W407".parse().unwrap(), CodeLists::builtin()) {
            let text = serde_json::to_string(&definition).unwrap();
            assert_eq!(serde_json::from_str::<IndicatorDefinition>(&text).unwrap(), definition);
        }
    }
}
