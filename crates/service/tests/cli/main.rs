//! The real binary: killed, stopped, run twice at once, used wrongly.

mod commands;
mod disclosure;
mod housekeeping;
mod key;
mod kill;
mod program;
