//! Tests of the disclosure attack from outside.

mod engine;
mod limits;
mod plan;
