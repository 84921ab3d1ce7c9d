//! Leases: who is at work on what. They save work; they do not fence: that is done by reservations and manifests (DESIGN §5).

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use sqlx::any::AnyRow;

use crate::error::LedgerError;
use crate::ledger::{Ledger, Write};
use crate::row::Columns;
use crate::time;

/// A lease on a name, such as `pull VT07 2020-07`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lease {
    /// What is leased.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// Grows with every claim: who has an older token has lost the lease.
    pub token: i64,
    /// When it runs out, by the database's time. Processes on several machines share no other clock: with their own, one that
    /// runs ahead would take leases that are still held, and a clock that is set by hand would do so too.
    pub expires: DateTime<Utc>,
}

impl Ledger {
    /// Claims a name for `ttl`. Nothing when somebody holds it, be it the same holder: of several claims exactly one wins.
    /// A claim whose answer was lost runs out by itself.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn claim(&self, name: &str, holder: &str, ttl: Duration) -> Result<Option<Lease>, LedgerError> {
        const SQL: &str = "INSERT INTO leases (name, holder, token, expires) VALUES ($1, $2, 1, $3)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = leases.token + 1, expires = excluded.expires
            WHERE leases.expires <= $4 RETURNING token";
        self.again(|| async {
            let mut write = self.write().await?;
            let now = write.now().await?;
            let expires = after(now, ttl);
            let row = sqlx::query(SQL)
                .bind(name)
                .bind(holder)
                .bind(time::text(expires))
                .bind(time::text(now))
                .fetch_optional(write.connection())
                .await?;
            write.commit().await?;
            let token = row.map(|row| Columns::of("leases", &row).integer("token")).transpose()?;
            Ok(token.map(|token| Lease { name: name.to_owned(), holder: holder.to_owned(), token, expires }))
        })
        .await
    }

    /// Holds on to a lease for `ttl` from now. Nothing when it ran out or went to somebody else: stop the work.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Option<Lease>, LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            let now = write.now().await?;
            let expires = after(now, ttl);
            let held = write.touch(lease, now, Some(expires)).await?;
            write.commit().await?;
            Ok(held.then(|| Lease { expires, ..lease.clone() }))
        })
        .await
    }

    /// Whether a lease is still held: who finds it lost has no business to decide anything under it.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn holds(&self, lease: &Lease) -> Result<bool, LedgerError> {
        const SQL: &str =
            "SELECT count(*) AS n FROM leases WHERE name = $1 AND holder = $2 AND token = $3 AND expires > $4";
        let now = time::text(self.now().await?);
        let query = sqlx::query(SQL).bind(lease.name.as_str()).bind(lease.holder.as_str()).bind(lease.token).bind(now);
        Ok(Columns::of("leases", &query.fetch_one(&self.pool).await?).integer("n")? == 1)
    }

    /// Gives a lease back. `false` when it was not held any more.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn release(&self, lease: &Lease) -> Result<bool, LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            let now = write.now().await?;
            let held = write.touch(lease, now, Some(now)).await?;
            write.commit().await?;
            Ok(held)
        })
        .await
    }

    /// The leases that are held now, by name.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn leases(&self) -> Result<Vec<Lease>, LedgerError> {
        let now = time::text(self.now().await?);
        let rows = sqlx::query("SELECT name, holder, token, expires FROM leases WHERE expires > $1 ORDER BY name")
            .bind(now)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(lease).collect()
    }
}

impl Write {
    /// Refuses to go on when a lease is lost. Holds the row, so that nobody takes the lease before this transaction ends.
    pub(crate) async fn still_held(&mut self, lease: &Lease) -> Result<(), LedgerError> {
        let now = self.now().await?;
        let held = self.touch(lease, now, None).await?;
        if held { Ok(()) } else { Err(LedgerError::LeaseLost(lease.name.clone())) }
    }

    /// Writes a lease that is held, with another expiry when one is given; `false` when it is not held.
    async fn touch(
        &mut self,
        lease: &Lease,
        now: DateTime<Utc>,
        expires: Option<DateTime<Utc>>,
    ) -> Result<bool, LedgerError> {
        let done = sqlx::query("UPDATE leases SET expires = COALESCE($4, expires) WHERE name = $1 AND holder = $2 AND token = $3 AND expires > $5")
            .bind(lease.name.as_str())
            .bind(lease.holder.as_str())
            .bind(lease.token)
            .bind(expires.map(time::text))
            .bind(time::text(now))
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// The instant `ttl` after another. A length that no calendar holds stands for a century.
fn after(instant: DateTime<Utc>, ttl: Duration) -> DateTime<Utc> {
    const CENTURY: TimeDelta = TimeDelta::days(36_525);
    instant + TimeDelta::from_std(ttl).unwrap_or(CENTURY).min(CENTURY)
}

fn lease(row: &AnyRow) -> Result<Lease, LedgerError> {
    let columns = Columns::of("leases", row);
    Ok(Lease {
        name: columns.text("name")?,
        holder: columns.text("holder")?,
        token: columns.integer("token")?,
        expires: columns.instant("expires")?,
    })
}
