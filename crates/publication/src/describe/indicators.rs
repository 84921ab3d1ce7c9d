//! The indicators in English: the catalogue's own words, which stand in `toelichting.json`, are Dutch.

use vt_domain::snapshot::Comparison;

use crate::indicators::catalogue::Calculation;
use crate::indicators::{Bound, IndicatorDefinition};

/// Label, unit, numerator and denominator.
pub(super) struct Wording {
    pub(super) label: String,
    pub(super) unit: String,
    pub(super) numerator: String,
    pub(super) denominator: String,
}

/// The words of `toelichting.json`.
pub(super) fn dutch(definition: &IndicatorDefinition) -> Wording {
    Wording {
        label: definition.label.clone(),
        unit: definition.eenheid.clone(),
        numerator: definition.teller.clone(),
        denominator: definition.noemer.clone(),
    }
}

/// The same in English.
pub(super) fn english(definition: &IndicatorDefinition) -> Wording {
    let percent = || "%".to_owned();
    match &definition.berekening {
        Calculation::Rate {} => Wording {
            label: "Per 10,000 inhabitants, per 28 days".to_owned(),
            unit: "per 10,000 inhabitants per 28 days".to_owned(),
            numerator: "Count of the period (kerncijfers), converted to 28 days".to_owned(),
            denominator: "Inhabitants of the region in the year of the period, or else the last known (see opmerking), divided by 10,000"
                .to_owned(),
        },
        Calculation::PerDays {} => Wording {
            label: "Per 28 days".to_owned(),
            unit: PER_28_DAYS.to_owned(),
            numerator: "Count of the period (kerncijfers), times 28".to_owned(),
            denominator: "Days of the period".to_owned(),
        },
        Calculation::MovingMean { perioden } => Wording {
            label: format!("Moving mean over {perioden} periods, per 28 days"),
            unit: PER_28_DAYS.to_owned(),
            numerator: "Sum of the counts of the period and those before it, each per 28 days; all must be given, without a series \
                        break between"
                .to_owned(),
            denominator: format!("The number of periods, {perioden}"),
        },
        Calculation::Usual { grens, minste_perioden } => usual(*grens, *minste_perioden),
        Calculation::Change { met } => change(*met, ""),
        Calculation::LikeForLike { met } => {
            change(*met, ", over the Veilig Thuis regions with a figure in both periods and no series break between")
        }
        Calculation::Share { dimensie, categorie } => Wording {
            label: format!("Share of {dimensie}: {categorie}"),
            unit: percent(),
            numerator: format!("Count with {dimensie} `{categorie}` (verdelingen)"),
            denominator: "Count of the period (kerncijfers)".to_owned(),
        },
    }
}

const PER_28_DAYS: &str = "count per 28 days";

fn usual(bound: Bound, least_periods: u32) -> Wording {
    let (name, sign) = match bound {
        Bound::Onder => ("Lower", "minus"),
        Bound::Boven => ("Upper", "plus"),
    };
    Wording {
        label: format!("{name} bound of what is usual for the time of year, per 28 days"),
        unit: PER_28_DAYS.to_owned(),
        numerator: format!(
            "Mean of the same period and the ones before and after it in at most five earlier years, each per 28 days, {sign} \
             t(0.975; n-1) times the square root of s²(1 + 1/n) + 4: s² is the variance of those counts, 4 that of the rounding of a \
             period of 28 days. From periods since the last series break only, and when there are at least {least_periods}"
        ),
        denominator: "None".to_owned(),
    }
}

fn change(met: Comparison, regions: &str) -> Wording {
    let other = match met {
        Comparison::JaarEerder => "the same period a year earlier",
        Comparison::Jaar2019 => "the same period of 2019",
        Comparison::VorigePeriode => "the period before",
    };
    let alike = if regions.is_empty() { "" } else { ", like for like" };
    Wording {
        label: format!("Change relative to {other}{alike}"),
        unit: "%".to_owned(),
        numerator: format!("Count of the period minus count of {other}, each per 28 days{regions}"),
        denominator: format!("Count of {other}, per 28 days{regions}"),
    }
}
