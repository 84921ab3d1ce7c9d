//! The private store: raw deliveries, checked registrations, reports to regions and the memory of disclosure control.
//!
//! One room for all that must never be published. Every object but reports and turns is written once (`PutMode::Create`); a delivery
//! exists exactly when its record under `deliveries/` does, a reservation when its object under `memory/` does, or its turn holds it.
//!
//! ```text
//! quarantine/VT07/2020-07/3/melding.csv.gz       bytes as they came; only until the scan for personal numbers has passed
//! raw/VT07/2020-07/3/melding.csv.gz              bytes of accepted deliveries
//! registrations/melding/VT07/2020-07/3.parquet   checked records, reduced to what the cells need, ids as keyed hashes
//! reports/VT07/2020-07/3/kwaliteitsrapport.json  what the region is told
//! deliveries/VT07/2020-07/3.json                 the verdict: written last
//! memory/four_weeks/2020W407/1.json              reservations (DESIGN §5)
//! memory/four_weeks/2020W407/1.void.json         the mark of one that will never be finished
//! turns/2020/3.json                              the order in which issues of an ISO year were reserved
//! errata/3.json                                  errata and retractions, kept before they are published
//! registers/2020-3f9a0c1d2e4b.json               registers of regions that periods are frozen on
//! codelijsten/5d1f0a9b3c7e2468.csv               code lists that issues were reserved with
//! removed/raw/VT07/2019-01/2.json                that raw bytes or registrations were removed after their term: when, by which rule
//! removed/memory/four_weeks/2015W407/1.json      what is kept of a reservation that was
//! keys/1.json                                    which key the store was worked with since when: fingerprints only
//! encryption/1.json                              which key objects are encrypted with since when: fingerprint and public part only
//! published.json                                 the mark of the published store that was made with this one
//! rekey/…                                        an object on its way to another key
//! ```
//!
//! With keys (`Vault::sealed`) every object but those of `keys/`, `encryption/` and `published.json` is encrypted (`seal.rs`).

mod census;
mod deliveries;
mod encryption;
mod errata;
mod error;
mod keys;
mod mark;
mod memory;
mod numbered;
mod objects;
mod quarantine;
mod reader;
mod registers;
mod registrations;
mod rekey;
mod retention;
mod seal;
mod stream;
mod turns;
mod writer;

pub use census::Census;
pub use deliveries::{DeliveryRecord, DeliverySummary, FileDigest, MonthShare, RecordCount, Verdict};
pub use encryption::{EncryptionEntry, EncryptionHistory};
pub use error::VaultError;
pub use keys::{KeyEntry, KeyHistory};
pub use memory::{ReservationKey, Reserved};
pub use objects::{Vault, create_or_equal, is_transient};
pub use quarantine::{QuarantineWriter, Quarantined};
pub use reader::{Registrations, StoredObject};
pub use registrations::{RegistrationWriter, is_of_registrations, registration_schema};
pub use rekey::Rekeyed;
pub use retention::{Kept, Removal, due, expired, expires_on};
pub use seal::parquet::Opening;
pub use seal::{StoreKey, StoreKeys};
pub use stream::Opened;
pub use turns::Turn;
