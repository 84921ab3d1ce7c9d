//! The door of the API: how many come in at once, and how long they may take. Whoever connects is not trusted before it shows a token, and
//! connections are what it can take from others until then.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;

/// The largest head of a request, in bytes: a bearer of an OIDC issuer and a handful of cookies fit in it well.
const LARGEST_HEAD: usize = 32 << 10;

/// What is put up with from whoever connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiLimits {
    /// How many connections are open at once; more are closed at once.
    pub connections: usize,
    /// How many of one address (of IPv6: one network of /64). 0 for no limit: behind a proxy, where all come from one address.
    pub connections_per_address: usize,
    /// How long the head of a request may take to come in; also how long a connection may stand idle.
    pub head_timeout_ms: u64,
    /// How long the body may take, whole. Uploads have the region's own limits.
    pub body_timeout_ms: u64,
    /// How long whoever asked may leave an answer lying.
    pub write_timeout_ms: u64,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            connections: 512,
            connections_per_address: 64,
            head_timeout_ms: 15_000,
            body_timeout_ms: 30_000,
            write_timeout_ms: 60_000,
        }
    }
}

impl ApiLimits {
    /// How long a body may take.
    pub fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms)
    }

    /// The rule that is broken, if any.
    pub fn broken_rule(&self) -> Option<&'static str> {
        let Self { connections, head_timeout_ms, body_timeout_ms, write_timeout_ms, .. } = *self;
        let none = connections == 0 || [head_timeout_ms, body_timeout_ms, write_timeout_ms].contains(&0);
        none.then_some("`connections` and each time-out must be at least 1 (only `connections_per_address` may be 0)")
    }

    /// Holds a server to them: one form of HTTP, a head of limited size and time.
    pub(super) fn hold<A>(
        &self,
        server: axum_server::Server<std::net::SocketAddr, A>,
    ) -> axum_server::Server<std::net::SocketAddr, A> {
        let head = Duration::from_millis(self.head_timeout_ms);
        // One form of HTTP is one way to be attacked, and telling them apart would wait for the first bytes without end.
        let mut server = server.http1_only().first_request_timeout(head);
        server.http_builder().http1().header_read_timeout(head).max_buf_size(LARGEST_HEAD);
        server
    }
}

/// Lets connections in.
#[derive(Debug, Clone)]
pub(super) struct Door {
    limits: ApiLimits,
    inside: Arc<Mutex<Inside>>,
}

/// How many are inside.
#[derive(Debug, Default)]
struct Inside {
    all: usize,
    of: HashMap<IpAddr, usize>,
}

/// The place of a connection inside; free again when this is dropped.
#[derive(Debug)]
struct Place {
    address: IpAddr,
    inside: Arc<Mutex<Inside>>,
}

impl Door {
    pub(super) fn new(limits: ApiLimits) -> Self {
        Self { limits, inside: Arc::default() }
    }

    fn enter(&self, address: IpAddr) -> Option<Place> {
        let address = whose(address);
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = inside.of.get(&address).copied().unwrap_or_default();
        let most = self.limits.connections_per_address;
        if inside.all >= self.limits.connections || (most > 0 && of_address >= most) {
            return None;
        }
        inside.all += 1;
        inside.of.insert(address, of_address + 1);
        Some(Place { address, inside: Arc::clone(&self.inside) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.all -= 1;
        if let Some(count) = inside.of.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                inside.of.remove(&self.address);
            }
        }
    }
}

/// Whose connections are counted together: an IPv6 host can have any address of its network.
fn whose(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address => address,
    }
}

impl<S> Accept<TcpStream, S> for Door {
    type Stream = Inward;
    type Service = S;
    type Future = Ready<io::Result<(Inward, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.let_in(stream).map(|stream| (stream, service)))
    }
}

impl Door {
    fn let_in(&self, stream: TcpStream) -> io::Result<Inward> {
        let full = || io::Error::new(io::ErrorKind::ConnectionRefused, "too many connections");
        let place = self.enter(stream.peer_addr()?.ip()).ok_or_else(full)?;
        stream.set_nodelay(true)?;
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(Duration::from_millis(self.limits.write_timeout_ms)));
        Ok(Inward { stream: Box::pin(stream), _place: place })
    }
}

/// A connection that was let in.
pub(super) struct Inward {
    stream: Pin<Box<TimeoutStream<TcpStream>>>,
    _place: Place,
}

impl AsyncRead for Inward {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Inward {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(connections: usize, connections_per_address: usize) -> Door {
        Door::new(ApiLimits { connections, connections_per_address, ..ApiLimits::default() })
    }

    #[test]
    fn no_more_come_in_than_may_and_who_leaves_makes_room() {
        let door = door(3, 2);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let first = door.enter(address("192.0.2.1")).unwrap();
        let _second = door.enter(address("::ffff:192.0.2.1")).unwrap();
        assert!(door.enter(address("192.0.2.1")).is_none(), "two of one address are inside");
        let _third = door.enter(address("192.0.2.2")).unwrap();
        assert!(door.enter(address("192.0.2.3")).is_none(), "three are inside");
        drop(first);
        assert!(door.enter(address("192.0.2.1")).is_some());
        assert_eq!(door.inside.lock().unwrap().of.len(), 2, "who left is forgotten");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_and_behind_a_proxy_nobody_is_counted() {
        let one = door(9, 1);
        let _inside = one.enter("2001:db8::1".parse().unwrap()).unwrap();
        assert!(one.enter("2001:db8::ffff:2".parse().unwrap()).is_none());
        assert!(one.enter("2001:db8:0:1::1".parse().unwrap()).is_some());
        let proxied = door(9, 0);
        let inside: Vec<_> = (0..9).map(|_| proxied.enter([127, 0, 0, 1].into()).unwrap()).collect();
        assert!(proxied.enter([127, 0, 0, 1].into()).is_none() && inside.len() == 9);
    }
}
