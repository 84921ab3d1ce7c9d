//! Real servers for tests, each a process of its own on loopback with free ports: they end when the value that stands for them goes.
//! What they need is installed by `tests/run`; without it a test fails, and says what is missing.

mod postgres;
mod process;
mod proxy;

pub use postgres::{PASSWORD, Postgres, PostgresOptions, USER};
pub use process::{Process, free_ports};
pub use proxy::{Proxy, Weather};
