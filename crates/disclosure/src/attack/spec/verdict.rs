//! What the attack found of each target, and whether that is safe.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::attack::Interval;

/// What is said of a target's interval, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// One number, within 1..k−1.
    ExactSmall,
    /// Surely within 1..k−1.
    Small,
    /// Surely 0.
    ExactZero,
    /// One number.
    Exact,
    /// hi − lo is less than `min_width`.
    Narrow,
    /// The limits of the search were reached before it was known. Never to be taken for safe.
    Undecided,
    /// None of these: safe.
    Ok,
}

impl Verdict {
    /// Every verdict, the gravest first.
    pub const ALL: [Self; 7] =
        [Self::ExactSmall, Self::Small, Self::ExactZero, Self::Exact, Self::Narrow, Self::Undecided, Self::Ok];

    /// Its name: `EXACT_SMALL`, `SMALL`, `EXACT_ZERO`, `EXACT`, `NARROW`, `UNDECIDED`, `OK`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExactSmall => "EXACT_SMALL",
            Self::Small => "SMALL",
            Self::ExactZero => "EXACT_ZERO",
            Self::Exact => "EXACT",
            Self::Narrow => "NARROW",
            Self::Undecided => "UNDECIDED",
            Self::Ok => "OK",
        }
    }

    /// Judges an interval whose ends are known. A decrease counts as an increase: −3 between two snapshots is small too.
    pub(super) fn of(lo: Option<i64>, hi: Option<i64>, k: i64, min_width: i64) -> Self {
        let (Some(lo), Some(hi)) = (lo, hi) else { return Self::Ok };
        let small = (lo >= 1 && hi < k) || (hi <= -1 && lo > -k);
        match hi - lo {
            0 if lo == 0 => Self::ExactZero,
            0 if small => Self::ExactSmall,
            0 => Self::Exact,
            _ if small => Self::Small,
            width if width < min_width => Self::Narrow,
            _ => Self::Ok,
        }
    }

    /// Judges what the search found: what is not known exactly is safe only when admissible points show it.
    pub(super) fn of_interval(interval: Option<Interval>, k: i64, min_width: i64) -> Self {
        let Some(Interval { lo, hi, exact, reached }) = interval else { return Self::Undecided };
        let outer = Self::of(lo, hi, k, min_width);
        let shown = reached.is_some_and(|(least, most)| Self::of(Some(least), Some(most), k, min_width) == Self::Ok);
        match outer {
            Self::Ok if exact || shown => Self::Ok,
            Self::Ok => Self::Undecided,
            worse => worse,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Outcome of an attack.
#[derive(Clone, Debug)]
pub struct Attacked {
    /// Names of the dimensions.
    pub dimensions: Vec<String>,
    /// Every target: published cells in the order of the tables, then differences, then atom cells.
    pub targets: Vec<AttackedTarget>,
}

/// What a reader can compute of one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttackedTarget {
    /// A code per dimension; `None` is a total, or the dimension of a difference.
    pub codes: Vec<Option<String>>,
    /// The pair, where the target is a difference.
    pub difference: Option<String>,
    /// The published value; of a difference, where one cell holds the other, the difference of the values.
    pub value: Option<i64>,
    /// The published status.
    pub status: Option<String>,
    /// Least count that agrees with all that is published.
    pub lo: Option<i64>,
    /// Greatest count that does; `None` is unbounded.
    pub hi: Option<i64>,
    /// What this means.
    pub verdict: Verdict,
    /// For an unsafe target, the tables that make its interval narrow: none can be left out. `None` when not looked for.
    pub causes: Option<Vec<String>>,
}

impl AttackedTarget {
    /// hi − lo.
    pub fn width(&self) -> Option<i64> {
        self.hi.zip(self.lo).map(|(hi, lo)| hi - lo)
    }
}

impl Attacked {
    /// Whether every target is safe.
    pub fn is_safe(&self) -> bool {
        self.targets.iter().all(|target| target.verdict == Verdict::Ok)
    }

    /// Number of targets with a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.targets.iter().filter(|target| target.verdict == verdict).count()
    }

    /// Unsafe targets, the gravest first.
    pub fn unsafe_targets(&self) -> Vec<&AttackedTarget> {
        let mut found: Vec<&AttackedTarget> =
            self.targets.iter().filter(|target| target.verdict != Verdict::Ok).collect();
        found.sort_by_key(|target| target.verdict);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_interval_has_its_verdict() {
        let cases = [
            ((3, 3), Verdict::ExactSmall),
            ((-3, -3), Verdict::ExactSmall),
            ((0, 0), Verdict::ExactZero),
            ((5, 5), Verdict::Exact),
            ((1, 4), Verdict::Small),
            ((2, 3), Verdict::Small),
            ((0, 3), Verdict::Narrow),
            ((10, 13), Verdict::Narrow),
            ((0, 4), Verdict::Ok),
            ((1, 5), Verdict::Ok),
        ];
        for ((lo, hi), verdict) in cases {
            assert_eq!(Verdict::of(Some(lo), Some(hi), 5, 4), verdict, "{lo}..{hi}");
        }
        assert_eq!(Verdict::of(Some(9), None, 5, 4), Verdict::Ok);
        assert_eq!(Verdict::of(Some(1), Some(9), 10, 4), Verdict::Small);
    }

    #[test]
    fn what_is_not_known_is_not_safe() {
        let interval = |exact, reached| Some(Interval { lo: Some(0), hi: Some(9), exact, reached });
        assert_eq!(Verdict::of_interval(interval(true, None), 5, 4), Verdict::Ok);
        assert_eq!(Verdict::of_interval(interval(false, None), 5, 4), Verdict::Undecided);
        assert_eq!(Verdict::of_interval(interval(false, Some((2, 3))), 5, 4), Verdict::Undecided);
        assert_eq!(Verdict::of_interval(interval(false, Some((2, 6))), 5, 4), Verdict::Ok);
        assert_eq!(Verdict::of_interval(None, 5, 4), Verdict::Undecided);
    }
}
