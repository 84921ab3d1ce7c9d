//! Plays many schedules, some at once, and says what came of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::runtime::Runtime;
use vt_monitor::progress::say;

use crate::draw::Schedule;
use crate::play::{Played, play};
use crate::world::World;

/// A schedule that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);
/// As many cores as the machine is thought to have.
const AT_ONCE: u64 = 2;

/// What is played.
pub struct Asked {
    first: u64,
    many: u64,
    at_once: u64,
}

impl Asked {
    /// As the environment says; else few.
    pub fn by_environment(few: u64) -> Self {
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")));
        Self {
            first: number("VT_TEST_SEED").unwrap_or(1),
            many: number("VT_TEST_STORMS").unwrap_or(few),
            at_once: number("VT_TEST_AT_ONCE").unwrap_or(AT_ONCE),
        }
    }

    /// One schedule.
    pub fn one(seed: u64) -> Self {
        Self { first: seed, many: 1, at_once: 1 }
    }
}

/// Plays them all; fails when one does not end as it must, with its seed.
pub fn run(asked: &Asked) {
    let begun = Instant::now();
    let runtime = Runtime::new().expect("a runtime");
    let world = runtime.block_on(World::prepare()).expect("the undisturbed play");
    let (prepared, next, sum) = (begun.elapsed(), AtomicU64::new(0), Mutex::new(Sum::default()));
    std::thread::scope(|scope| {
        for _ in 0..asked.at_once {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= asked.many {
                        break;
                    }
                    let seed = asked.first + number;
                    let outcome = runtime.block_on(one(&world, seed));
                    sum.lock().unwrap().add(seed, outcome);
                }
            });
        }
    });
    let Sum { played, same, failed } = sum.into_inner().unwrap();
    say(&format!(
        "{} schedules from seed {} in {:.0} s (prepared in {:.0} s): {} rounds, {} operations struck, {} looks of readers and {} of \
         processes, latest.json went back {} times; {same} end byte for byte as undisturbed, {} failed",
        asked.many,
        asked.first,
        begun.elapsed().as_secs_f64(),
        prepared.as_secs_f64(),
        played.rounds,
        played.struck,
        played.looks,
        played.process_looks,
        played.went_back,
        failed.len(),
    ));
    assert!(failed.is_empty(), "play one alone with VT_TEST_STORMS=1 VT_TEST_SEED=…: {failed:?}");
}

/// What came of all of them.
#[derive(Default)]
struct Sum {
    played: Played,
    same: u64,
    failed: Vec<u64>,
}

impl Sum {
    fn add(&mut self, seed: u64, outcome: Result<Played>) {
        match outcome {
            Ok(one) => {
                self.same += u64::from(one.same);
                self.played.looks += one.looks;
                self.played.process_looks += one.process_looks;
                self.played.struck += one.struck;
                self.played.rounds += one.rounds;
                self.played.went_back += one.went_back;
            }
            Err(error) => {
                say(&format!("seed {seed}: {error:#}"));
                self.failed.push(seed);
            }
        }
    }
}

async fn one(world: &World, seed: u64) -> Result<Played> {
    let schedule = Schedule::draw(seed, world);
    let played = tokio::time::timeout(PATIENCE, Box::pin(play(world, &schedule))).await;
    let played = played.unwrap_or_else(|_| Err(anyhow::anyhow!("it hangs")));
    played.map_err(|error| error.context(format!("{schedule:?}")))
}
