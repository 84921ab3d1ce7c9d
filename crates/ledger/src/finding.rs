//! What the checks said of deliveries. Examples (ids of records) stay in the vault's reports.

use serde::Serialize;
use sqlx::any::AnyRow;
use vt_domain::Month;
use vt_domain::delivery::DeliveryId;
use vt_domain::finding::Finding;

use crate::code;
use crate::error::LedgerError;
use crate::fault::one_line;
use crate::ledger::{Ledger, Recorded, Write};
use crate::row::{Columns, bigint};

/// A finding and the delivery it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryFinding {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The finding, without examples.
    pub finding: Finding,
}

impl Ledger {
    /// Records all findings on a delivery, in place of those recorded before. Their examples are left out.
    ///
    /// # Errors
    /// [`LedgerError::UnknownDelivery`] when the delivery itself is not recorded.
    pub async fn record_findings(&self, delivery: &DeliveryId, findings: &[Finding]) -> Result<Recorded, LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            write.known_delivery(delivery).await?;
            let recorded = write.findings(delivery, findings).await?;
            write.commit().await?;
            Ok(recorded)
        })
        .await
    }

    /// The findings on all deliveries of a region's month, by delivery and in the order of the checks.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn findings(&self, vt: &str, maand: Month) -> Result<Vec<DeliveryFinding>, LedgerError> {
        const SQL: &str = "SELECT vt, maand, nr, check_id, severity, scope, bestand, veld, aantal, melding
            FROM findings WHERE vt = $1 AND maand = $2 ORDER BY nr, position";
        let rows = sqlx::query(SQL).bind(vt).bind(maand.to_string()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| finding(row).map(|(delivery, finding)| DeliveryFinding { delivery, finding })).collect()
    }
}

impl Write {
    async fn known_delivery(&mut self, id: &DeliveryId) -> Result<(), LedgerError> {
        let row = sqlx::query("SELECT nr FROM deliveries WHERE vt = $1 AND maand = $2 AND nr = $3")
            .bind(id.vt.as_str())
            .bind(id.maand.to_string())
            .bind(i64::from(id.nr))
            .fetch_optional(self.connection())
            .await?;
        if row.is_some() { Ok(()) } else { Err(LedgerError::UnknownDelivery(id.to_string())) }
    }

    /// The delivery must be recorded.
    pub(crate) async fn findings(&mut self, id: &DeliveryId, offered: &[Finding]) -> Result<Recorded, LedgerError> {
        let offered: Vec<Finding> = offered.iter().map(kept).collect();
        if self.recorded_findings(id).await? == offered {
            return Ok(Recorded::Unchanged);
        }
        sqlx::query("DELETE FROM findings WHERE vt = $1 AND maand = $2 AND nr = $3")
            .bind(id.vt.as_str())
            .bind(id.maand.to_string())
            .bind(i64::from(id.nr))
            .execute(self.connection())
            .await?;
        for (position, finding) in (1..).zip(&offered) {
            self.insert_finding(id, position, finding).await?;
        }
        Ok(Recorded::Written)
    }

    async fn recorded_findings(&mut self, id: &DeliveryId) -> Result<Vec<Finding>, LedgerError> {
        const SQL: &str = "SELECT vt, maand, nr, check_id, severity, scope, bestand, veld, aantal, melding
            FROM findings WHERE vt = $1 AND maand = $2 AND nr = $3 ORDER BY position";
        let rows = sqlx::query(SQL)
            .bind(id.vt.as_str())
            .bind(id.maand.to_string())
            .bind(i64::from(id.nr))
            .fetch_all(self.connection())
            .await?;
        rows.iter().map(|row| Ok(finding(row)?.1)).collect()
    }

    async fn insert_finding(&mut self, id: &DeliveryId, position: i64, finding: &Finding) -> Result<(), LedgerError> {
        const SQL: &str =
            "INSERT INTO findings (vt, maand, nr, position, check_id, severity, scope, bestand, veld, aantal, melding)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        sqlx::query(SQL)
            .bind(id.vt.as_str())
            .bind(id.maand.to_string())
            .bind(i64::from(id.nr))
            .bind(position)
            .bind(finding.check.as_str())
            .bind(code::name(finding.severity))
            .bind(code::name(finding.scope))
            .bind(finding.bestand.map(code::name))
            .bind(finding.veld.as_deref())
            .bind(bigint(finding.aantal))
            .bind(finding.melding.as_str())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

/// A finding as it is kept: without examples, which name records.
fn kept(finding: &Finding) -> Finding {
    Finding { voorbeelden: Vec::new(), melding: one_line(&finding.melding), ..finding.clone() }
}

fn finding(row: &AnyRow) -> Result<(DeliveryId, Finding), LedgerError> {
    let columns = Columns::of("findings", row);
    let delivery = DeliveryId { vt: columns.text("vt")?, maand: columns.parsed("maand")?, nr: columns.number("nr")? };
    let finding = Finding {
        check: columns.text("check_id")?,
        severity: columns.code("severity")?,
        scope: columns.code("scope")?,
        bestand: columns.optional_code("bestand")?,
        veld: columns.optional_text("veld")?,
        aantal: columns.count("aantal")?,
        voorbeelden: Vec::new(),
        melding: columns.text("melding")?,
    };
    Ok((delivery, finding))
}
