//! How periods lie in each other: of two periods one contains the other, or they share no day.

use super::{Period, PeriodKind};

impl Period {
    /// The periods of longer kinds that contain this one, from short to long.
    pub fn longer(self) -> Vec<Self> {
        let kinds = PeriodKind::ALL.into_iter().filter(|kind| *kind > self.kind);
        kinds.map(|kind| Self::containing(kind, self.begin())).collect()
    }

    /// Whether every day of `other` lies in this one; a period contains itself.
    pub fn contains_period(self, other: Self) -> bool {
        self.begin() <= other.begin() && other.end() <= self.end()
    }

    /// Whether one of these is a shorter period within this one.
    pub fn holds_any<'p>(self, periods: impl IntoIterator<Item = &'p Self>) -> bool {
        periods.into_iter().any(|other| *other != self && self.contains_period(*other))
    }

    /// Whether the two share a day.
    pub fn overlaps(self, other: Self) -> bool {
        self.begin() < other.end() && other.begin() < self.end()
    }

    /// The periods of a kind that it is made of, in order: itself for its own kind, none for a longer one.
    pub fn parts(self, kind: PeriodKind) -> Vec<Self> {
        if kind > self.kind {
            return Vec::new();
        }
        let first = Self::containing(kind, self.begin());
        std::iter::successors(Some(first), |part| Some(part.next()))
            .take_while(|part| part.begin() < self.end())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Days, NaiveDate};
    use proptest::prelude::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    fn codes(periods: &[Period]) -> Vec<String> {
        periods.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_week_53_is_part_of_the_last_periods_of_its_year() {
        let weeks = |text: &str| codes(&period(text).parts(PeriodKind::Week));
        assert_eq!(weeks("2020W413"), ["2020W149", "2020W150", "2020W151", "2020W152", "2020W153"]);
        assert_eq!(weeks("2020W226"), ["2020W151", "2020W152", "2020W153"]);
        assert_eq!(codes(&period("2020W413").parts(PeriodKind::TwoWeeks)), ["2020W225", "2020W226"]);
        assert_eq!(codes(&period("2020W153").longer()), ["2020W226", "2020W413", "2020ISO"]);
        assert_eq!(period("2020ISO").parts(PeriodKind::Week).len(), 53);
        assert_eq!(period("2019ISO").parts(PeriodKind::Week).len(), 52);
        assert_eq!(period("2020ISO").parts(PeriodKind::FourWeeks).len(), 13);
    }

    #[test]
    fn an_iso_year_has_no_longer_period_and_a_week_no_shorter_one() {
        assert!(period("2020ISO").longer().is_empty());
        assert!(period("2020W214").parts(PeriodKind::FourWeeks).is_empty());
        assert_eq!(period("2020W214").parts(PeriodKind::TwoWeeks), [period("2020W214")]);
    }

    fn any_period() -> impl Strategy<Value = Period> {
        (proptest::sample::select(&PeriodKind::ALL[..]), 0..9497u64).prop_map(|(kind, offset)| {
            Period::containing(kind, NaiveDate::from_ymd_opt(2015, 1, 1).unwrap() + Days::new(offset))
        })
    }

    proptest! {
        #[test]
        fn parts_tile_their_period(whole in any_period(), kind in proptest::sample::select(&PeriodKind::ALL[..])) {
            let parts = whole.parts(kind);
            if kind > whole.kind() {
                prop_assert!(parts.is_empty());
            } else {
                prop_assert_eq!(parts[0].begin(), whole.begin());
                prop_assert_eq!(parts[parts.len() - 1].end(), whole.end());
                prop_assert!(parts.windows(2).all(|pair| pair[0].end() == pair[1].begin()));
                prop_assert_eq!(parts.iter().map(|part| part.days()).sum::<u32>(), whole.days());
                for part in parts {
                    prop_assert!(whole.contains_period(part) && part.iso_year() == whole.iso_year());
                    prop_assert!(part == whole || part.longer().contains(&whole));
                }
            }
        }

        #[test]
        fn of_two_periods_one_contains_the_other_or_they_are_apart(one in any_period(), offset in 0..400u64) {
            for kind in PeriodKind::ALL {
                let other = Period::containing(kind, one.begin() + Days::new(offset));
                let nested = one.contains_period(other) || other.contains_period(one);
                prop_assert_eq!(one.overlaps(other), nested, "{} and {}", one, other);
                prop_assert_eq!(one.overlaps(other), one.each_day().any(|day| other.contains(day)));
            }
        }
    }
}
