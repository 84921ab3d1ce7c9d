//! From registrations to a snapshot: gate, aggregate, protect, reserve, render, publish, verify (DESIGN §5–§7).
//!
//! Knows no ledger, no schedule, no intake. Counts that are not protected cannot leave: cells go straight into
//! [`vt_disclosure::CellTable`], which can be neither serialised nor read, and only [`vt_disclosure::protect`] takes it on.

pub mod aggregate;
pub mod audit;
pub mod cells;
pub mod changes;
pub mod describe;
pub mod dictionary;
pub mod draft;
pub mod engine;
pub mod errata;
pub mod error;
pub mod gate;
pub mod historie;
pub mod history;
pub mod indicators;
pub mod keys;
pub mod longer;
pub mod orphans;
pub mod publish;
pub mod registers;
pub mod render;
pub mod report;
pub mod reproduce;
pub mod reservation;
pub mod shelf;
pub mod sign;
pub mod tables;
pub mod verify;

#[cfg(test)]
mod testdata;

pub use error::PublicationError;
