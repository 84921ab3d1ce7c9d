//! The real binary: killed, stopped, run twice at once, used wrongly.

mod api;
mod backup;
mod commands;
mod diff;
mod disclosure;
mod encryption;
mod erratum;
mod health;
mod housekeeping;
mod key;
mod kill;
mod lacks;
mod network;
mod orders;
mod page;
mod program;
mod rehearsal;
mod reproduce;
mod runbook;
mod s3;
mod serve;
mod telemetry;
