//! A private store that is encrypted: what a thief of it sees, what a forger of it gets through, and how it comes to another key.

mod content;
mod dying;
mod forged;
mod history;
mod interop;
mod rekey;
mod stolen;
