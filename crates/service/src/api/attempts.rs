//! Failed log-ins by address: after too many, the address waits.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use vt_domain::Clock;

/// Failures count for so long.
const WINDOW: TimeDelta = TimeDelta::minutes(5);

/// Addresses that are remembered at most; beyond that the memory is cleared of those that count no more.
const REMEMBERED: usize = 10_000;

/// Failed log-ins by address. Of a network behind one address all share its lot.
#[derive(Debug, Clone)]
pub struct Attempts {
    clock: Arc<dyn Clock>,
    /// So many failures are forgiven within the window; 0 forgives all.
    forgiven: usize,
    failed: Arc<Mutex<HashMap<IpAddr, Vec<DateTime<Utc>>>>>,
}

impl Attempts {
    /// None so far.
    pub fn new(clock: Arc<dyn Clock>, forgiven: usize) -> Self {
        Self { clock, forgiven, failed: Arc::default() }
    }

    /// For how long an address must wait; nothing when it may try.
    pub fn wait(&self, address: IpAddr) -> Option<TimeDelta> {
        if self.forgiven == 0 {
            return None;
        }
        let now = self.clock.now();
        let mut failed = self.failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let of = failed.get_mut(&address)?;
        of.retain(|at| now - *at < WINDOW);
        let first = of.len().checked_sub(self.forgiven).and_then(|index| of.get(index))?;
        Some(*first + WINDOW - now)
    }

    /// Notes a failure.
    pub fn failed(&self, address: IpAddr) {
        if self.forgiven == 0 {
            return;
        }
        let now = self.clock.now();
        let mut failed = self.failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let of = failed.entry(address).or_default();
        of.retain(|at| now - *at < WINDOW);
        if of.len() < 2 * self.forgiven {
            of.push(now);
        }
        if failed.len() >= REMEMBERED {
            failed.retain(|_, of| of.iter().any(|at| now - *at < WINDOW));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vt_domain::ManualClock;

    #[test]
    fn after_ten_failures_an_address_waits_until_the_first_of_them_is_old() {
        let clock = Arc::new(ManualClock::at("2021-02-12T06:00:00Z".parse().unwrap()));
        let attempts = Attempts::new(clock.clone(), 10);
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..10 {
            assert_eq!(attempts.wait(one), None);
            attempts.failed(one);
            clock.advance(TimeDelta::seconds(1));
        }
        assert_eq!(attempts.wait(one), Some(TimeDelta::seconds(290)));
        assert_eq!(attempts.wait(other), None);
        clock.advance(TimeDelta::seconds(290));
        assert_eq!(attempts.wait(one), None);
    }
}
