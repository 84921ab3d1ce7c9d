//! Fetching against scripted servers on loopback, and from directories.

mod auth;
mod elsewhere;
mod files;
mod inbox;
mod listing;
mod patience;
mod resume;
mod secrets;
mod server;
mod tls;
mod world;
