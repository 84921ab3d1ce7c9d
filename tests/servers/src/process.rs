//! A server process that ends with the value that stands for it.

use std::fs::File;
use std::net::TcpListener;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);
/// So long a server may take to end before it is ended.
const FAREWELL: Duration = Duration::from_secs(2);

/// A running server. Dropped, it is told to end, and ended when it does not.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a server; what it says goes to a file `NAME.log` in a folder.
    ///
    /// # Errors
    /// When the program can't be started.
    pub fn start(name: &str, command: &mut Command, folder: &Path) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let out = File::options().create(true).append(true).open(&log)?;
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
        let child = command.spawn().with_context(|| format!("{name} can't be started; `tests/run` installs it"))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// When it ends before it does, or a minute has passed: with the end of what it said.
    pub fn wait_for(&mut self, answers: impl Fn() -> bool) -> Result<()> {
        let began = Instant::now();
        while !answers() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended ({status}): {}", self.name, self.last_words());
            }
            if began.elapsed() > PATIENCE {
                bail!("{} does not answer: {}", self.name, self.last_words());
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, such as `TERM`.
    ///
    /// # Errors
    /// When it is gone.
    pub fn signal(&self, signal: &str) -> Result<()> {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-s", signal, &pid]).stderr(Stdio::null()).status()?;
        anyhow::ensure!(told.success(), "{} is gone", self.name);
        Ok(())
    }

    /// Ends it at once, as a machine that loses its power does.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits until it has ended by itself, or after a signal.
    ///
    /// # Errors
    /// When it has not, after so long: with the end of what it said.
    pub fn wait_for_end(&mut self, patience: Duration) -> Result<()> {
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > patience {
                bail!("{} does not end: {}", self.name, self.last_words());
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        let from = said.len().saturating_sub(2_000);
        said.get(from..).unwrap_or(&said).to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.signal("TERM").is_ok() {
            let began = Instant::now();
            while began.elapsed() < FAREWELL {
                if matches!(self.child.try_wait(), Ok(Some(_))) {
                    return;
                }
                std::thread::sleep(PAUSE);
            }
        }
        // Already gone, or deaf: either way nothing is left after this.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server that all tests of this process share, started by the first of them; it ends with the process, however that ends.
pub(crate) fn shared<T>(
    place: &Mutex<Option<&'static T>>,
    start: impl FnOnce() -> Result<T>,
    runs_in: impl Fn(&T) -> Option<(u32, &Path)>,
) -> Result<&'static T> {
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = *place {
        return Ok(server);
    }
    let server = Box::new(start()?);
    let (id, folder) = runs_in(&server).context("a server that was started runs")?;
    reap_with_us(id, folder)?;
    Ok(place.insert(Box::leak(server)))
}

/// Has a process ended, and its folder removed, when ours has ended in whatever way: what stands in a static is never dropped.
fn reap_with_us(id: u32, folder: &Path) -> Result<()> {
    // The end of its input comes with our end. QUIT ends PostgreSQL at once and whole; not every server heeds it.
    let waits = "cat >/dev/null; kill -s QUIT \"$1\"; sleep 1; kill -s KILL \"$1\"; rm -rf \"$2\"";
    let mut reaper = Command::new("sh");
    reaper.args(["-c", waits, "reaper", &id.to_string()]).arg(folder);
    let reaper = reaper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    std::mem::forget(reaper);
    Ok(())
}

/// Below those that the system gives to connections (32768 and up), which would take one between our look and the server's.
const PORTS: Range<u16> = 10_240..32_000;

/// Ports of 127.0.0.1 that nobody listens on now, and that no other call of this process is given before all have had their turn.
///
/// # Errors
/// When there are none.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let width = u32::from(PORTS.end - PORTS.start);
    // Processes begin far from each other, also those that were started one after another.
    let begin = std::process::id().wrapping_mul(2_654_435_761);
    let mut ports = [0; N];
    for port in &mut ports {
        *port = (0..width)
            .map(|_| begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % width)
            .filter_map(|nth| u16::try_from(nth).ok()?.checked_add(PORTS.start))
            .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
            .context("no port is free")?;
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ_and_one_that_is_taken_is_passed_over() {
        let [first, second] = free_ports().unwrap();
        let taken = TcpListener::bind(("127.0.0.1", second + 1));
        let more: [u16; 50] = free_ports().unwrap();
        assert!(first != second && PORTS.contains(&first) && more.iter().all(|port| PORTS.contains(port)));
        assert!(!more.contains(&first) && !more.contains(&second) && (taken.is_err() || !more.contains(&(second + 1))));
    }
}
