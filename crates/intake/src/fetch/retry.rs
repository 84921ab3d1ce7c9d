//! Attempts at one listing or file: time left, pauses with full jitter, and `Retry-After`.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use vt_domain::Clock;

use crate::fetch::error::{Fault, RetryAfter, TimeLimit};
use crate::fetch::turns::Turns;
use crate::source::Limits;

/// The attempts at one listing or file.
pub(super) struct Attempts<'a> {
    limits: &'a Limits,
    rng: StdRng,
    made: u32,
    left: Duration,
}

impl<'a> Attempts<'a> {
    /// A fresh start. Each listing and file has its own generator, so that pauses do not depend on who came first.
    pub(super) fn new(limits: &'a Limits, seed: u64, what: &str) -> Self {
        let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(what).finalize();
        Self { limits, rng: StdRng::from_seed(digest.into()), made: 0, left: limits.total_timeout() }
    }

    /// Makes one attempt when it is its turn. Waiting for a turn is not held against the region.
    pub(super) async fn make<T>(
        &mut self,
        turns: &Turns,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let _turn = turns.take().await;
        self.made += 1;
        let started = Instant::now();
        let outcome = tokio::time::timeout(self.left, work).await;
        self.left = self.left.saturating_sub(started.elapsed());
        outcome.unwrap_or(Err(Fault::Timeout(TimeLimit::Total)))
    }

    /// Pauses before the next attempt, or hands the fault back when there should be none.
    pub(super) async fn pause(&mut self, fault: Fault) -> Result<(), Fault> {
        let rule = fault.rule();
        let wait = self.wait_after(fault)?;
        tracing::debug!(attempt = self.made, rule, wait_ms = wait.as_millis(), "attempt failed, trying again");
        tokio::time::sleep(wait).await;
        self.left -= wait;
        Ok(())
    }

    /// How long to wait before the next attempt: at least what the server asks, else what is drawn.
    fn wait_after(&mut self, fault: Fault) -> Result<Duration, Fault> {
        if !fault.retry_now() {
            return Err(fault);
        }
        let asked = fault.retry_after();
        let patience = Duration::from_secs(self.limits.retry_after_max_s).min(self.left);
        if let (Some(asked), Some(status)) = (asked, status(&fault))
            && asked.wait > patience
        {
            return Err(Fault::RetryLater { status, asked });
        }
        let wait = self.backoff().max(asked.map_or(Duration::ZERO, |asked| asked.wait));
        if self.made >= self.limits.attempts || wait >= self.left { Err(fault) } else { Ok(wait) }
    }

    /// Full jitter: anything up to the exponential bound, so that regions that failed together do not return together.
    fn backoff(&mut self) -> Duration {
        let doubled = self.limits.backoff_base_ms.saturating_mul(1 << (self.made.max(1) - 1).min(32));
        Duration::from_millis(self.rng.random_range(0..=doubled.min(self.limits.backoff_max_ms)))
    }
}

fn status(fault: &Fault) -> Option<u16> {
    match fault {
        Fault::Status { status, .. } => Some(*status),
        Fault::Token(fault) => status(fault),
        _ => None,
    }
}

/// Reads `Retry-After` in both forms (RFC 9110, section 10.2.3): seconds, or a date. A date is held against the
/// server's own `Date` where there is one, as its clock need not be ours.
pub(super) fn retry_after(headers: &HeaderMap, clock: &dyn Clock) -> Option<RetryAfter> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let now = clock.now();
    let wait = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        TimeDelta::try_seconds(text.parse().unwrap_or(i64::MAX)).unwrap_or(TimeDelta::MAX)
    } else {
        let server_now = server_time(headers).unwrap_or(now);
        http_date(text)?.signed_duration_since(server_now)
    };
    let at = now.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC);
    Some(RetryAfter { wait: wait.to_std().unwrap_or(Duration::ZERO), at: at.max(now) })
}

/// The server's own time, where it tells (RFC 9110, section 6.6.1).
pub(super) fn server_time(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|date| date.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use vt_domain::ManualClock;

    fn headers(retry_after: &str, date: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        headers
    }

    fn wait_s(retry_after_text: &str, date: Option<&str>) -> Option<u64> {
        let clock = ManualClock::at("2020-08-05T06:00:00Z".parse().unwrap());
        retry_after(&headers(retry_after_text, date), &clock).map(|asked| asked.wait.as_secs())
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        assert_eq!(wait_s("90", None), Some(90));
        assert_eq!(wait_s("Wed, 05 Aug 2020 06:02:00 GMT", None), Some(120));
        assert_eq!(wait_s("Wed, 05 Aug 2020 05:00:00 GMT", None), Some(0));
        for unusable in ["soon", "-5", "1.5"] {
            assert_eq!(wait_s(unusable, None), None, "{unusable}");
        }
    }

    #[test]
    fn a_date_is_held_against_the_servers_own_clock() {
        assert_eq!(wait_s("Fri, 21 Nov 2025 10:00:30 GMT", Some("Fri, 21 Nov 2025 10:00:00 GMT")), Some(30));
    }

    #[test]
    fn an_endless_retry_after_does_not_overflow() {
        assert!(wait_s("99999999999999999999999", None).unwrap() > 1 << 40);
    }

    #[test]
    fn jitter_is_the_same_for_a_seed_and_within_its_bound() {
        let limits = Limits { backoff_base_ms: 100, backoff_max_ms: 1_000, ..Limits::default() };
        let waits = |seed, what| {
            let mut attempts = Attempts::new(&limits, seed, what);
            let mut wait = |made| {
                attempts.made = made;
                attempts.backoff().as_millis()
            };
            (1..=40).map(&mut wait).collect::<Vec<_>>()
        };
        assert_eq!(waits(7, "VT07 listing"), waits(7, "VT07 listing"));
        assert_ne!(waits(7, "VT07 listing"), waits(8, "VT07 listing"));
        assert_ne!(waits(7, "VT07 listing"), waits(7, "VT08 listing"));
        let seen = waits(7, "VT07 listing");
        assert!(seen[0] <= 100 && seen[1] <= 200 && seen[2] <= 400 && seen.iter().all(|wait| *wait <= 1_000));
        assert!(seen[4..].iter().any(|wait| *wait > 500), "{seen:?}");
    }

    fn busy(wait_s: u64) -> Fault {
        let wait = Duration::from_secs(wait_s);
        let at = "2020-08-05T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + wait;
        Fault::Status { status: 429, retry_after: Some(RetryAfter { wait, at }) }
    }

    #[test]
    fn pauses_grow_and_end_with_the_attempts() {
        let limits = Limits { attempts: 3, backoff_base_ms: 1_000, ..Limits::default() };
        let mut attempts = Attempts::new(&limits, 1, "x");
        for (made, bound_s) in [(1, 1), (2, 2)] {
            attempts.made = made;
            assert!(attempts.wait_after(Fault::Connect("refused")).unwrap() <= Duration::from_secs(bound_s));
        }
        attempts.made = 3;
        assert_eq!(attempts.wait_after(Fault::Connect("refused")).unwrap_err().rule(), "connect");
    }

    #[test]
    fn retry_after_is_waited_for_up_to_the_cap_and_no_longer_than_time_is_left() {
        let limits = Limits { retry_after_max_s: 60, backoff_base_ms: 0, backoff_max_ms: 0, ..Limits::default() };
        let mut attempts = Attempts::new(&limits, 1, "x");
        assert_eq!(attempts.wait_after(busy(60)).unwrap(), Duration::from_secs(60));
        let given_up = attempts.wait_after(busy(61)).unwrap_err();
        assert_eq!(given_up.rule(), "retry_later");
        assert!(given_up.to_string().contains("no sooner than 2020-08-05T06:01:01Z"), "{given_up}");
        attempts.left = Duration::from_secs(30);
        assert_eq!(attempts.wait_after(busy(31)).unwrap_err().rule(), "retry_later");
    }

    #[test]
    fn what_cannot_pass_is_not_waited_for() {
        let limits = Limits::default();
        let mut attempts = Attempts::new(&limits, 1, "x");
        for fault in [Fault::Digest, Fault::NotJson, Fault::ErrorPage, Fault::Timeout(TimeLimit::Total)] {
            assert!(attempts.wait_after(fault).is_err());
        }
    }

    #[tokio::test]
    async fn waiting_for_a_turn_is_not_held_against_the_region() {
        let limits = Limits::default();
        let turns = Turns::new(1, &Turns::overall(1));
        let taken = turns.take().await;
        let mut attempts = Attempts::new(&limits, 1, "x");
        attempts.left = Duration::from_millis(100);
        let held = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            drop(taken);
        };
        let (outcome, ()) = tokio::join!(attempts.make(&turns, async { Ok(()) }), held);
        outcome.unwrap();
        assert!(attempts.left > Duration::from_millis(50));
    }

    #[tokio::test]
    async fn the_total_limit_counts_all_attempts_together() {
        let limits = Limits { backoff_base_ms: 0, backoff_max_ms: 0, ..Limits::default() };
        let turns = Turns::new(1, &Turns::overall(1));
        let mut attempts = Attempts::new(&limits, 1, "x");
        attempts.left = Duration::from_millis(150);
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Err::<(), _>(Fault::Connect("refused"))
        };
        let first = attempts.make(&turns, slow()).await.unwrap_err();
        attempts.pause(first).await.unwrap();
        assert_eq!(attempts.make(&turns, slow()).await.unwrap_err().rule(), "total_timeout");
    }
}
