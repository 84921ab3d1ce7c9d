//! The real binary: killed, stopped, run twice at once, used wrongly.

mod api;
mod commands;
mod diff;
mod disclosure;
mod encryption;
mod erratum;
mod housekeeping;
mod key;
mod kill;
mod orders;
mod page;
mod program;
mod rehearsal;
mod reproduce;
mod serve;
mod telemetry;
