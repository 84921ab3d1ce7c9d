//! A store that fails on request: before or after an operation's effect, late, twice, or never answering; at the n-th operation, at
//! random by a seed, or always. For what networks and servers do and no test can ask of a real one.

mod flaw;
mod plan;
mod upload;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::Semaphore;

pub use flaw::Flaw;
pub use plan::{Fault, Operation};

use plan::{Act, Plan};
use upload::FaultyUpload;

/// A store around another one.
#[derive(Debug, Clone)]
pub struct FaultyStore {
    inner: Arc<dyn ObjectStore>,
    flaw: Option<Flaw>,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    plan: Plan,
    asked: Mutex<Asked>,
    /// Closed when whoever waits for an answer that never comes is given up.
    waiting: Semaphore,
}

impl State {
    fn new(plan: Plan) -> Self {
        Self { plan, asked: Mutex::default(), waiting: Semaphore::new(0) }
    }
}

#[derive(Debug, Default)]
struct Asked {
    log: Vec<(Operation, String)>,
    /// How many of the operations that faults can strike.
    counted: usize,
    struck: usize,
}

impl FaultyStore {
    /// A store without faults: it counts, and lets others in between its operations.
    pub fn new(inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner, flaw: None, state: Arc::new(State::new(Plan::default())) }
    }

    /// The operation of this number, from 0, meets a fault.
    #[must_use]
    pub fn at(self, number: usize, fault: Fault) -> Self {
        self.planned(|plan| plan.at.push((number, fault)))
    }

    /// Before the operation of this number, from 0, something happens: a clock is set, a process told to stop.
    #[must_use]
    pub fn when(self, number: usize, act: impl Fn() + Send + Sync + 'static) -> Self {
        self.planned(|plan| plan.acts.push((number, Act(Arc::new(act)))))
    }

    /// Every operation meets a fault.
    #[must_use]
    pub fn always(self, fault: Fault) -> Self {
        self.planned(|plan| plan.always = Some(fault))
    }

    /// So many of a thousand operations meet one of these faults; the same ones for the same seed.
    #[must_use]
    pub fn seeded(self, seed: u64, per_mille: u16, faults: &[Fault]) -> Self {
        self.planned(|plan| plan.random = Some((seed, per_mille, faults.to_vec())))
    }

    /// Only these operations are counted and meet faults.
    #[must_use]
    pub fn only(self, operations: &[Operation]) -> Self {
        self.planned(|plan| plan.only = Some(operations.to_vec()))
    }

    /// A store that is not what a store should be, whatever it answers.
    #[must_use]
    pub fn with(self, flaw: Flaw) -> Self {
        Self { flaw: Some(flaw), ..self }
    }

    fn planned(self, change: impl FnOnce(&mut Plan)) -> Self {
        let mut plan = self.state.plan.clone();
        change(&mut plan);
        Self { state: Arc::new(State::new(plan)), ..self }
    }

    /// What was asked, in order, and of which object.
    pub fn log(&self) -> Vec<(Operation, String)> {
        self.state.asked().log.clone()
    }

    /// How many operations met a fault.
    pub fn struck(&self) -> usize {
        self.state.asked().struck
    }

    /// Gives up whoever waits for an answer that never comes: threads that do would stay for ever.
    pub fn give_up(&self) {
        self.state.waiting.close();
    }

    async fn operate<T, W>(&self, operation: Operation, path: &Path, work: impl Fn() -> W) -> Result<T>
    where
        T: Send + 'static,
        W: Future<Output = Result<T>> + Send + 'static,
    {
        tokio::task::yield_now().await;
        match self.state.meets(operation, path) {
            None => work().await,
            Some(Fault::Before) => Err(lost()),
            Some(Fault::After) => {
                let _ = work().await;
                Err(lost())
            }
            Some(Fault::Twice) => {
                let _ = work().await;
                work().await
            }
            Some(Fault::Late(pause)) => {
                let done = work().await;
                tokio::time::sleep(pause).await;
                done
            }
            Some(Fault::Delayed(pause)) => {
                let work = work();
                tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    work.await
                });
                Err(lost())
            }
            Some(Fault::Busy) => Err(busy(path)),
            Some(Fault::Never) => {
                // Nobody gives a permit: this ends when all are given up.
                let _ = self.state.waiting.acquire().await;
                Err(lost())
            }
        }
    }
}

impl State {
    fn asked(&self) -> std::sync::MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault that an operation meets, if any.
    fn meets(&self, operation: Operation, path: &Path) -> Option<Fault> {
        let mut asked = self.asked();
        asked.log.push((operation, path.to_string()));
        if !self.plan.counts(operation) {
            return None;
        }
        let number = asked.counted;
        asked.counted += 1;
        let fault = self.plan.fault(number);
        asked.struck += usize::from(fault.is_some());
        drop(asked);
        self.plan.acts(number).for_each(|Act(act)| act());
        fault
    }
}

/// An answer that got lost. It names what no caller may repeat to the world.
fn lost() -> Error {
    Error::Generic { store: "faulty", source: "planted failure at secret.example.nl".into() }
}

fn busy(path: &Path) -> Error {
    Error::AlreadyExists { path: path.to_string(), source: "planted: another write is under way".into() }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty")
    }
}

#[async_trait::async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let operation = if options.mode == PutMode::Create { Operation::Create } else { Operation::Put };
        let put = || {
            let (inner, flaw) = (Arc::clone(&self.inner), self.flaw);
            let (location, payload, options) = (location.clone(), payload.clone(), options.clone());
            async move { flaw::put(flaw, inner, &location, payload, options).await }
        };
        self.operate(operation, location, put).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let begin = || {
            let (inner, location, options) = (Arc::clone(&self.inner), location.clone(), options.clone());
            async move { inner.put_multipart_opts(&location, options).await }
        };
        let begun = self.operate(Operation::Begin, location, begin).await?;
        Ok(Box::new(FaultyUpload::new(begun, location.clone(), Arc::clone(&self.state))))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let get = || {
            let (inner, location, options) = (Arc::clone(&self.inner), location.clone(), options.clone());
            async move { inner.get_opts(&location, options).await }
        };
        self.operate(Operation::Get, location, get).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        let delete = move |location: Path| {
            let store = store.clone();
            async move {
                let delete = || {
                    let (inner, flaw, location) = (Arc::clone(&store.inner), store.flaw, location.clone());
                    async move { if flaw == Some(Flaw::KeepsAll) { Err(lost()) } else { inner.delete(&location).await } }
                };
                store.operate(Operation::Delete, &location, delete).await?;
                Ok(location)
            }
        };
        locations.and_then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (self.clone(), prefix.cloned());
        let listed = async move {
            let list = || {
                let listed = store.inner.list(prefix.as_ref());
                let behind = store.flaw == Some(Flaw::ListsLate);
                async move { if behind { Ok(Vec::new()) } else { listed.try_collect::<Vec<_>>().await } }
            };
            let at = prefix.clone().unwrap_or_default();
            let found = store.operate(Operation::List, &at, list).await?;
            Ok::<_, Error>(stream::iter(found.into_iter().map(Ok)))
        };
        stream::once(listed).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let list = || {
            let (inner, prefix) = (Arc::clone(&self.inner), prefix.cloned());
            async move { inner.list_with_delimiter(prefix.as_ref()).await }
        };
        self.operate(Operation::List, &prefix.cloned().unwrap_or_default(), list).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let copy = || {
            let (inner, from, to, options) = (Arc::clone(&self.inner), from.clone(), to.clone(), options.clone());
            async move { inner.copy_opts(&from, &to, options).await }
        };
        self.operate(Operation::Copy, to, copy).await
    }
}

#[cfg(test)]
mod tests;
