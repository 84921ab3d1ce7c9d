//! A period with all that ties its counts: the periods that it is a sum or a part of, and the other parts of those.

use std::collections::BTreeSet;

use object_store::ObjectStore;
use vt_disclosure::IssueName;
use vt_disclosure::attack::store::{Family, Store};
use vt_domain::snapshot::Issue;
use vt_domain::{Period, PeriodKind};

use super::read::{AuditError, Published, name};
use crate::publish::store::{self, StoreError};

/// What of a store is audited. Without any period when the one asked for is not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    periods: BTreeSet<Period>,
    codes: BTreeSet<String>,
}

impl Scope {
    /// Finds the scope of a period in a store, by the names of its manifests.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(store: &dyn ObjectStore, period: Period) -> Result<Self, StoreError> {
        let listed = store::list(store, "manifests").await?;
        Ok(Self::among(&listed.iter().filter_map(|(path, _)| Issue::of_manifest(path)).collect::<Vec<_>>(), period))
    }

    /// The scope of a period in what was read of a store.
    pub fn within(published: &Published, period: Period) -> Self {
        Self::among(&published.manifests.keys().copied().collect::<Vec<_>>(), period)
    }

    fn among(issues: &[Issue], period: Period) -> Self {
        let published: BTreeSet<Period> = issues.iter().map(|issue| issue.periode).collect();
        let mut periods = BTreeSet::new();
        if published.contains(&period) {
            // Counts are tied up to four weeks; a year binds its parts no further than they are bound themselves.
            let tied = published
                .iter()
                .filter(|other| other.kind() < PeriodKind::IsoYear && other.contains_period(period))
                .max_by_key(|other| other.kind())
                .copied()
                .unwrap_or(period);
            let related = |other: &&Period| tied.contains_period(**other) || other.contains_period(period);
            periods = published.iter().filter(related).copied().collect();
        }
        let codes = periods.iter().map(ToString::to_string).collect();
        Self { periods, codes }
    }

    /// The periods, in order.
    pub fn periods(&self) -> &BTreeSet<Period> {
        &self.periods
    }

    /// Whether an issue is of one of the periods.
    pub fn has(&self, issue: &IssueName) -> bool {
        self.codes.contains(&issue.period)
    }

    pub(super) fn has_family(&self, family: &Family) -> bool {
        family.issues().iter().any(|issue| self.has(&issue.name))
    }

    /// The issues of the families in scope; sums with a wider bound are no part of any.
    pub(super) fn narrow(&self, published: &Published) -> Result<Published, AuditError> {
        let store = Store::new(published.issues.clone())?;
        let families = store.families().iter().filter(|family| self.has_family(family));
        let kept: BTreeSet<IssueName> = families.flat_map(Family::issues).map(|issue| issue.name.clone()).collect();
        let manifests = published.manifests.iter().filter(|(issue, _)| kept.contains(&name(issue)));
        Ok(Published {
            manifests: manifests.map(|(issue, manifest)| (*issue, manifest.clone())).collect(),
            issues: published.issues.iter().filter(|issue| kept.contains(&issue.name)).cloned().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(published: &[&str], period: &str) -> Vec<String> {
        let issues: Vec<Issue> =
            published.iter().map(|code| Issue { periode: code.parse().unwrap(), uitgave: 1 }).collect();
        Scope::among(&issues, period.parse().unwrap()).periods().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_period_comes_with_what_it_is_a_sum_or_a_part_of() {
        let all = ["2020W401", "2020W402", "2020W413", "2021W401", "2020ISO"];
        let mut year = scope(&all, "2020ISO");
        year.sort();
        assert_eq!(year, ["2020ISO", "2020W401", "2020W402", "2020W413"]);
        let mut part = scope(&all, "2020W402");
        part.sort();
        assert_eq!(part, ["2020ISO", "2020W402"]);
        assert_eq!(scope(&all, "2021W401"), ["2021W401"]);
    }

    #[test]
    fn a_week_comes_with_the_others_of_its_four_weeks() {
        let all = ["2020W101", "2020W102", "2020W103", "2020W105", "2020W201", "2020W401", "2020ISO"];
        let mut week = scope(&all, "2020W103");
        week.sort();
        assert_eq!(week, ["2020ISO", "2020W101", "2020W102", "2020W103", "2020W201", "2020W401"]);
    }

    #[test]
    fn what_is_not_published_has_no_scope() {
        assert!(scope(&["2018W404", "2018ISO"], "2018W405").is_empty());
        assert!(scope(&[], "2020ISO").is_empty());
    }
}
