//! Connections that are lost in the middle of every kind of operation, and a server that restarts meanwhile: each is done once, or says
//! that it may be repeated, and then gives the same. Nothing twice, nothing lost, and no lease has two holders.

#[path = "faults/act.rs"]
mod act;
#[path = "faults/cuts.rs"]
mod cuts;
#[path = "faults/storm.rs"]
mod storm;
