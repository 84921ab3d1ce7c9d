//! The rows of `indicatoren`.

use std::sync::Arc;

use vt_domain::measure::Maat;
use vt_domain::snapshot::{Comparison, RedenLeeg, SnapshotTable, Status};

use vt_domain::Period;

use super::arithmetic::{self, Measured, Rounded};
use super::bases::{BaseFigures, Bases};
use super::breaks::forbidding;
use super::catalogue::{Calculation, IndicatorDefinition};
use crate::render::explanation::Explanation;
use crate::tables::coverage::Prefix;
use crate::tables::{Figure, Figures, PublishedArea, TableRows, Value};

/// What stands in `opmerking` where the two periods compared differ in status.
pub const MATURITY_DIFFERS: &str = "rijpheid_verschilt";

/// The published figures of one issue, with its explanation.
#[derive(Debug, Clone, Copy)]
pub struct Current<'a> {
    /// Definitions, inhabitants, breaks, policy.
    pub explanation: &'a Explanation,
    /// The published areas.
    pub areas: &'a [PublishedArea],
    /// Kerncijfers and verdelingen.
    pub figures: &'a Figures,
}

/// The value of an indicator, or the reason for its absence, with remarks.
pub(super) struct Outcome {
    pub(super) value: Result<Measured, RedenLeeg>,
    pub(super) status: Status,
    pub(super) remarks: Vec<String>,
}

impl Outcome {
    pub(super) fn absent(reason: RedenLeeg, status: Status, remark: impl Into<Option<String>>) -> Self {
        Self { value: Err(reason), status, remarks: remark.into().into_iter().collect() }
    }
}

/// The rows of `indicatoren`: one per indicator, measure and area for which the figures exist (like-for-like: NL).
pub fn indicator_rows(current: Current<'_>, bases: &Bases) -> TableRows {
    let prefix = Prefix::of(current.explanation.periode);
    let mut rows = Vec::new();
    for definition in &current.explanation.indicatoren {
        let texts =
            [&definition.indicator, &definition.label, &definition.eenheid].map(|text| Arc::<str>::from(text.as_str()));
        let [code, label, unit] = texts;
        for &maat in &definition.maten {
            let maat_code: Arc<str> = maat.code().into();
            for area in current.areas {
                let Some(outcome) = current.outcome(definition, maat, area, bases) else { continue };
                let mut row = prefix.row(area);
                row.extend([Value::Text(Arc::clone(&code)), Value::Text(Arc::clone(&label))]);
                row.push(Value::Text(Arc::clone(&maat_code)));
                row.push(Value::optional_float(outcome.value.as_ref().ok().map(|measured| measured.waarde)));
                row.push(Value::optional_float(outcome.value.as_ref().ok().map(|measured| measured.marge)));
                row.extend([Value::Text(Arc::clone(&unit)), Value::Text(outcome.status.code().into())]);
                row.push(Value::optional_text(outcome.value.err().map(RedenLeeg::code)));
                let remarks = outcome.remarks.join("; ");
                row.push(Value::optional_text((!remarks.is_empty()).then_some(&remarks)));
                rows.push(row);
            }
        }
    }
    TableRows::sorted(SnapshotTable::Indicatoren, rows)
}

impl Current<'_> {
    /// The outcome of an indicator; nothing where the area has no such row.
    fn outcome(
        &self,
        definition: &IndicatorDefinition,
        maat: Maat,
        area: &PublishedArea,
        bases: &Bases,
    ) -> Option<Outcome> {
        let total = self.figures.total(&area.code, maat)?;
        // What is computed from the figure of this period is absent where that is, and for the same reason.
        let given = |outcome: &dyn Fn((Rounded, Status)) -> Outcome| match rounded(total) {
            Ok(now) => outcome((now, total.status)),
            Err(reason) => Outcome::absent(reason, total.status, None),
        };
        match &definition.berekening {
            Calculation::Rate {} => Some(given(&|now| self.rate(area, now))),
            Calculation::PerDays {} => Some(given(&|now| self.per_days(now))),
            Calculation::MovingMean { perioden } => {
                Some(given(&|now| self.moving_mean(area, maat, now, *perioden, bases)))
            }
            Calculation::Usual { grens, minste_perioden } => {
                Some(given(&|now| self.usual(area, maat, now, (*grens, *minste_perioden), bases)))
            }
            Calculation::Change { met } => Some(given(&|now| self.change(area, maat, now, *met, bases))),
            Calculation::LikeForLike { met } => {
                area.is_nl().then(|| self.like_for_like(area, maat, total, *met, bases))
            }
            Calculation::Share { dimensie, categorie } => {
                let part = self.figures.part(&area.code, maat, dimensie, categorie)?;
                Some(self.share(total, part))
            }
        }
    }

    fn rate(&self, area: &PublishedArea, (count, status): (Rounded, Status)) -> Outcome {
        let inhabitants = self.explanation.inhabitants(&area.code);
        let measured =
            inhabitants.and_then(|found| arithmetic::rate(count, self.explanation.periode.days(), found.inwoners));
        match measured {
            Some(measured) => {
                let note = inhabitants.and_then(|found| found.opmerking.clone());
                Outcome { value: Ok(measured), status, remarks: note.into_iter().collect() }
            }
            None => Outcome::absent(RedenLeeg::GeenBasis, status, "geen inwoners bekend".to_owned()),
        }
    }

    fn share(&self, total: Figure, part: Figure) -> Outcome {
        let (whole, part) = match (rounded(total), rounded(part)) {
            (Ok(whole), Ok(part)) => (whole, part),
            (Err(reason), _) | (_, Err(reason)) => return Outcome::absent(reason, total.status, None),
        };
        if whole.waarde < self.least_base(None) {
            return Outcome::absent(RedenLeeg::GeenBasis, total.status, too_small(self.least_base(None)));
        }
        match arithmetic::share(part, whole, self.decimals(whole.waarde)) {
            Some(measured) => Outcome { value: Ok(measured), status: total.status, remarks: Vec::new() },
            None => Outcome::absent(RedenLeeg::GeenBasis, total.status, None),
        }
    }

    fn change(
        &self,
        area: &PublishedArea,
        maat: Maat,
        (now, status): (Rounded, Status),
        met: Comparison,
        bases: &Bases,
    ) -> Outcome {
        let base = match self.base(area, maat, met, bases) {
            Ok(base) => base,
            Err((reason, remark)) => return Outcome::absent(reason, status, remark),
        };
        let earlier = base.figures.total(&area.code, maat);
        let Some((earlier_status, earlier)) = earlier.and_then(|found| Some((found.status, rounded(found).ok()?)))
        else {
            let remark = format!("geen cijfer over {}", base.periode);
            return Outcome::absent(RedenLeeg::GeenBasis, status, remark);
        };
        let within = self.break_within(area, maat, base.periode);
        let within = within.map(|remark| {
            if area.is_nl() { format!("{remark}: zie verandering_{}_gelijke_regios", met.code()) } else { remark }
        });
        self.compared(now, earlier, base, status, earlier_status != status, within.into_iter().collect())
    }

    fn like_for_like(
        &self,
        area: &PublishedArea,
        maat: Maat,
        total: Figure,
        met: Comparison,
        bases: &Bases,
    ) -> Outcome {
        let status = total.status;
        let base = match self.base(area, maat, met, bases) {
            Ok(base) => base,
            Err((reason, remark)) => return Outcome::absent(reason, status, remark),
        };
        let (breaks, period) = (&self.explanation.reeksbreuken, self.explanation.periode);
        let (mut now, mut earlier, mut without, mut matures) = (Vec::new(), Vec::new(), Vec::new(), false);
        for vt in self.areas.iter().filter(|area| &*area.regio_type == "VT") {
            let pair = || {
                let (one, other) = (self.figures.total(&vt.code, maat)?, base.figures.total(&vt.code, maat)?);
                Some((rounded(one).ok()?, rounded(other).ok()?, one.status != other.status))
            };
            match pair() {
                Some((one, other, differs)) if forbidding(breaks, &vt.code, maat, base.periode, period).is_none() => {
                    now.push(one);
                    earlier.push(other);
                    matures |= differs;
                }
                _ => without.push(&*vt.code),
            }
        }
        let margin = i64::from(self.explanation.beleid.grens);
        let remarks = if without.is_empty() { Vec::new() } else { vec![format!("zonder {}", without.join(", "))] };
        let others = base.figures.count_of_type("VT", maat).saturating_sub(earlier.len());
        let now = arithmetic::sum(&now, without.len(), margin);
        let earlier = arithmetic::sum(&earlier, others, base.figures.margin().unwrap_or(margin));
        self.compared(now, earlier, base, status, matures, remarks)
    }

    fn compared(
        &self,
        now: Rounded,
        earlier: Rounded,
        base: &BaseFigures,
        status: Status,
        maturity_differs: bool,
        mut remarks: Vec<String>,
    ) -> Outcome {
        if maturity_differs {
            remarks.insert(0, MATURITY_DIFFERS.to_owned());
        }
        let (days, days_earlier) = (self.explanation.periode.days(), base.periode.days());
        if days != days_earlier {
            remarks.push(format!("perioden van {days} en {days_earlier} dagen, vergeleken per 28 dagen"));
        }
        let least = self.least_base(Some(base));
        let change = || arithmetic::change(now, days, earlier, days_earlier, self.decimals(earlier.waarde));
        match (earlier.waarde >= least).then(change).flatten() {
            Some(measured) => Outcome { value: Ok(measured), status, remarks },
            // What would be said of the comparison says nothing where there is none.
            None => Outcome::absent(RedenLeeg::GeenBasis, status, too_small(least)),
        }
    }

    /// The figures compared with, or the reason why there are none, with a remark. A break comes first: what lies before it would not
    /// be compared with if it were there.
    fn base<'b>(
        &self,
        area: &PublishedArea,
        maat: Maat,
        met: Comparison,
        bases: &'b Bases,
    ) -> Result<&'b BaseFigures, (RedenLeeg, String)> {
        let own = self.explanation.periode;
        let Some(period) = met.period(own) else {
            return Err((RedenLeeg::GeenBasis, "deze periode bestaat daar niet".to_owned()));
        };
        if let Some(found) = forbidding(&self.explanation.reeksbreuken, &area.code, maat, period, own) {
            return Err((RedenLeeg::Reeksbreuk, found.titel.clone()));
        }
        bases.of(period).ok_or_else(|| (RedenLeeg::GeenBasis, format!("er was geen uitgave over {period}")))
    }

    /// What to say where a break lies not in the whole area but in VTs that it draws on.
    pub(super) fn break_within(&self, area: &PublishedArea, maat: Maat, earlier: Period) -> Option<String> {
        let explanation = self.explanation;
        let broken = |vt: &&str| {
            *vt != &*area.code
                && forbidding(&explanation.reeksbreuken, vt, maat, earlier, explanation.periode).is_some()
        };
        let vts: Vec<&str> = area.vts().into_iter().filter(broken).collect();
        (!vts.is_empty()).then(|| format!("in {} ligt een reeksbreuk tussen de perioden", vts.join(", ")))
    }

    /// The smallest published base of a change or share.
    fn least_base(&self, base: Option<&BaseFigures>) -> i64 {
        let revised = self.explanation.is_revised() || base.is_some_and(|base| base.herzien);
        let policy = &self.explanation.beleid;
        i64::from(if revised { policy.kleinste_basis_herzien } else { policy.kleinste_basis })
    }

    /// Percentages have no decimals below a certain base.
    fn decimals(&self, base: i64) -> u32 {
        u32::from(base >= i64::from(self.explanation.beleid.decimaal_vanaf_basis))
    }
}

/// What is said of a base below the least.
fn too_small(least: i64) -> String {
    format!("basis kleiner dan {least}")
}

/// A count with its margin, or why it is absent.
pub(super) fn rounded(figure: Figure) -> Result<Rounded, RedenLeeg> {
    match (figure.waarde, figure.marge) {
        (Some(waarde), Some(marge)) => Ok(Rounded { waarde, marge }),
        _ => Err(figure.reden.unwrap_or(RedenLeeg::Onvolledig)),
    }
}
