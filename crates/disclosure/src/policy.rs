//! Parameters of the method.

use serde::{Deserialize, Serialize};

use crate::error::ProtectError;

/// The smallest base with which every published count keeps five possible values.
const LEAST_BASE: u32 = 5;

/// Parameters of the method, fixed before data are seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Published counts are multiples of this (5).
    pub base: u32,
    /// |z − a| of every published count is at most this (9): the bound that is published.
    pub bound: u32,
    /// An issue keeps to this where it can (4): one of the two adjacent multiples.
    pub ideal: u32,
    /// Limit on the solver's branch-and-bound nodes per problem. Never a time: the result is the same on any machine.
    pub max_iterations: u64,
    /// |Σz − Σa| of every count of an ISO year over its published parts is at most this (14).
    #[serde(default = "year_bound")]
    pub year_bound: u32,
    /// The same once a part has a second issue (19).
    #[serde(default = "year_bound_revised")]
    pub year_bound_revised: u32,
}

fn year_bound() -> u32 {
    Policy::default().year_bound
}

fn year_bound_revised() -> u32 {
    Policy::default().year_bound_revised
}

impl Default for Policy {
    fn default() -> Self {
        Self { base: 5, bound: 9, ideal: 4, max_iterations: 5_000, year_bound: 14, year_bound_revised: 19 }
    }
}

impl Policy {
    /// Refuses parameters that the guarantee does not hold for.
    pub fn check(&self) -> Result<(), ProtectError> {
        let rule = if self.base < LEAST_BASE {
            "base is less than 5: a published count would keep fewer than five possible values"
        } else if self.ideal != self.base - 1 {
            "ideal is not base - 1: a new cell goes to one of the two adjacent multiples"
        } else if self.bound < self.ideal || self.bound >= 2 * self.base {
            "bound is not between ideal and 2 * base - 1: a new cell moves at most one step beyond the adjacent multiples"
        } else if self.year_bound < self.bound || self.year_bound_revised < self.year_bound {
            "year_bound is less than bound, or year_bound_revised less than year_bound"
        } else if self.year_bound >= 3 * self.base || self.year_bound_revised >= 4 * self.base {
            "year_bound is more than 3 * base - 1, or year_bound_revised more than 4 * base - 1: more than readers are told"
        } else if self.max_iterations == 0 {
            "max_iterations is 0"
        } else {
            return Ok(());
        };
        Err(ProtectError::Policy(rule.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_policy_of_the_design() {
        let policy = Policy::default();
        assert_eq!((policy.base, policy.bound, policy.ideal), (5, 9, 4));
        assert_eq!(policy.check(), Ok(()));
    }

    #[test]
    fn a_policy_without_the_guarantee_is_refused() {
        let refused = [
            Policy { base: 3, bound: 5, ideal: 2, ..Policy::default() },
            Policy { ideal: 2, ..Policy::default() },
            Policy { bound: 10, ..Policy::default() },
            Policy { bound: 3, ..Policy::default() },
            Policy { year_bound: 8, ..Policy::default() },
            Policy { year_bound: 20, ..Policy::default() },
            Policy { year_bound: 15, ..Policy::default() },
            Policy { year_bound_revised: 20, ..Policy::default() },
            Policy { max_iterations: 0, ..Policy::default() },
        ];
        for policy in refused {
            assert!(matches!(policy.check(), Err(ProtectError::Policy(_))), "{policy:?}");
        }
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let text = r#"{"base": 5, "bound": 9, "ideal": 4, "max_iterations": 100, "seed": 1}"#;
        assert!(serde_json::from_str::<Policy>(text).is_err());
    }
}
