//! Plays many schedules, some at once, and says what came of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::runtime::Runtime;
use vt_monitor::progress::say;

use crate::draw::Schedule;
use crate::found::found;
use crate::play::{Played, play};
use crate::world::World;

/// A schedule that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);
/// As many cores as the machine is thought to have.
const AT_ONCE: u64 = 2;

/// After so many it is said how far it is.
const TELL: usize = 50;

/// What is played.
pub struct Asked {
    first: u64,
    many: u64,
    at_once: u64,
}

impl Asked {
    /// As the environment says; else few.
    pub fn by_environment(few: u64) -> Self {
        let number =
            |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")));
        Self {
            first: number("VT_TEST_SEED").unwrap_or(1),
            many: number("VT_TEST_STORMS").unwrap_or(few),
            at_once: number("VT_TEST_AT_ONCE").unwrap_or(AT_ONCE),
        }
    }

    /// The schedules, each with its name: those that once found something, and those that are drawn.
    fn schedules(&self, world: &World) -> Vec<(String, Schedule)> {
        let found = found().into_iter().map(|(name, schedule)| (format!("found: {name}"), schedule));
        let found = found.filter(|_| self.many > 1);
        let drawn =
            (self.first..self.first + self.many).map(|seed| (format!("seed {seed}"), Schedule::draw(seed, world)));
        found.chain(drawn).collect()
    }
}

/// Plays them all; fails when one does not end as it must, with its seed.
pub fn run(asked: &Asked) {
    let begun = Instant::now();
    let runtime = Runtime::new().expect("a runtime");
    let world = runtime.block_on(World::prepare()).expect("the undisturbed play");
    let (prepared, next, sum) = (begun.elapsed(), AtomicUsize::new(0), Mutex::new(Sum::default()));
    let schedules = asked.schedules(&world);
    std::thread::scope(|scope| {
        for _ in 0..asked.at_once {
            scope.spawn(|| {
                while let Some((name, schedule)) = schedules.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = runtime.block_on(one(&world, schedule));
                    sum.lock().unwrap().add(name, outcome);
                }
            });
        }
    });
    // Threads in which an instance was ended wait for a store that never answers.
    runtime.shutdown_background();
    let Sum { played, same, failed, .. } = sum.into_inner().unwrap();
    say(&format!(
        "{} schedules from seed {} in {:.0} s (prepared in {:.0} s): {} rounds, {} operations struck, {} looks of readers and {} of \
         processes, latest.json went back {} times; {same} end byte for byte as undisturbed, {} failed",
        schedules.len(),
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
    assert!(failed.is_empty(), "play a seed alone with VT_TEST_STORMS=1 VT_TEST_SEED=…: {failed:#?}");
    assert!(asked.many == 1 || same > asked.many / 4, "only {same} ended as undisturbed: the storms show little");
    assert!(played.looks > schedules.len() as u64, "readers looked {} times", played.looks);
}

/// What came of all of them.
#[derive(Default)]
struct Sum {
    played: Played,
    same: u64,
    failed: Vec<String>,
    ended: usize,
}

impl Sum {
    fn add(&mut self, name: &str, outcome: Result<Played>) {
        self.ended += 1;
        if self.ended.is_multiple_of(TELL) {
            say(&format!("{} schedules, {} failed", self.ended, self.failed.len()));
        }
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
                say(&format!("{name}: {error:#}"));
                self.failed.push(name.to_owned());
            }
        }
    }
}

async fn one(world: &World, schedule: &Schedule) -> Result<Played> {
    let played = tokio::time::timeout(PATIENCE, Box::pin(play(world, schedule))).await;
    let played = played.unwrap_or_else(|_| Err(anyhow::anyhow!("it hangs")));
    played.map_err(|error| error.context(format!("{schedule:?}")))
}
