//! 26 simulated Veilig Thuis regions that deliver over real HTTP on loopback, deterministic from a seed (DESIGN §4).
//!
//! The figures add up to what CBS and the regions published (`data/`, sources named there); the records behind them are drawn.
//! A delivery's bytes are a pure function of (seed, region, month, number, options). Regions fail on request ([`faults::FaultPlan`]).

mod apportion;
mod calendar;
mod calibration;
mod chance;
pub mod config;
pub mod faults;
mod generate;
mod ids;
mod places;
mod plan;
pub mod records;
mod schedule;
mod services;
mod shares;
pub mod truth;

pub use calibration::REGIONS;
pub use config::{SimAuth, SimRegion, SimulatorConfig};
pub use faults::{Fault, FaultPlan};
pub use records::{Advies, Melding, Records, Vervolgdienst};
pub use truth::{Truth, truth};
