//! The whole job, end to end, against 26 simulated regions over real HTTP.

mod audit;
mod corrections;
mod derived;
mod described;
mod encrypted;
mod faults;
mod growth;
mod inbox;
mod incomplete;
mod lengths;
mod links;
mod one_by_one;
mod publishers;
mod readers;
mod repeat;
mod retention;
mod revisions;
mod s3;
mod seams;
mod steering;
mod whole_job;
mod years;
