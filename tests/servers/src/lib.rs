//! Real servers for tests, each a process of its own on loopback with free ports: they end when the value that stands for them goes.
//! What they need is installed by `tests/run`; without it a test fails, and says what is missing. Beside them a store that fails on
//! request, for what no real server does when asked.

pub mod contract;
pub mod faulty;
mod http;
mod moto;
mod postgres;
mod process;
mod proxy;
mod python;
pub mod s3;
mod seaweedfs;

pub use moto::Moto;
pub use postgres::{PASSWORD, Postgres, PostgresOptions, USER};
pub use process::{Process, free_ports};
pub use proxy::{Proxy, Weather};
pub use s3::S3Access;
pub use seaweedfs::{SeaweedFs, ServerTls};
