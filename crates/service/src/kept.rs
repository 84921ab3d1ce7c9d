//! A value that is dear to derive, kept for a while; whoever asks meanwhile gets the one that is there.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long somebody waits who asks; the derivation goes on, and serves the next one.
const PATIENCE: Duration = Duration::from_secs(5);

/// The newest value, and the task that makes the next one.
pub struct Kept<T> {
    patience: Duration,
    inner: Mutex<Inner<T>>,
}

struct Inner<T> {
    newest: Option<Newest<T>>,
    task: Option<(u64, JoinHandle<Result<T>>)>,
}

struct Newest<T> {
    at: Instant,
    version: u64,
    value: T,
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

impl<T: Clone + Send + 'static> Kept<T> {
    /// The value. It is made when there is none, when it is older than `keep`, or of another version; one at a time.
    ///
    /// # Errors
    /// When it can't be made, or not in time and there is no older one.
    pub async fn get<F>(&self, keep: Duration, version: u64, make: impl FnOnce() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut inner = self.inner.lock().await;
        if let Some(newest) = &inner.newest
            && newest.at.elapsed() < keep
            && newest.version == version
        {
            return Ok(newest.value.clone());
        }
        let (version, mut task) = inner.task.take().unwrap_or_else(|| (version, tokio::spawn(make())));
        match tokio::time::timeout(self.patience, &mut task).await {
            Ok(made) => {
                let value = made??;
                inner.newest = Some(Newest { at: Instant::now(), version, value: value.clone() });
                Ok(value)
            }
            Err(_) => {
                inner.task = Some((version, task));
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

    #[tokio::test]
    async fn a_failure_is_told_and_not_kept() {
        let kept: Kept<u32> = Kept::default();
        assert!(kept.get(LONG, 0, || async { bail!("no") }).await.is_err());
        assert_eq!(kept.get(LONG, 0, || async { Ok(1) }).await.unwrap(), 1);
    }
}
