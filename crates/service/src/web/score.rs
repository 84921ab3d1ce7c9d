//! How a region's deliveries were: on time, accepted at the first try, corrected. For the region itself and for operators only: what
//! is published holds nothing on how a region performs (DESIGN §1).

use std::collections::BTreeSet;

use chrono::NaiveDate;
use vt_domain::delivery::DeliveryKind;
use vt_domain::month::Month;
use vt_vault::DeliveryRecord;

use super::board::{Square, whole_since};

/// Over how many months that are due it goes, the newest ones.
pub const MONTHS: usize = 12;

/// A share of months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// How many.
    pub of: usize,
    /// Out of how many.
    pub all: usize,
}

/// How a region's deliveries were, over the newest months that are due.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Score {
    /// Months that were whole by their last day.
    pub on_time: Share,
    /// Months of which the first delivery was accepted.
    pub first_time: Share,
    /// Corrections.
    pub corrections: usize,
    /// Rejected deliveries.
    pub rejected: usize,
    /// Per month, oldest first: by how many days it was early (negative) or late; nothing while it is not whole.
    pub trend: Vec<(Month, Option<i64>)>,
}

impl Score {
    /// The score of a region's months and deliveries.
    pub fn of(months: &[Square], own: &[&DeliveryRecord], today: NaiveDate) -> Self {
        let due: Vec<&Square> = months.iter().filter(|square| square.due < today).collect();
        let due = &due[due.len().saturating_sub(MONTHS)..];
        let mut score = Self::default();
        for square in due {
            let of_month: Vec<&DeliveryRecord> =
                own.iter().copied().filter(|record| record.kop.leveringsmaand == square.maand).collect();
            let late = whole_since(&of_month).map(|day| (day - square.due).num_days());
            score.on_time.add(late.is_some_and(|days| days <= 0));
            if let Some(first) = of_month.iter().min_by_key(|record| record.kop.levering_nr) {
                score.first_time.add(first.accepted());
            }
            score.rejected += of_month.iter().filter(|record| !record.accepted()).count();
            score.trend.push((square.maand, late));
        }
        let counted: BTreeSet<Month> = due.iter().map(|square| square.maand).collect();
        let corrects = |record: &&&DeliveryRecord| {
            record.accepted()
                && record.kop.soort == DeliveryKind::Correctie
                && counted.contains(&record.kop.leveringsmaand)
        };
        score.corrections = own.iter().filter(corrects).count();
        score
    }
}

impl Share {
    fn add(&mut self, counts: bool) {
        self.all += 1;
        self.of += usize::from(counts);
    }

    /// The share in words, such as `11 van 12`.
    pub fn words(self) -> String {
        if self.all == 0 { "nog niets".to_owned() } else { format!("{} van {}", self.of, self.all) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_told_with_what_it_is_of() {
        let mut share = Share::default();
        assert_eq!(share.words(), "nog niets");
        share.add(true);
        share.add(false);
        assert_eq!(share.words(), "1 van 2");
    }
}
