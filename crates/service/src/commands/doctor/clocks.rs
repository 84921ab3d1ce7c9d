//! Whether our clock agrees with others: the database's, by which leases expire, and the regions'.

use anyhow::{Result, bail};
use chrono::{Datelike, TimeDelta};
use vt_domain::Clock;
use vt_ledger::Ledger;

use super::Examined;

/// The year in which this program was written: no clock is before it.
const WRITTEN: i32 = 2026;

/// How far two clocks may be apart.
const APART: TimeDelta = TimeDelta::seconds(60);

/// The machine's own clock.
pub fn of_machine(clock: &dyn Clock, rehearses: bool) -> Examined {
    let now = clock.now();
    if rehearses {
        let now = now.format("%Y-%m-%dT%H:%M:%SZ");
        return Examined::new("clock", Ok(format!("a rehearsal, at which it is {now}: not held against other clocks")));
    }
    let outcome: Result<String> = (|| {
        if now.year() < WRITTEN {
            bail!("the machine says {now}, before this program was written: set its clock (NTP)");
        }
        Ok(now.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    })();
    Examined::new("clock", outcome)
}

/// The database's clock against ours; nothing when the database can't be asked, which its own check says, or we only pretend.
pub async fn of_ledger(ledger: &Ledger, clock: &dyn Clock, rehearses: bool) -> Option<Examined> {
    if rehearses {
        return None;
    }
    let theirs = ledger.now().await.ok()?;
    Some(compared("clock of the ledger", theirs - clock.now()))
}

/// Another clock against ours.
pub fn compared(what: &str, ahead: TimeDelta) -> Examined {
    let seconds = ahead.num_seconds();
    if ahead.abs() > APART {
        let side = if seconds > 0 { "ahead of" } else { "behind" };
        let detail = format!(
            "{} s {side} ours: what is due goes by ours; let both machines keep time (NTP)",
            seconds.unsigned_abs()
        );
        return Examined::warning(what, detail);
    }
    Examined::new(what, Ok(format!("within {} s of ours", APART.num_seconds())))
}
