//! Tests of the disclosure attack from outside.

mod engine;
mod plan;
