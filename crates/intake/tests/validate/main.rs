//! Deliveries from bytes in the quarantine to verdict, reports and registrations, on an in-memory store.

mod case;
mod cells;
mod checks;
mod exceptions;
mod forms;
mod kept;
mod personal;
mod references;
mod repeated;
mod reports;
mod series;
