//! Several workers on a server that restarts, over a network that cuts, delays and swallows, at moments drawn from a seed.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vt_ledger::{AuditVerdict, Lease, Ledger};
use vt_servers::{Postgres, PostgresOptions, Proxy, Weather};

use super::act::{ALL, Act};

const WORKERS: u32 = 3;
const ACTS: u32 = 60;
/// Who is told of trouble tries again so often.
const PATIENCE: u32 = 40;
/// How long the lease lasts that the workers fight for.
const TTL: Duration = Duration::from_millis(700);
/// How often the lease changes hands in a storm at least, and how long the storm lasts for it at most after the last act.
const CLAIMS: usize = 4;
const LEASE_PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_a_storm_nothing_is_lost_or_done_twice_and_a_lease_has_one_holder() {
    // More of them: VT_FAULT_SEEDS=1,2,3.
    let seeds = std::env::var("VT_FAULT_SEEDS").unwrap_or_else(|_| "1,2".into());
    for seed in seeds.split(',').map(|seed| seed.trim().parse().unwrap()) {
        storm(seed).await;
    }
}

async fn storm(seed: u64) {
    let mut server = Postgres::start(PostgresOptions::default()).unwrap();
    let name = server.new_database().unwrap();
    let address = server.url(&name);
    drop(Ledger::open(&address).await.unwrap());
    let proxy = Arc::new(Proxy::start(server.port()).unwrap());
    let through = server.url_through(proxy.port(), &name);
    let (calm, held) = (Arc::new(AtomicBool::new(false)), Arc::new(Held::default()));
    let told = Arc::new(AtomicU32::new(0));

    let weather = std::thread::spawn({
        let (calm, proxy) = (Arc::clone(&calm), Arc::clone(&proxy));
        move || {
            let restarts = rage(seed, &mut server, &proxy, &calm);
            (server, restarts)
        }
    });
    let mut workers = Vec::new();
    for worker in 0..WORKERS {
        // Each a process of its own, as far as the ledger knows.
        let ledger = opened(&through).await;
        workers.push(tokio::spawn(work(seed, worker, ledger.clone(), Arc::clone(&told))));
        workers.push(tokio::spawn(fight(worker, ledger, Arc::clone(&held), Arc::clone(&calm))));
    }
    // The acts end by themselves, the fights when the weather is calm.
    for worker in workers.iter_mut().step_by(2) {
        worker.await.unwrap();
    }
    // Few acts may be struck: the storm goes on until the lease changed hands often enough.
    let patience = Instant::now() + LEASE_PATIENCE;
    while held.many() < CLAIMS && Instant::now() < patience {
        tokio::time::sleep(TTL / 5).await;
    }
    calm.store(true, Ordering::Relaxed);
    for fight in workers.iter_mut().skip(1).step_by(2) {
        fight.await.unwrap();
    }
    let (server, restarts) = weather.join().unwrap();

    let sure = Ledger::open(&address).await.unwrap();
    for n in 0..WORKERS * ACTS {
        let act = drawn(seed, n);
        assert_eq!(act.stands(&sure, n).await, 1, "seed {seed}: {act:?} {n}");
    }
    assert!(matches!(sure.verify_audit().await.unwrap(), AuditVerdict::Whole { .. }), "seed {seed}");
    let claims = held.many();
    assert!(claims >= CLAIMS, "seed {seed}: the lease changed hands {claims} times");
    let mut out = std::io::stderr();
    writeln!(out, "seed {seed}: {restarts} restarts, {} troubles told, {claims} claims", told.load(Ordering::Relaxed))
        .unwrap();
    drop(server);
}

/// The weather: what happens and when is drawn.
fn rage(seed: u64, server: &mut Postgres, proxy: &Proxy, calm: &AtomicBool) -> u32 {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut restarts = 0;
    for turn in 0.. {
        if calm.load(Ordering::Relaxed) {
            break;
        }
        std::thread::sleep(Duration::from_millis(random.random_range(50..400)));
        // No storm without a restart.
        match if turn % 6 == 5 { 9 } else { random.random_range(0..10) } {
            0..=3 => proxy.cut(),
            4..=5 => proxy.cut_after(random.random_range(1..2000)),
            6 => proxy.set(Weather::Delay(Duration::from_millis(random.random_range(1..30)))),
            7 => {
                proxy.set(Weather::BlackHole);
                std::thread::sleep(Duration::from_millis(random.random_range(100..900)));
                proxy.set(Weather::Forward);
                proxy.cut();
            }
            8 => proxy.set(Weather::Forward),
            _ => {
                server.restart().unwrap();
                restarts += 1;
            }
        }
    }
    proxy.set(Weather::Forward);
    proxy.take_back_cut();
    restarts
}

async fn opened(address: &str) -> Ledger {
    for _ in 0..PATIENCE {
        match Ledger::open(address).await {
            Ok(ledger) => return ledger,
            Err(error) => assert!(error.is_transient(), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it can't be opened for too long");
}

/// Which act the `n`th one is.
fn drawn(seed: u64, n: u32) -> Act {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ (u64::from(n) << 20));
    ALL[random.random_range(0..ALL.len())]
}

/// Acts one after another, each until it is done.
async fn work(seed: u64, worker: u32, ledger: Ledger, told: Arc<AtomicU32>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed.rotate_left(32) ^ u64::from(worker));
    for n in worker * ACTS..(worker + 1) * ACTS {
        // Acts take a millisecond or two: without pauses the weather would strike one or none of them.
        tokio::time::sleep(Duration::from_millis(random.random_range(0..100))).await;
        let act = drawn(seed, n);
        let mut tries = 0;
        while let Err(error) = act.perform(&ledger, n).await {
            assert!(error.is_transient(), "seed {seed}: {act:?} {n}: {error:?}");
            told.fetch_add(1, Ordering::Relaxed);
            tries += 1;
            assert!(tries < PATIENCE, "seed {seed}: {act:?} {n}: {error:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
            if !act.may_be_repeated() && looked(act, &ledger, n).await == 1 {
                break;
            }
        }
    }
}

/// How often an act stands, seen through the storm.
async fn looked(act: Act, ledger: &Ledger, n: u32) -> usize {
    for _ in 0..PATIENCE {
        let ledger = ledger.clone();
        if let Ok(stands) = tokio::spawn(async move { act.stands(&ledger, n).await }).await {
            return stands;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it can't be read for too long");
}

/// Who held the lease, and until when they may have believed so.
#[derive(Default)]
struct Held {
    /// By token.
    claims: Mutex<BTreeMap<i64, (u32, Instant)>>,
}

impl Held {
    /// How often the lease was claimed.
    fn many(&self) -> usize {
        self.claims.lock().unwrap().len()
    }

    /// Notes a claim; no other holder may believe that it holds the lease still.
    fn claimed(&self, worker: u32, lease: &Lease, until: Instant) {
        let now = Instant::now();
        let mut claims = self.claims.lock().unwrap();
        for (token, (other, theirs)) in claims.iter() {
            assert_ne!(*token, lease.token, "workers {worker} and {other} have the same token");
            assert!(*theirs <= now, "workers {worker} and {other} hold it both");
        }
        claims.insert(lease.token, (worker, until));
    }

    /// A holder goes on, or stops believing.
    fn until(&self, lease: &Lease, until: Instant) {
        if let Some(claim) = self.claims.lock().unwrap().get_mut(&lease.token) {
            claim.1 = until;
        }
    }
}

/// Claims, renews and gives back one lease that all want.
async fn fight(worker: u32, ledger: Ledger, held: Arc<Held>, calm: Arc<AtomicBool>) {
    while !calm.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let Ok(Some(lease)) = ledger.claim("leader", &format!("worker {worker}"), TTL).await else {
            tokio::time::sleep(Duration::from_millis(30)).await;
            continue;
        };
        // What was asked late is believed as long as it lasts after it was asked: the database counts from later on.
        held.claimed(worker, &lease, asked + TTL);
        for _ in 0..worker + 1 {
            tokio::time::sleep(TTL / 5).await;
            let asked = Instant::now();
            match ledger.renew(&lease, TTL).await {
                Ok(Some(_)) => held.until(&lease, asked + TTL),
                // It may have run out, or may not: nobody may rely on it any more than before.
                _ => break,
            }
        }
        held.until(&lease, Instant::now());
        let _ = ledger.release(&lease).await;
    }
}
