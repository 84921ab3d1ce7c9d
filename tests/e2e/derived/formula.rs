//! The public formulas of the indicators, written down a second time, in whole numbers; and their inversion.

use std::ops::RangeInclusive;

use serde_json::Value;
use vt_domain::snapshot::Comparison;

use super::files::{Count, Snapshot, text};

/// The smallest published base of a change or share, and the same when a revised value is involved.
const LEAST_BASE: i64 = 100;
const LEAST_BASE_REVISED: i64 = 200;

/// Percentages have a decimal from this base on.
const DECIMAL_FROM: i64 = 1_000;

/// A row of `indicatoren`.
#[derive(Debug, Clone)]
pub struct Row {
    pub indicator: String,
    pub measure: String,
    pub area: String,
    waarde: Value,
    marge: Value,
    reason: String,
}

impl Row {
    pub fn of(row: &Value) -> Self {
        Self {
            indicator: text(row, "indicator"),
            measure: text(row, "maat"),
            area: text(row, "regio_code"),
            waarde: row["waarde"].clone(),
            marge: row["marge"].clone(),
            reason: text(row, "reden_leeg"),
        }
    }

    /// The same row with another value.
    pub fn with(&self, derived: &Derived) -> Self {
        let scale = 10_f64.powi(derived.decimals as i32);
        Self { waarde: (derived.scaled() as f64 / scale).into(), ..self.clone() }
    }

    /// Rate, share, change, or change over the same regions.
    pub fn kind(&self) -> String {
        let kinds = ["per_10000_inwoners", "per_28_dagen", "aandeel", "gelijke_regios", "verandering"];
        kinds.iter().find(|kind| self.indicator.contains(*kind)).map_or(self.indicator.clone(), ToString::to_string)
    }
}

/// The comparison that a row is about.
pub fn compared(row: &Row) -> Option<String> {
    let met = row.indicator.strip_prefix("verandering_")?;
    Some(met.strip_suffix("_gelijke_regios").unwrap_or(met).to_owned())
}

/// What a figure must be, or why it must be absent.
pub type Expected = Result<Derived, String>;

/// A fraction; the second number is positive.
type Fraction = (i128, i128);

/// A figure as a straight line in the count that it is about: (`a`·count + `b`) / `c`, `a` and `c` positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The count: of the period for rates and changes, of the category for shares.
    pub count: Count,
    a: i128,
    b: i128,
    c: i128,
    /// Between these the figure of the registered counts lies.
    ends: [Fraction; 2],
    decimals: u32,
}

impl Derived {
    /// The value times 10^decimals, rounded half away from zero.
    pub fn scaled(&self) -> i128 {
        let doubled = 2 * self.power() * (self.a * i128::from(self.count.value) + self.b);
        let size = (doubled.abs() + self.c) / (2 * self.c);
        doubled.signum() * size
    }

    /// The margin times 10^decimals: how far the ends are from the rounded value, rounded up.
    fn margin(&self) -> i128 {
        let distance = |(over, under): &Fraction| ceil((over * self.power() - self.scaled() * under).abs(), *under);
        self.ends.iter().map(distance).max().unwrap_or_default()
    }

    /// The counts from which a value (times 10^decimals) can come, given the rest of the formula.
    pub fn counts(&self, scaled: i128) -> RangeInclusive<i64> {
        let under = 2 * self.power() * self.a;
        let over = |edge: i128| edge * self.c - 2 * self.power() * self.b;
        let (low, high) = (ceil(over(2 * scaled - 1), under), over(2 * scaled + 1).div_euclid(under));
        i64::try_from(low.max(0)).unwrap()..=i64::try_from(high).unwrap()
    }

    fn power(&self) -> i128 {
        10_i128.pow(self.decimals)
    }
}

fn ceil(over: i128, under: i128) -> i128 {
    -(-over).div_euclid(under)
}

/// What is wrong with a row, given what published counts make of it.
pub fn complaints(row: &Row, expected: &Expected) -> Vec<String> {
    let name = format!("{} {} {}", row.indicator, row.measure, row.area);
    let derived = match expected {
        Ok(derived) => derived,
        Err(reason) if row.waarde.is_null() && row.marge.is_null() && row.reason == *reason => return Vec::new(),
        Err(reason) => return vec![format!("{name}: must be empty for {reason}: {row:?}")],
    };
    let Some(found) = scaled(&row.waarde, derived.decimals) else {
        return vec![format!("{name}: no number of {} decimals: {row:?}", derived.decimals)];
    };
    let mut wrong = Vec::new();
    if found != derived.scaled() {
        wrong.push(format!("{name}: {found}, though published counts make it {}", derived.scaled()));
    }
    if scaled(&row.marge, derived.decimals) != Some(derived.margin()) {
        wrong.push(format!("{name}: margin {}, though published counts make it {}", row.marge, derived.margin()));
    }
    if !derived.counts(found).contains(&derived.count.value) {
        wrong.push(format!("{name}: leads to {:?}, not to the published count", derived.counts(found)));
    }
    wrong
}

/// A JSON number times 10^decimals; nothing when it has more decimals.
fn scaled(number: &Value, decimals: u32) -> Option<i128> {
    let text = number.as_f64()?.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let width = decimals as usize;
    (fraction.len() <= width).then(|| format!("{whole}{fraction:0<width$}").parse().ok())?
}

/// What a row must be, from an issue's published counts and those of the issue it is compared with.
pub fn expected(row: &Row, now: &Snapshot, other: Option<&Snapshot>) -> Expected {
    match (row.kind().as_str(), dimension_and_category(&row.indicator)) {
        ("per_10000_inwoners", _) => {
            rate(total(now, row)?, now.days(), now.inhabitants(&row.area).ok_or("geen_basis")?)
        }
        ("per_28_dagen", _) => per_28_days(total(now, row)?, now.days()),
        ("aandeel", Some(part)) => {
            let whole = total(now, row)?;
            let part = now.cells.get(&row.area, &row.measure, part).expect("a share has its part")?;
            share(part, whole, least_base(now.revised))
        }
        ("verandering", _) => {
            let count = total(now, row)?;
            let other = other.ok_or_else(|| nothing_to_compare(row, now))?;
            if now.breaks(&row.area, &row.measure, other) {
                return Err("reeksbreuk".into());
            }
            let earlier = total(other, row).map_err(|_| "geen_basis")?;
            change((count, now.days()), (earlier, other.days()), least_base(now.revised || other.revised))
        }
        ("gelijke_regios", _) => like_for_like(row, now, other.ok_or_else(|| nothing_to_compare(row, now))?),
        _ => panic!("{} is an indicator that this test does not know", row.indicator),
    }
}

/// Why there is no change where nothing is published to compare with: a period before a break is never compared with.
fn nothing_to_compare(row: &Row, now: &Snapshot) -> String {
    let met = Comparison::ALL.into_iter().find(|met| compared(row).as_deref() == Some(met.code()));
    let earlier = met.and_then(|met| met.period(now.issue.periode));
    let broken = earlier.is_some_and(|earlier| now.breaks_since(&row.area, &row.measure, earlier.begin()));
    if broken { "reeksbreuk".into() } else { "geen_basis".into() }
}

/// What the code of a share says that it is the share of.
fn dimension_and_category(indicator: &str) -> Option<(&str, &str)> {
    let rest = indicator.strip_prefix("aandeel_")?;
    Some(match rest {
        "politie" | "burger" => ("organisatie", rest),
        "acuut" | "structureel" => ("veiligheidstaxatie", rest),
        _ => match rest.strip_prefix("vorm_") {
            Some(form) => ("vorm", form),
            None => ("aard", rest.strip_prefix("aard_")?),
        },
    })
}

fn least_base(revised: bool) -> i64 {
    if revised { LEAST_BASE_REVISED } else { LEAST_BASE }
}

fn total(snapshot: &Snapshot, row: &Row) -> Result<Count, String> {
    snapshot.cells.get(&row.area, &row.measure, ("", "")).unwrap_or_else(|| Err("geen_basis".into()))
}

/// Per 10,000 inhabitants and 28 days, one decimal.
fn rate(count: Count, days: i64, inhabitants: i64) -> Expected {
    let (a, c) = (280_000, i128::from(days) * i128::from(inhabitants));
    let ends = [count.low(), count.high()].map(|count| (a * i128::from(count), c));
    Ok(Derived { count, a, b: 0, c, ends, decimals: 1 })
}

/// Per 28 days, one decimal.
fn per_28_days(count: Count, days: i64) -> Expected {
    let (a, c) = (28, i128::from(days));
    let ends = [count.low(), count.high()].map(|count| (a * i128::from(count), c));
    Ok(Derived { count, a, b: 0, c, ends, decimals: 1 })
}

/// In percent of the whole.
fn share(part: Count, whole: Count, least: i64) -> Expected {
    if whole.value < least {
        return Err("geen_basis".into());
    }
    let percent = |part: i64, whole: i64| (100 * i128::from(part), i128::from(whole));
    let ends = [percent(part.low(), whole.high()), percent(part.high().min(whole.low()), whole.low())];
    let decimals = u32::from(whole.value >= DECIMAL_FROM);
    Ok(Derived { count: part, a: 100, b: 0, c: whole.value.into(), ends, decimals })
}

/// In percent of the earlier count, each by the days of its period.
fn change((now, days): (Count, i64), (earlier, days_earlier): (Count, i64), least: i64) -> Expected {
    if earlier.value < least {
        return Err("geen_basis".into());
    }
    let [days, days_earlier] = [days, days_earlier].map(i128::from);
    let line = |earlier: i64| (100 * days_earlier, -100 * i128::from(earlier) * days, i128::from(earlier) * days);
    let at = |now: i64, earlier: i64| {
        let (a, b, c) = line(earlier);
        (a * i128::from(now) + b, c)
    };
    let (a, b, c) = line(earlier.value);
    let ends = [at(now.low(), earlier.high()), at(now.high(), earlier.low())];
    Ok(Derived { count: now, a, b, c, ends, decimals: u32::from(earlier.value >= DECIMAL_FROM) })
}

/// The change of the regions that have a figure in both periods, with no break between.
fn like_for_like(row: &Row, now: &Snapshot, other: &Snapshot) -> Expected {
    if now.breaks(&row.area, &row.measure, other) {
        return Err("reeksbreuk".into());
    }
    let (all, before) = (now.cells.areas("VT", &row.measure), other.cells.areas("VT", &row.measure));
    let count = |snapshot: &Snapshot, area: &str| snapshot.cells.get(area, &row.measure, ("", ""))?.ok();
    let both = all.iter().filter(|area| !now.breaks(area, &row.measure, other));
    let pairs: Vec<(Count, Count)> = both.filter_map(|area| Some((count(now, area)?, count(other, area)?))).collect();
    let (counts, earlier): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    let counts = sum(&counts, all.len() - pairs.len(), now.bound());
    let earlier = sum(&earlier, before.len() - pairs.len(), other.cells.margin().unwrap_or_else(|| now.bound()));
    change((counts, now.days()), (earlier, other.days()), least_base(now.revised || other.revised))
}

/// A sum whose margin is that of its counts, or that of NL and of the regions left out.
fn sum(counts: &[Count], others: usize, bound: i64) -> Count {
    let own: i64 = counts.iter().map(|count| count.margin).sum();
    let by_nl = bound * (others as i64 + 1);
    Count { value: counts.iter().map(|count| count.value).sum(), margin: own.min(by_nl) }
}
