//! What can be wrong with a specification, its tables, or both together.

use thiserror::Error;

use crate::attack::AttackError;
use crate::error::{ProtectError, TableError};

/// Why a specification gives no answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SpecError {
    /// The text is no JSON, or has a key twice.
    #[error("not JSON that can be read: {0}")]
    Syntax(String),
    /// A field of the specification is wrong.
    #[error("{path}: {rule}")]
    Field {
        /// Path of the field, such as `tables[0].dims`.
        path: String,
        /// What is wrong.
        rule: String,
    },
    /// A table does not fit the specification.
    #[error("{}", place(file, at.as_ref(), column.as_ref(), rule))]
    Table {
        /// Its file, as the specification names it.
        file: String,
        /// `line 7` or `row 7`; `None` for the whole file.
        at: Option<String>,
        /// Name of the column.
        column: Option<String>,
        /// What is wrong.
        rule: String,
    },
    /// More unknown counts than can be attacked.
    #[error(
        "{what} of the dimensions' atoms: more than {limit}. Leave out a dimension, or tables that no target depends on"
    )]
    Explosion {
        /// How many, and of what.
        what: String,
        /// The most that are taken.
        limit: usize,
    },
    /// Nothing to attack.
    #[error("targets: they pick no cell, so nothing would be attacked")]
    NoTargets,
    /// No counts agree with what the tables say.
    #[error(transparent)]
    Attack(#[from] AttackError),
    /// No true table of atoms was found behind the true values.
    #[error("no table of counts was found that has all the true values: they may contradict each other")]
    NoTruth,
    /// The true values are not a table that can be protected.
    #[error(transparent)]
    Truth(#[from] TableError),
    /// The tables could not be protected.
    #[error(transparent)]
    Protect(#[from] ProtectError),
    /// The memory does not fit the tables.
    #[error("memory: {0}")]
    Memory(String),
}

impl SpecError {
    pub(super) fn field(path: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Field { path: path.into(), rule: rule.into() }
    }

    /// Whether all that is given contradicts itself, so that no counts agree with it.
    pub fn is_contradiction(&self) -> bool {
        matches!(self, Self::Attack(AttackError::Infeasible { .. }) | Self::NoTruth)
    }
}

fn place(file: &str, at: Option<&String>, column: Option<&String>, rule: &str) -> String {
    let at = at.map(|at| format!(", {at}")).unwrap_or_default();
    let column = column.map(|column| format!(", column {column}")).unwrap_or_default();
    format!("{file}{at}{column}: {rule}")
}
