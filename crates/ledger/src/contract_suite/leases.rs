use std::time::Duration;

use super::Case;
use crate::{Lease, Ledger, LedgerError};

const TTL: Duration = Duration::from_secs(60);

async fn claim(ledger: &Ledger, name: &str, holder: &str, ttl: Duration) -> Result<Lease, LedgerError> {
    Ok(ledger.claim(name, holder, ttl).await?.unwrap_or_else(|| panic!("{name} is held")))
}

pub(super) async fn a_lease_has_one_holder(ledger: &Ledger) -> Case {
    let lease = claim(ledger, "one holder", "a", TTL).await?;
    assert_eq!((lease.name.as_str(), lease.holder.as_str(), lease.token), ("one holder", "a", 1));
    assert_eq!(ledger.claim("one holder", "b", TTL).await?, None);
    assert_eq!(ledger.claim("one holder", "a", TTL).await?, None);
    claim(ledger, "another name", "b", TTL).await.map(drop)
}

pub(super) async fn a_lease_that_ran_out_is_taken_over(ledger: &Ledger) -> Case {
    let old = claim(ledger, "ran out", "a", Duration::ZERO).await?;
    let new = claim(ledger, "ran out", "b", TTL).await?;
    assert_eq!(new.token, old.token + 1);
    assert!(ledger.holds(&new).await? && !ledger.holds(&old).await?);
    assert_eq!(ledger.renew(&old, TTL).await?, None);
    assert!(!ledger.release(&old).await?);
    assert!(ledger.renew(&new, TTL).await?.is_some(), "what the old holder does leaves the new lease alone");
    let nobody_came = claim(ledger, "ran out alone", "a", Duration::ZERO).await?;
    assert_eq!(ledger.renew(&nobody_came, TTL).await?, None);
    Ok(())
}

pub(super) async fn a_renewed_lease_is_held_longer(ledger: &Ledger) -> Case {
    let lease = claim(ledger, "renewed", "a", TTL).await?;
    let Some(renewed) = ledger.renew(&lease, TTL * 10).await? else { panic!("the lease was held") };
    assert!(renewed.expires >= lease.expires + chrono::TimeDelta::seconds(500));
    assert_eq!(renewed.token, lease.token);
    assert_eq!(ledger.claim("renewed", "b", TTL).await?, None);
    assert!(ledger.renew(&lease, Duration::ZERO).await?.is_some());
    assert_eq!(claim(ledger, "renewed", "b", TTL).await?.token, lease.token + 1);
    Ok(())
}

pub(super) async fn a_released_lease_is_free_and_gone_for_its_holder(ledger: &Ledger) -> Case {
    let lease = claim(ledger, "released", "a", TTL).await?;
    assert!(ledger.release(&lease).await?);
    assert!(!ledger.release(&lease).await?);
    assert_eq!(ledger.renew(&lease, TTL).await?, None);
    assert_eq!(claim(ledger, "released", "a", TTL).await?.token, lease.token + 1);
    Ok(())
}

pub(super) async fn held_leases_are_listed(ledger: &Ledger) -> Case {
    let held = claim(ledger, "listed", "a", TTL).await?;
    let ran_out = claim(ledger, "not listed", "a", Duration::ZERO).await?;
    let leases = ledger.leases().await?;
    assert!(leases.contains(&held) && !leases.contains(&ran_out));
    assert!(leases.is_sorted_by_key(|lease| lease.name.clone()));
    Ok(())
}

pub(super) async fn a_lease_longer_than_any_calendar_is_held(ledger: &Ledger) -> Case {
    claim(ledger, "for ever", "a", Duration::MAX).await.map(drop)?;
    assert_eq!(ledger.claim("for ever", "b", TTL).await?, None);
    Ok(())
}
