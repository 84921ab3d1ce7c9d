//! Errors of the disclosure control. No message holds a count.

use thiserror::Error;

/// Tables that are not a problem that can be protected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TableError {
    /// The geography contradicts itself.
    #[error("geography: {0}")]
    Geography(String),
    /// A table's specification contradicts itself or another table.
    #[error("table {table}: {rule}")]
    Spec {
        /// `measure` or `measure/dimension`.
        table: String,
        /// What is wrong.
        rule: String,
    },
    /// Counts that no set of registrations can have.
    #[error("table {table}, atom {atom}: {rule}")]
    Counts {
        /// `measure` or `measure/dimension`.
        table: String,
        /// Code of the atom.
        atom: String,
        /// What is wrong; names categories, holds no counts.
        rule: String,
    },
}

/// Why a period could not be protected. Nothing may be published then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProtectError {
    /// The policy promises something that the method cannot give.
    #[error("disclosure policy: {0}")]
    Policy(String),
    /// What was published before does not fit the new counts.
    #[error("{period} cannot be protected: {rule}")]
    Past {
        /// Period that was asked for.
        period: String,
        /// What is wrong.
        rule: String,
    },
    /// No protected values were found within the bound.
    #[error(
        "no protected values found for {measure} in {period}: {reason}. Nothing of the period is published. {advice}"
    )]
    NoSolution {
        /// Period that was asked for.
        period: String,
        /// Measure whose tables have no solution.
        measure: String,
        /// What the solver met.
        reason: String,
        /// What the operator can do.
        advice: String,
    },
    /// The certificate refuses the values: an error in this program, or a record that was changed.
    #[error("the protected values of {period} are not certified ({} findings, first: {})", findings.len(), findings.first().map_or("none", String::as_str))]
    Uncertified {
        /// Period of the values.
        period: String,
        /// What was found: rules and codes of cells, no counts.
        findings: Vec<String>,
    },
}
