//! The real binary: killed, stopped, run twice at once, used wrongly.

mod commands;
mod kill;
mod program;
