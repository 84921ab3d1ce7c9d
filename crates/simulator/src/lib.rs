//! 26 simulated Veilig Thuis regions that deliver over real HTTP on loopback, deterministic from a seed (DESIGN §4).
//!
//! The figures add up to what CBS and the regions published (`data/`, sources named there); the records behind them are drawn.
//! A delivery's bytes are a pure function of (seed, region, month, number, options). Regions fail on request ([`faults::FaultPlan`]).

mod apportion;
mod auth;
mod bomb;
pub mod bulk;
mod calendar;
mod calibration;
mod chance;
pub mod config;
mod encode;
pub mod faults;
mod generate;
mod ids;
pub mod inbox;
mod places;
mod plan;
mod produce;
pub mod records;
mod sabotage;
mod schedule;
mod serve;
mod services;
mod shares;
mod tls;
pub mod truth;
mod waves;

pub use bulk::{BulkRequest, BulkSummary, write_bulk};
pub use calibration::REGIONS;
pub use config::{CorrectionWave, SimAuth, SimRegion, SimulatorConfig};
pub use faults::{Fault, FaultPlan};
pub use inbox::{InboxRequest, write_inbox};
pub use records::{Advies, Melding, Records, Vervolgdienst};
pub use serve::{Simulator, SimulatorError};
pub use truth::{Truth, truth};

/// The first and the last month that the regions can deliver.
pub fn months() -> (vt_domain::Month, vt_domain::Month) {
    (calendar::month(0), calendar::month(calendar::MONTHS - 1))
}
