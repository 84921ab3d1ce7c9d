//! The check catalogue (DESIGN §4): what is checked is data, how is code. Nothing here knows files, threads or stores.

mod catalogue;
mod check;
pub(crate) mod code_table;
pub(crate) mod columns;
pub(crate) mod day;
mod exception;
mod found;
pub(crate) mod gemeente_table;
pub(crate) mod levering;
mod markdown;
mod personal;
pub(crate) mod record;
pub(crate) mod reeks;
pub(crate) mod robust;
pub(crate) mod rules;

#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, CatalogueError, CheckSpec, Drempel};
pub use check::Check;
pub use exception::{CheckException, ExceptionError};

pub(crate) use exception::Severities;
pub(crate) use found::Found;
pub(crate) use personal::{holds_personal_number, is_personal_number};
