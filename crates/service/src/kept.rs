//! A value that is dear to derive, kept for a while; whoever asks while the next one is made gets the one that is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long somebody waits who asks; the derivation goes on, and serves the next one.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many times its time a value is still shown while the next one is made: nobody waits for that.
const OVER: u32 = 2;

/// How often something that is shown was changed by this process: what was kept before is of an older version. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Changes(Arc<AtomicU64>);

impl Changes {
    /// Something was changed.
    pub fn note(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    /// The version of what is shown.
    pub fn version(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// The newest value, and the task that makes the next one.
pub struct Kept<T> {
    patience: Duration,
    inner: Mutex<Inner<T>>,
}

struct Inner<T> {
    newest: Option<Made<T>>,
    task: Option<Making<T>>,
}

struct Made<T> {
    at: Instant,
    version: u64,
    value: T,
}

struct Making<T> {
    version: u64,
    task: JoinHandle<Result<Made<T>>>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self::patient(PATIENCE)
    }
}

impl<T> Kept<T> {
    /// One for which nobody waits longer than this.
    fn patient(patience: Duration) -> Self {
        Self { patience, inner: Mutex::new(Inner { newest: None, task: None }) }
    }
}

impl<T: Clone + Send + 'static> Inner<T> {
    /// The newest value, when it is of this version and not older than this.
    fn within(&self, age: Duration, version: u64) -> Option<T> {
        let newest = self.newest.as_ref().filter(|newest| newest.at.elapsed() < age && newest.version == version);
        newest.map(|newest| newest.value.clone())
    }

    /// Takes up what was made since. What is made of another version is given up; what failed is made again by whoever asks.
    async fn take_up(&mut self, version: u64) {
        match self.task.take() {
            Some(making) if making.version != version => making.task.abort(),
            Some(making) if making.task.is_finished() => {
                if let Ok(Ok(made)) = making.task.await {
                    self.newest = Some(made);
                }
            }
            other => self.task = other,
        }
    }
}

impl<T: Clone + Send + 'static> Making<T> {
    fn begin(version: u64, making: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        let task = async move {
            let value = making.await?;
            Ok(Made { at: Instant::now(), version, value })
        };
        Self { version, task: tokio::spawn(task) }
    }
}

impl<T: Clone + Send + 'static> Kept<T> {
    /// The value. It is made when there is none, when it is older than `keep`, or of another version; one at a time. One that is
    /// a little older, of this version, is shown meanwhile.
    ///
    /// # Errors
    /// When it can't be made, or not in time and there is no older one.
    pub async fn get<F>(&self, keep: Duration, version: u64, make: impl FnOnce() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut inner = self.inner.lock().await;
        inner.take_up(version).await;
        if let Some(value) = inner.within(keep, version) {
            return Ok(value);
        }
        let mut making = inner.task.take().unwrap_or_else(|| Making::begin(version, make()));
        if let Some(value) = inner.within(keep * OVER, version) {
            inner.task = Some(making);
            return Ok(value);
        }
        match tokio::time::timeout(self.patience, &mut making.task).await {
            Ok(made) => {
                let made = made??;
                let value = made.value.clone();
                inner.newest = Some(made);
                Ok(value)
            }
            Err(_) => {
                inner.task = Some(making);
                match &inner.newest {
                    Some(newest) => Ok(newest.value.clone()),
                    None => bail!("it takes longer than {} s", self.patience.as_secs()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn it_is_made_anew_when_old_or_of_another_version() {
        let kept = Kept::default();
        let made =
            async |keep, version, value: u32| kept.get(keep, version, || async move { Ok(value) }).await.unwrap();
        assert_eq!(made(LONG, 0, 1).await, 1);
        assert_eq!(made(LONG, 0, 2).await, 1, "kept");
        assert_eq!(made(LONG, 1, 3).await, 3, "something changed");
        assert_eq!(made(Duration::ZERO, 1, 4).await, 4, "old");
    }

    #[tokio::test]
    async fn who_asks_does_not_wait_for_long_and_the_next_one_gets_it() {
        let kept = Kept::patient(Duration::from_millis(5));
        let (go, waits) = tokio::sync::oneshot::channel::<u32>();
        assert!(kept.get(LONG, 0, || async move { Ok(waits.await?) }).await.is_err(), "nothing is there yet");
        go.send(7).unwrap();
        // The task that goes on is as quick as the machine: asked until it is there.
        let next = async || kept.get(LONG, 0, || async { bail!("the task that goes on is taken") }).await;
        let mut seen = next().await;
        while seen.is_err() {
            seen = next().await;
        }
        assert_eq!(seen.unwrap(), 7);
    }

    impl Kept<u32> {
        /// As if what is there had been made so much earlier.
        async fn age(&self, by: Duration) {
            let mut inner = self.inner.lock().await;
            let newest = inner.newest.as_mut().unwrap();
            newest.at = newest.at.checked_sub(by).expect("the machine runs for longer");
        }

        /// Waits until what is made beside is there.
        async fn settle(&self) {
            while self.inner.lock().await.task.as_ref().is_some_and(|making| !making.task.is_finished()) {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_the_next_one_while_the_last_one_is_not_too_old() {
        let kept = Kept::default();
        assert_eq!(kept.get(LONG, 0, || async { Ok(1) }).await.unwrap(), 1);
        kept.age(LONG).await;
        let (go, waits) = tokio::sync::oneshot::channel::<u32>();
        assert_eq!(kept.get(LONG, 0, || async move { Ok(waits.await?) }).await.unwrap(), 1, "shown while it is made");
        go.send(2).unwrap();
        kept.settle().await;
        assert_eq!(kept.get(LONG, 0, || async { bail!("it is made already") }).await.unwrap(), 2);
        kept.age(LONG * OVER).await;
        assert_eq!(kept.get(LONG, 0, || async { Ok(3) }).await.unwrap(), 3, "too old to be shown");
    }

    #[tokio::test]
    async fn what_was_made_beside_is_as_old_as_its_making() {
        let kept = Kept::default();
        assert_eq!(kept.get(LONG, 0, || async { Ok(1) }).await.unwrap(), 1);
        kept.age(LONG).await;
        assert_eq!(kept.get(LONG, 0, || async { Ok(2) }).await.unwrap(), 1);
        kept.settle().await;
        let before = Instant::now();
        kept.inner.lock().await.take_up(0).await;
        assert!(kept.inner.lock().await.newest.as_ref().is_some_and(|newest| newest.at <= before));
    }

    #[tokio::test]
    async fn what_is_made_of_an_older_version_is_given_up() {
        let kept = Kept::patient(Duration::from_millis(5));
        let (_go, waits) = tokio::sync::oneshot::channel::<u32>();
        assert!(kept.get(LONG, 0, || async move { Ok(waits.await?) }).await.is_err(), "it goes on");
        assert_eq!(kept.get(LONG, 1, || async { Ok(2) }).await.unwrap(), 2, "something changed meanwhile");
    }

    #[tokio::test]
    async fn a_failure_is_told_and_not_kept() {
        let kept: Kept<u32> = Kept::default();
        assert!(kept.get(LONG, 0, || async { bail!("no") }).await.is_err());
        assert_eq!(kept.get(LONG, 0, || async { Ok(1) }).await.unwrap(), 1);
    }
}
