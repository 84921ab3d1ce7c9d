//! Which stores the ledger works with: the mark of identity that both bear, remembered at their first use and never changed.

use chrono::{DateTime, Utc};

use crate::error::LedgerError;
use crate::ledger::{Ledger, Recorded};
use crate::row::Columns;
use crate::time;

const SQL: &str = "SELECT mark FROM stores";

impl Ledger {
    /// The mark of the stores that this ledger works with; nothing when it was not worked with yet.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn mark_of_stores(&self) -> Result<Option<String>, LedgerError> {
        let row = sqlx::query(SQL).fetch_optional(&self.pool).await?;
        row.map(|row| Columns::of("stores", &row).text("mark")).transpose()
    }

    /// Remembers the mark of the stores. The same again changes nothing.
    ///
    /// # Errors
    /// [`LedgerError::OtherStores`] when another one is remembered.
    pub async fn remember_stores(&self, mark: &str, at: DateTime<Utc>) -> Result<Recorded, LedgerError> {
        self.repeat(|| async {
            // `only` is a word of SQL on PostgreSQL.
            const ADD: &str =
                r#"INSERT INTO stores ("only", mark, since) VALUES (1, $1, $2) ON CONFLICT ("only") DO NOTHING"#;
            let mut write = self.write().await?;
            let added = sqlx::query(ADD).bind(mark).bind(time::text(at)).execute(write.connection()).await?;
            let row = sqlx::query(SQL).fetch_one(write.connection()).await?;
            if Columns::of("stores", &row).text("mark")? != mark {
                return Err(LedgerError::OtherStores);
            }
            write.commit().await?;
            Ok(Recorded::by_rows(added.rows_affected()))
        })
        .await
    }
}
