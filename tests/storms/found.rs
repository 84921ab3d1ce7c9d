//! Schedules that found a defect, as they were drawn: played each time, whatever is asked.

use std::time::Duration;

use chrono::TimeDelta;
use vt_servers::faulty::Fault;

use crate::draw::{Blow, Company, Jump, LedgerBlow, Schedule, Storm};
use crate::world::Start;

/// Each with what it found.
pub fn found() -> Vec<(&'static str, Schedule)> {
    let schedule = |start, storms| Schedule { start, storms, read_along: false };
    vec![
        ("a clock that was set back leaves instants out of order, and no audit passes any more", {
            let clock = Some(Jump { at: 316, by: TimeDelta::minutes(-413) });
            schedule(Start::Corrected, vec![Storm { clock, ..Storm::default() }])
        }),
        ("the same beside another instance, with what is published afterwards", {
            let clock = Some(Jump { at: 345, by: TimeDelta::minutes(-195) });
            let (company, private) = (Some(Company::OtherLedger), vec![Blow::At(354, Fault::Twice)]);
            schedule(Start::Corrected, vec![Storm { clock, company, private, ..Storm::default() }, Storm::default()])
        }),
        ("a region stays in hands that do nothing when the private store fails as its pull begins", {
            let ledger = Some(LedgerBlow::Busy(259, Duration::from_millis(338)));
            let first = Storm { private: vec![Blow::At(538, Fault::Busy)], ledger, ..Storm::default() };
            let (published, private) = (vec![Blow::At(170, Fault::Before)], vec![Blow::At(86, Fault::Busy)]);
            schedule(Start::Published, vec![first, Storm { published, private, ..Storm::default() }])
        }),
    ]
}
