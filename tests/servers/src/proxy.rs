//! A TCP proxy that does to connections what networks do: cuts them, delays them, lets them drip, swallows what they carry.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;

/// How long a byte waits before it is seen whether the weather has changed.
const LOOK: Duration = Duration::from_millis(10);

/// What happens to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything passes.
    Forward,
    /// Each piece waits so long before it passes, in each direction.
    Delay(Duration),
    /// One byte passes at a time, with so long between two.
    Drip(Duration),
    /// Nothing passes and nothing is told: bytes are taken and kept until the weather changes. New connections are taken too.
    BlackHole,
    /// New connections are closed at once.
    Refuse,
}

/// A proxy on 127.0.0.1. Dropped, it cuts its connections and listens no more.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    weather: Mutex<Weather>,
    /// Cut when this many bytes more have come back from the server.
    cut_after: Mutex<Option<u64>>,
    open: Mutex<Vec<TcpStream>>,
    ended: AtomicBool,
}

impl Proxy {
    /// Starts a proxy to a port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn start(target: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            target: SocketAddr::from(([127, 0, 0, 1], target)),
            weather: Mutex::new(Weather::Forward),
            cut_after: Mutex::new(None),
            open: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accepting.accept(&listener));
        Ok(Self { port, shared })
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes the weather, of connections that there are too.
    pub fn set(&self, weather: Weather) {
        *lock(&self.shared.weather) = weather;
    }

    /// Cuts all connections that there are.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// Cuts all connections when the server has sent so many bytes more: before the answer that holds the last of them passes, so
    /// that what was asked is done and its answer is lost.
    pub fn cut_after(&self, bytes: u64) {
        *lock(&self.shared.cut_after) = Some(bytes);
    }

    /// Whether a cut that was ordered is still to come; it no longer is after this.
    pub fn take_back_cut(&self) -> bool {
        lock(&self.shared.cut_after).take().is_some()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        self.shared.cut();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.has_ended() {
                return;
            }
            if let Ok(client) = client
                && *lock(&self.weather) != Weather::Refuse
            {
                // A connection that can't be made is closed: the client sees it.
                let _ = self.join(client);
            }
        }
    }

    fn join(self: &Arc<Self>, client: TcpStream) -> Result<()> {
        let server = TcpStream::connect(self.target)?;
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
            lock(&self.open).push(stream.try_clone()?);
        }
        self.pass(client.try_clone()?, server.try_clone()?, false);
        self.pass(server, client, true);
        Ok(())
    }

    fn pass(self: &Arc<Self>, mut from: TcpStream, mut to: TcpStream, is_answer: bool) {
        let shared = Arc::clone(self);
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(read @ 1..) = from.read(&mut buffer) {
                if is_answer && shared.is_cut_by(read as u64) {
                    shared.cut();
                    break;
                }
                if shared.carry(&buffer[..read], &mut to).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
            let _ = from.shutdown(Shutdown::Both);
        });
    }

    /// Carries bytes through the weather.
    fn carry(&self, mut bytes: &[u8], to: &mut TcpStream) -> std::io::Result<()> {
        while !bytes.is_empty() {
            let weather = *lock(&self.weather);
            let many = match weather {
                Weather::Forward | Weather::Refuse => bytes.len(),
                Weather::Delay(time) => {
                    thread::sleep(time);
                    bytes.len()
                }
                Weather::Drip(time) => {
                    thread::sleep(time);
                    1
                }
                Weather::BlackHole => {
                    thread::sleep(LOOK);
                    if self.has_ended() {
                        return Err(std::io::ErrorKind::ConnectionAborted.into());
                    }
                    continue;
                }
            };
            to.write_all(&bytes[..many])?;
            bytes = &bytes[many..];
        }
        Ok(())
    }

    fn is_cut_by(&self, bytes: u64) -> bool {
        let mut cut_after = lock(&self.cut_after);
        match *cut_after {
            Some(left) if left <= bytes => {
                *cut_after = None;
                true
            }
            Some(left) => {
                *cut_after = Some(left - bytes);
                false
            }
            None => false,
        }
    }

    fn cut(&self) {
        for stream in lock(&self.open).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
