//! Robust statistics: a few odd months do not decide what is usual.

/// Makes the median absolute deviation of normal values equal to their standard deviation.
const MAD_TO_SD: f64 = 1.4826;

/// What is usual: a middle and a spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usual {
    pub median: f64,
    pub sd: f64,
}

impl Usual {
    /// The median, and the median absolute deviation scaled to a standard deviation; nothing without values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let middle = median(values)?;
        let deviations: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
        Some(Self { median: middle, sd: MAD_TO_SD * median(&deviations)? })
    }

    /// With at least this spread: counts vary by chance even where the past months happen to be alike.
    pub fn at_least(self, sd: f64) -> Self {
        Self { sd: self.sd.max(sd), ..self }
    }

    /// By how many standard deviations a value lies above (or, negative, below) the middle.
    pub fn deviation(self, value: f64) -> f64 {
        if self.sd > 0.0 { (value - self.median) / self.sd } else { 0.0 }
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_odd_month_does_not_move_what_is_usual() {
        let usual = Usual::of(&[10.0, 11.0, 9.0, 10.0, 500.0]).unwrap();
        assert_eq!(usual.median, 10.0);
        assert!((usual.sd - 1.4826).abs() < 1e-9);
        assert!(usual.deviation(13.0) < 3.0 && usual.deviation(15.0) > 3.0 && usual.deviation(5.0) < -3.0);
    }

    #[test]
    fn an_even_number_of_values_has_its_middle_between_two() {
        assert_eq!(Usual::of(&[1.0, 2.0, 3.0, 4.0]).unwrap().median, 2.5);
        assert_eq!(Usual::of(&[]), None);
    }

    #[test]
    fn a_spread_of_chance_is_kept() {
        let usual = Usual::of(&[4.0; 8]).unwrap();
        assert_eq!(usual.deviation(100.0), 0.0);
        assert_eq!(usual.at_least(2.0).deviation(10.0), 3.0);
    }
}
