//! The way in: bytes of a region become checked registrations (DESIGN §4 and §5).
//!
//! ```text
//! source, fetch   a region's listing and files, into the quarantine of the private store  → RawDelivery
//! parse           decompressed, cut into blocks, split into fields; nothing judged yet    → ParsedDelivery
//! validate        the check catalogue over all four scopes                                → DeliveryOutcome
//! keep            registrations, raw bytes, reports and, last, the verdict                → DeliveryRecord
//! ```
//! Knows no ledger, no schedule and no publication. No record content and no record id is ever in a log or an error.

pub mod checks;
mod error;
pub mod fetch;
pub mod keep;
pub mod parse;
pub mod raw;
pub mod report;
pub mod secret;
pub mod source;
pub mod validate;

pub use error::IntakeError;
pub use raw::RawDelivery;
