//! Tests of the disclosure control from outside: what a caller, a reader of the files and the certificate see.

mod certificate;
mod history;
mod insiders;
mod linked;
mod published;
mod registrations;
mod revision;
mod rounding;
mod small;
mod statistics;
mod sums;
mod support;
mod table;
mod wall;
