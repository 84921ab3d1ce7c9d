//! The state of one region: what it offers now, a few deliveries kept ready, and what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use vt_domain::delivery::Listing;
use vt_domain::{Clock, Month};

use crate::auth::Gate;
use crate::calibration::REGIONS;
use crate::config::SimulatorConfig;
use crate::faults::Fault;
use crate::produce::{ProducedFile, Producer, Product};
use crate::schedule::{Planned, Profile};

/// Deliveries that a region keeps in memory: those of the month that is being fetched.
const KEPT: usize = 6;

/// What names a delivery: month, number, and whether it is the changed one of [`Fault::ChangedBytes`].
type Key = (Month, u32, bool);

/// One simulated region.
#[derive(Debug)]
pub struct Region {
    number: usize,
    gate: Gate,
    producer: Arc<Producer>,
    clock: Arc<dyn Clock>,
    kept: Mutex<VecDeque<(Key, Arc<Product>)>>,
    struck: Mutex<BTreeMap<Month, u32>>,
    changed: Mutex<BTreeMap<Month, Progress>>,
    files_sent: AtomicU64,
    listings_asked: AtomicU64,
}

/// How far a month with [`Fault::ChangedBytes`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// The file of meldingen was fetched; the next listing names other bytes.
    Fetched,
    /// Other bytes are offered.
    Changed,
}

impl Region {
    /// A region at rest.
    pub fn new(number: usize, config: &SimulatorConfig, producer: Arc<Producer>, clock: Arc<dyn Clock>) -> Self {
        Self {
            number,
            gate: Gate::new(config, number),
            producer,
            clock,
            kept: Mutex::default(),
            struck: Mutex::default(),
            changed: Mutex::default(),
            files_sent: AtomicU64::new(0),
            listings_asked: AtomicU64::new(0),
        }
    }

    /// Its place among the regions.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Who may ask.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The instant of its clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Whether its server answers `Range` requests.
    pub fn ranges(&self) -> bool {
        Profile::of(self.number).ranges
    }

    /// Whether it shows an expired certificate.
    pub fn expired_certificate(&self) -> bool {
        self.producer.expired_certificate(self.number)
    }

    /// Its fault in a month.
    pub fn fault(&self, month: Month) -> Option<Fault> {
        self.producer.fault(self.number, month)
    }

    /// Whether a fault that strikes the first so many times strikes once more; it is counted when it does.
    pub fn strikes(&self, month: Month, times: Option<u32>) -> bool {
        let Some(times) = times else { return true };
        let mut struck = locked(&self.struck);
        let count = struck.entry(month).or_default();
        let strikes = *count < times;
        *count += u32::from(strikes);
        strikes
    }

    /// Files sent, whole or in part.
    pub fn files_sent(&self) -> u64 {
        self.files_sent.load(Ordering::Relaxed)
    }

    /// Listings asked for.
    pub fn listings_asked(&self) -> u64 {
        self.listings_asked.load(Ordering::Relaxed)
    }

    /// The listing of a month as it is now. Costs the making of every delivery in it that is not kept.
    pub fn listing(&self, month: Month) -> Listing {
        self.listings_asked.fetch_add(1, Ordering::Relaxed);
        if let Some(progress) = locked(&self.changed).get_mut(&month) {
            *progress = Progress::Changed;
        }
        let deliveries = self.offered(month);
        Listing {
            vt_code: REGIONS[self.number].to_owned(),
            maand: month,
            leveringen: deliveries.iter().map(|planned| self.product(planned).entry.clone()).collect(),
        }
    }

    /// A file of a delivery that exists by now.
    pub fn file(&self, month: Month, nr: u32, name: &str) -> Option<ProducedFile> {
        let planned = self.offered(month).into_iter().find(|planned| planned.header.levering_nr == nr)?;
        let product = self.product(&planned);
        product.files.iter().find(|file| file.name == name).cloned()
    }

    /// Counts a file that is sent, and remembers it where the next listing depends on it.
    pub fn sent(&self, month: Month, meldingen: bool) {
        self.files_sent.fetch_add(1, Ordering::Relaxed);
        if meldingen && self.fault(month) == Some(Fault::ChangedBytes) {
            locked(&self.changed).entry(month).or_insert(Progress::Fetched);
        }
    }

    fn offered(&self, month: Month) -> Vec<Planned> {
        let now = self.now();
        let mut deliveries = self.producer.deliveries(self.number, month);
        deliveries.retain(|planned| planned.header.aangemaakt_op <= now);
        deliveries
    }

    fn product(&self, planned: &Planned) -> Arc<Product> {
        let month = planned.header.leveringsmaand;
        let changed = locked(&self.changed).get(&month) == Some(&Progress::Changed);
        let key = (month, planned.header.levering_nr, changed);
        // Held while making: two requests for the same delivery make it once.
        let mut kept = locked(&self.kept);
        if let Some((_, product)) = kept.iter().find(|(found, _)| *found == key) {
            return product.clone();
        }
        let product = Arc::new(self.producer.produce(self.number, planned, changed));
        kept.push_front((key, product.clone()));
        kept.truncate(KEPT);
        product
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
