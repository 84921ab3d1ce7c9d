//! Exact arithmetic of indicators: whole numbers in, decimal numbers with a proven margin out. No floating point until the last step.

/// A decimal number with its margin: the unrounded truth lies within `waarde ± marge`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The value, rounded half away from zero.
    pub waarde: f64,
    /// The worst effect of the rounding of the counts and of the value itself, rounded up.
    pub marge: f64,
}

/// A published count and how far the registered one can be from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounded {
    /// The published count.
    pub waarde: i64,
    /// The largest difference with the registered count.
    pub marge: i64,
}

impl Rounded {
    fn low(self) -> i64 {
        (self.waarde - self.marge).max(0)
    }

    fn high(self) -> i64 {
        self.waarde + self.marge
    }
}

/// A fraction with a positive denominator.
#[derive(Debug, Clone, Copy)]
struct Ratio {
    num: i128,
    den: i128,
}

impl Ratio {
    fn new(num: i128, den: i128) -> Self {
        debug_assert!(den > 0, "a denominator is positive");
        Self { num, den }
    }

    /// Times 10^decimals, rounded half away from zero.
    fn scaled(self, decimals: u32) -> i128 {
        let doubled = 2 * self.num * 10_i128.pow(decimals);
        let magnitude = (doubled.abs() + self.den) / (2 * self.den);
        if doubled < 0 { -magnitude } else { magnitude }
    }

    /// The distance to `scaled`/10^decimals, times 10^decimals, rounded up.
    fn distance(self, scaled: i128, decimals: u32) -> i128 {
        let difference = (self.num * 10_i128.pow(decimals) - scaled * self.den).abs();
        (difference + self.den - 1) / self.den
    }
}

/// The value with its margin, from the ratio itself and the ratios between which the truth lies.
fn measured(value: Ratio, low: Ratio, high: Ratio, decimals: u32) -> Measured {
    let scaled = value.scaled(decimals);
    let margin = low.distance(scaled, decimals).max(high.distance(scaled, decimals));
    Measured { waarde: decimal(scaled, decimals), marge: decimal(margin, decimals) }
}

/// A scaled whole number as the nearest float: it is written with at most `decimals` decimals.
fn decimal(scaled: i128, decimals: u32) -> f64 {
    // The quotient of two exact floats is the float nearest to the decimal number; counts are far below 2^53. Adding 0 avoids -0.
    scaled as f64 / 10_f64.powi(decimals as i32) + 0.0
}

/// Per 10,000 inhabitants and 28 days, one decimal. Numerator: the count; denominator: inhabitants.
pub fn rate(count: Rounded, days: u32, inhabitants: u64) -> Option<Measured> {
    if days == 0 || inhabitants == 0 {
        return None;
    }
    let ratio = |count: i64| Ratio::new(i128::from(count) * 28 * 10_000, i128::from(days) * i128::from(inhabitants));
    Some(measured(ratio(count.waarde), ratio(count.low()), ratio(count.high()), 1))
}

/// Per 28 days, one decimal. Numerator: the count; denominator: the days of the period.
pub fn per_28_days(count: Rounded, days: u32) -> Option<Measured> {
    mean(&[(count, days)])
}

/// The mean of counts per 28 days, one decimal. Numerator: the counts, each per 28 days; denominator: how many.
pub fn mean(counts: &[(Rounded, u32)]) -> Option<Measured> {
    let common = common_days(counts.iter().map(|(_, days)| *days))?;
    let ratio = |of: fn(Rounded) -> i64| {
        let sum: i128 = counts.iter().map(|(count, days)| per_common(of(*count), *days, common)).sum();
        Ratio::new(sum, common * counts.len() as i128)
    };
    Some(measured(ratio(|count| count.waarde), ratio(Rounded::low), ratio(Rounded::high), 1))
}

/// The least number of days that all lengths divide; nothing without lengths, or when one is 0.
fn common_days(days: impl Iterator<Item = u32>) -> Option<i128> {
    let mut common = None;
    for days in days.map(i128::from) {
        if days == 0 {
            return None;
        }
        common = Some(common.map_or(days, |common: i128| common / gcd(common, days) * days));
    }
    common
}

fn gcd(one: i128, other: i128) -> i128 {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// A count per 28 days, in parts of which `common` make one.
fn per_common(count: i64, days: u32, common: i128) -> i128 {
    28 * i128::from(count) * (common / i128::from(days))
}

/// What is usual: the interval in which a new count per 28 days is expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// Lower bound, rounded down to one decimal; at least 0.
    pub low: f64,
    /// Upper bound, rounded up to one decimal.
    pub high: f64,
}

/// Student's t at 0.975, in thousandths, for 4 to 14 degrees of freedom.
const STUDENT: [i128; 11] = [2776, 2571, 2447, 2365, 2306, 2262, 2228, 2201, 2179, 2160, 2145];
/// Fewest counts that an interval is made from.
const FEWEST: usize = 5;
/// Variance of the rounding of a count.
const ROUNDING_VARIANCE: i128 = 4;

/// The prediction interval for a period of so many days from earlier counts with the lengths of their periods. Nothing from fewer
/// than five counts; of more than fifteen the first fifteen count.
pub fn usual(earlier: &[(i64, u32)], days: u32) -> Option<Usual> {
    let earlier = &earlier[..earlier.len().min(STUDENT.len() + FEWEST - 1)];
    let student = *STUDENT.get(earlier.len().checked_sub(FEWEST)?)?;
    let common = common_days(earlier.iter().map(|(_, days)| *days).chain([days]))?;
    let (n, values) = (earlier.len() as i128, earlier.iter().map(|&(count, days)| per_common(count, days, common)));
    let (sum, squares) = values.fold((0, 0), |(sum, squares), value| (sum + value, squares + value * value));
    // All in parts of which `common` make one: n(n−1) s², then times (1 + 1/n), and the variance of the rounding per 28 days.
    let spread = (n * squares - sum * sum) * (n + 1);
    let (spread_den, own) = (n * (n - 1) * n, 28 * (common / i128::from(days)));
    let variance = spread + ROUNDING_VARIANCE * own * own * spread_den;
    // Half the width in tenths: 10·t·√(variance / den) / common, rounded up.
    let scale = 10 * student;
    let square = scale * scale * variance;
    let half = ceil_sqrt(square, spread_den);
    let tenths = |numerator: i128, up: bool| {
        let denominator = 1000 * common * n;
        let quotient = numerator.div_euclid(denominator);
        if up && numerator.rem_euclid(denominator) != 0 { quotient + 1 } else { quotient }
    };
    let (mean, half) = (10_000 * sum, half * n);
    Some(Usual { low: decimal(tenths(mean - half, false).max(0), 1), high: decimal(tenths(mean + half, true), 1) })
}

/// The square root of a fraction, rounded up.
fn ceil_sqrt(num: i128, den: i128) -> i128 {
    // Rounding the fraction up first keeps the root an upper bound.
    let whole = ((num + den - 1) / den).max(0);
    let root = whole.isqrt();
    if root * root < whole { root + 1 } else { root }
}

/// The change in percent relative to the earlier count, each per day of its period. Numerator: now less earlier; denominator: earlier.
///
/// Nothing when the earlier count could be 0.
pub fn change(now: Rounded, days: u32, earlier: Rounded, days_earlier: u32, decimals: u32) -> Option<Measured> {
    if earlier.low() == 0 || days == 0 || days_earlier == 0 {
        return None;
    }
    let (days, days_earlier) = (i128::from(days), i128::from(days_earlier));
    let ratio = |now: i64, earlier: i64| {
        let (now, earlier) = (i128::from(now) * days_earlier, i128::from(earlier) * days);
        Ratio::new(100 * (now - earlier), earlier)
    };
    let value = ratio(now.waarde, earlier.waarde);
    Some(measured(value, ratio(now.low(), earlier.high()), ratio(now.high(), earlier.low()), decimals))
}

/// The share of a part in its whole, in percent. Numerator: the part; denominator: the whole.
///
/// Nothing when the whole could be 0.
pub fn share(part: Rounded, whole: Rounded, decimals: u32) -> Option<Measured> {
    if whole.low() == 0 {
        return None;
    }
    let ratio = |part: i64, whole: i64| Ratio::new(100 * i128::from(part), i128::from(whole));
    // A part is at most its whole.
    let high = if part.high() > whole.low() { ratio(1, 1) } else { ratio(part.high(), whole.low()) };
    Some(measured(ratio(part.waarde, whole.waarde), ratio(part.low(), whole.high()), high, decimals))
}

/// The sum of the counts of some regions out of all that make up a whole whose own margin is known, and the sum's margin: that of
/// each added up, or that of the whole and of the others, whichever is less.
pub fn sum(counts: &[Rounded], others: usize, margin: i64) -> Rounded {
    let own: i64 = counts.iter().map(|count| count.marge).sum();
    let by_the_whole = margin * (i64::try_from(others).unwrap_or(i64::MAX - 1) + 1);
    Rounded { waarde: counts.iter().map(|count| count.waarde).sum(), marge: own.min(by_the_whole) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact(waarde: i64) -> Rounded {
        Rounded { waarde, marge: 0 }
    }

    fn rounded(waarde: i64) -> Rounded {
        Rounded { waarde, marge: 9 }
    }

    /// Gooi en Vechtstreek (VT07) published "20%, 1%, 25%, −9%" for these, dividing by the new year.
    #[test]
    fn growth_is_relative_to_the_earlier_period() {
        let growth = |now, earlier| change(exact(now), 365, exact(earlier), 365, 1).unwrap().waarde;
        assert_eq!(growth(1622, 1306), 24.2);
        assert_eq!(growth(1632, 1622), 0.6);
        assert_eq!(growth(1620, 1211), 33.8);
        assert_eq!(growth(1459, 1620), -9.9);
    }

    #[test]
    fn periods_of_unequal_length_are_compared_per_day() {
        assert_eq!(change(exact(1250), 35, exact(1000), 28, 1).unwrap().waarde, 0.0);
        assert_eq!(change(exact(1000), 28, exact(1250), 35, 1).unwrap().waarde, 0.0);
        assert_eq!(change(exact(1000), 28, exact(1000), 35, 1).unwrap().waarde, 25.0);
    }

    #[test]
    fn a_rate_is_per_10_000_inhabitants_and_28_days() {
        let four_weeks = rate(rounded(455), 28, 250_000).unwrap();
        assert_eq!((four_weeks.waarde, four_weeks.marge), (18.2, 0.4));
        assert_eq!(rate(rounded(455), 35, 250_000).unwrap().waarde, 14.6);
        assert_eq!(rate(rounded(455), 28, 0), None);
    }

    #[test]
    fn the_margin_holds_the_worst_of_both_ends() {
        let measured = change(rounded(120), 28, rounded(100), 28, 0).unwrap();
        // Worst: 129 after 91 (+41.8%) and 111 after 109 (+1.8%).
        assert_eq!((measured.waarde, measured.marge), (20.0, 22.0));
        let share = share(rounded(100), rounded(1000), 1).unwrap();
        // Worst: 109 of 991 (11.0%) and 91 of 1009 (9.0%).
        assert_eq!((share.waarde, share.marge), (10.0, 1.0));
    }

    #[test]
    fn a_mean_is_per_28_days_and_has_the_margin_of_one() {
        let counts = [(rounded(100), 28), (rounded(125), 35), (rounded(160), 28)];
        assert_eq!(mean(&counts).unwrap(), Measured { waarde: 120.0, marge: 8.4 });
        assert_eq!(per_28_days(rounded(125), 35).unwrap(), Measured { waarde: 100.0, marge: 7.2 });
        assert_eq!(mean(&[]), None);
    }

    #[test]
    fn what_is_usual_is_the_prediction_interval_of_students_t() {
        let counts = [100, 110, 120, 130, 140, 150].map(|count| (count, 28));
        // Mean 125, s² = 350, t(0.975; 5) = 2.571: ± 2.571 √(350 · 7/6 + 4) = ± 52.207…
        assert_eq!(usual(&counts, 28), Some(Usual { low: 72.7, high: 177.3 }));
        assert_eq!(usual(&counts[..4], 28), None);
        // Equal counts leave the rounding: ± 2.776 · 2 = ± 5.552.
        assert_eq!(usual(&[(5, 28); 5], 28), Some(Usual { low: 0.0, high: 10.6 }));
        // A week is rounded as much as four weeks are: four times as much per 28 days.
        assert_eq!(usual(&[(25, 7); 5], 7), Some(Usual { low: 77.7, high: 122.3 }));
    }

    #[test]
    fn a_share_is_at_most_all() {
        assert_eq!(share(rounded(100), rounded(100), 0).unwrap(), Measured { waarde: 100.0, marge: 17.0 });
    }

    #[test]
    fn what_could_be_zero_is_no_base() {
        assert_eq!(change(rounded(100), 28, rounded(5), 28, 0), None);
        assert_eq!(share(rounded(5), rounded(5), 0), None);
    }

    #[test]
    fn a_sum_of_most_regions_has_the_margin_of_the_whole_and_the_rest() {
        let counts = vec![rounded(100); 25];
        assert_eq!(sum(&counts, 1, 9), Rounded { waarde: 2500, marge: 18 });
        assert_eq!(sum(&counts[..2], 24, 9), Rounded { waarde: 200, marge: 18 });
        assert_eq!(sum(&counts, 0, 9).marge, 9);
    }

    #[test]
    fn halves_are_rounded_away_from_zero_and_zero_has_no_sign() {
        assert_eq!(Ratio::new(25, 100).scaled(1), 3);
        assert_eq!(Ratio::new(-25, 100).scaled(1), -3);
        assert!(change(exact(9999), 28, exact(10_000), 28, 1).unwrap().waarde.is_sign_positive());
    }

    proptest! {
        #[test]
        fn the_truth_lies_within_the_margin(
            now in 0..4000i64, earlier in 100..4000i64, dn in -9..=9i64, de in -9..=9i64, long in any::<bool>(), decimals in 0..2u32,
        ) {
            let days = if long { 35 } else { 28 };
            let got = change(rounded(now), days, rounded(earlier), 28, decimals).unwrap();
            let (true_now, true_earlier) = ((now + dn).max(0) as f64 / f64::from(days), (earlier + de) as f64 / 28.0);
            let truth = 100.0 * (true_now / true_earlier - 1.0);
            prop_assert!((truth - got.waarde).abs() <= got.marge + 1e-9, "{truth} {got:?}");
        }

        #[test]
        fn the_true_share_lies_within_the_margin(
            whole in 100..4000i64, part in 0..4000i64, dw in -9..=9i64, dp in -9..=9i64, decimals in 0..2u32,
        ) {
            let part = part.min(whole);
            let got = share(rounded(part), rounded(whole), decimals).unwrap();
            let true_whole = whole + dw;
            let true_part = (part + dp).clamp(0, true_whole);
            let truth = 100.0 * true_part as f64 / true_whole as f64;
            prop_assert!((truth - got.waarde).abs() <= got.marge + 1e-9, "{truth} {got:?}");
        }

        #[test]
        fn the_interval_is_that_of_floating_point(counts in proptest::collection::vec((0..3000_i64, any::<bool>()), 5..15)) {
            let counts: Vec<(i64, u32)> = counts.into_iter().map(|(n, long)| (n * 5, if long { 35 } else { 28 })).collect();
            let got = usual(&counts, 28).unwrap();
            let x: Vec<f64> = counts.iter().map(|(count, days)| 28.0 * *count as f64 / f64::from(*days)).collect();
            let n = x.len() as f64;
            let mean = x.iter().sum::<f64>() / n;
            let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
            let t = STUDENT[counts.len() - FEWEST] as f64 / 1000.0;
            let half = t * (variance * (1.0 + 1.0 / n) + 4.0).sqrt();
            prop_assert!((got.low - (mean - half).max(0.0)).abs() < 0.11, "{got:?} {mean} {half}");
            prop_assert!((got.high - (mean + half)).abs() < 0.11, "{got:?} {mean} {half}");
        }

        #[test]
        fn a_value_is_written_with_at_most_one_decimal(now in 0..100_000i64, earlier in 100..100_000i64) {
            let got = change(rounded(now), 28, rounded(earlier), 28, 1).unwrap();
            for number in [got.waarde, got.marge] {
                let text = format!("{number:?}");
                let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
                prop_assert!(decimals == 1 && !text.contains('e'), "{}", text);
            }
        }
    }
}
