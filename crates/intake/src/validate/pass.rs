//! One reading of a file: a thread that cuts blocks, threads that work on them, and one that takes the results in order.
//!
//! All queues are bounded, so that memory does not grow with the file.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};
use vt_domain::delivery::FileEntry;

use crate::checks::Found;
use crate::error::IntakeError;
use crate::parse::{self, Block, JsonFields, Layout, ParsedDelivery, Stop, Table};

/// Blocks that are under way per worker thread.
const BLOCKS_A_WORKER: usize = 3;

/// What a reading needs besides the work on the blocks.
pub(crate) struct Pass<'a> {
    pub parsed: &'a ParsedDelivery,
    pub file: &'a FileEntry,
    pub threads: usize,
}

struct Job<R> {
    block: Block,
    layout: Arc<Layout>,
    answer: SyncSender<R>,
}

impl Pass<'_> {
    /// Reads the file. Each worker is made by `worker` and gets blocks with the number of their first line; `collect` gets what
    /// they make, in the order of the file, on a thread that may block. Gives what is wrong with the file, and the collector.
    ///
    /// # Errors
    /// [`IntakeError`] when the store, a temporary file or a thread fails.
    pub async fn run<R, W, C>(
        &self,
        worker: impl Fn() -> W,
        mut collector: C,
        collect: impl Fn(&mut C, R) -> Result<(), IntakeError> + Send + 'static,
    ) -> Result<(Vec<Found>, C), IntakeError>
    where
        R: Send + 'static,
        W: FnMut(&Table, u64) -> R + Send + 'static,
        C: Send + 'static,
    {
        let threads = self.threads.max(1);
        let (jobs, jobs_out) = sync_channel::<Job<R>>(threads);
        let (order, answers) = sync_channel::<Receiver<R>>(threads * BLOCKS_A_WORKER);
        let cancel = CancelOnDrop::default();
        let reader = self.start_reader(jobs, order, Arc::clone(&cancel.0)).await?;
        let jobs_out = Arc::new(Mutex::new(jobs_out));
        let workers: Vec<JoinHandle<()>> =
            (0..threads).map(|_| self.start_worker(Arc::clone(&jobs_out), worker())).collect();
        drop(jobs_out);
        let name = self.file.kept_name();
        let collecting = spawn_blocking(move || {
            for answer in answers {
                let made = answer.recv().map_err(|_| IntakeError::Worker { file: name.clone() })?;
                collect(&mut collector, made)?;
            }
            Ok(collector)
        });
        let lost = |_| IntakeError::Worker { file: self.file.kept_name() };
        let collected: Result<C, IntakeError> = collecting.await.map_err(lost)?;
        for worker in workers {
            worker.await.map_err(lost)?;
        }
        let ended = reader.await.map_err(lost)?;
        let collector = collected?;
        match ended {
            Ok(faults) => Ok((faults, collector)),
            Err(Stop::Fault(fault)) => Ok((vec![fault], collector)),
            Err(Stop::Failed(error)) => Err(error.into()),
        }
    }

    async fn start_reader<R: Send + 'static>(
        &self,
        jobs: SyncSender<Job<R>>,
        order: SyncSender<Receiver<R>>,
        cancelled: Arc<AtomicBool>,
    ) -> Result<JoinHandle<Result<Vec<Found>, Stop>>, IntakeError> {
        let found = self.parsed.open(self.file).await?;
        let (file, limits) = (self.file.clone(), self.parsed.limits().clone());
        let handle = Handle::current();
        Ok(spawn_blocking(move || {
            let (opened, first) = parse::begin(found, handle, &file, &limits)?;
            let parse::Opened { mut blocks, layout, mut faults } = opened;
            let layout = Arc::new(layout);
            let mut next = first;
            while let Some(block) = next {
                let (answer, receiver) = sync_channel(1);
                let job = Job { block, layout: Arc::clone(&layout), answer };
                // A closed queue means that the other side failed and says so itself.
                if cancelled.load(Ordering::Relaxed) || order.send(receiver).is_err() || jobs.send(job).is_err() {
                    return Ok(faults);
                }
                next = blocks.next();
            }
            faults.extend(blocks.finish()?);
            Ok(faults)
        }))
    }

    fn start_worker<R: Send + 'static>(
        &self,
        jobs: Arc<Mutex<Receiver<Job<R>>>>,
        mut work: impl FnMut(&Table, u64) -> R + Send + 'static,
    ) -> JoinHandle<()> {
        let record = self.file.recordsoort;
        let max_line = self.parsed.limits().max_line_bytes;
        let json = JsonFields::new(record);
        spawn_blocking(move || {
            loop {
                let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(Job { block, layout, answer }) = job else { return };
                let first_line = block.first_line;
                let table = parse::split(record, &layout, &json, block, max_line);
                // Nobody waits for the answer any more when the collector failed.
                let _ = answer.send(work(&table, first_line));
            }
        })
    }
}

/// Ends the reading when nobody waits for it any more.
#[derive(Default)]
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
