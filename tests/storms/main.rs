//! Random fault schedules: a small service is played again and again while stores, regions, ledger, clock and the process itself fail,
//! and a reader looks on all the while. However it goes, the end is that of the undisturbed play (docs/FAULTS.md).
//!
//! `VT_TEST_STORMS=1000` plays so many, from seed `VT_TEST_SEED` on; a seed that failed is played alone with `VT_TEST_STORMS=1`.

mod draw;
mod ends;
mod found;
mod instance;
mod play;
mod reader;
mod run;
mod states;
mod world;

use run::{Asked, run};

/// So many are played when nothing is asked.
const FEW: u64 = 40;

#[test]
fn whatever_fails_the_end_is_that_of_the_undisturbed_play_and_readers_see_whole_snapshots_only() {
    run(&Asked::by_environment(FEW));
}
