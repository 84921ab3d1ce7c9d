//! The difference between any two published issues, for a person at a terminal or in a browser.

use std::sync::Arc;

use maud::{DOCTYPE, html};
use object_store::ObjectStore;
use serde::Serialize;
use vt_domain::snapshot::{Issue, SnapshotTable};

use super::{TOTAL, difference};
use crate::indicators::{BaseCache, BaseError};
use crate::publish::store;
use crate::render::explanation::{EXPLANATION_FILE, Explanation};
use crate::tables::{TableRows, Value};

/// What differs between two issues.
#[derive(Debug)]
pub struct Diff {
    /// The earlier issue.
    pub from: Issue,
    /// The later issue.
    pub to: Issue,
    rows: TableRows,
}

/// A figure that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffRow {
    /// Code of the area.
    pub regio_code: String,
    /// Name of the area.
    pub regio: String,
    /// Code of the measure.
    pub maat: String,
    /// Label of the measure.
    pub maat_label: String,
    /// Code of the dimension; `totaal` for a total.
    pub dimensie: String,
    /// Code of the category; `totaal` for a total.
    pub categorie: String,
    /// The earlier value.
    pub waarde_eerder: Option<i64>,
    /// The later value.
    pub waarde: Option<i64>,
    /// The difference, where the two can be compared.
    pub verschil: Option<i64>,
    /// Its margin.
    pub verschil_marge: Option<i64>,
    /// The earlier status.
    pub status_eerder: String,
    /// The later status.
    pub status: String,
    /// Why the difference is not given.
    pub opmerking: Option<String>,
}

impl DiffRow {
    /// Dimension and category in one; empty for a total.
    pub fn part(&self) -> String {
        if self.dimensie == TOTAL { String::new() } else { format!("{}: {}", self.dimensie, self.categorie) }
    }
}

/// Compares two published issues: of one period every figure; of two periods totals, and breakdowns of NL.
///
/// # Errors
/// [`BaseError`] when one of them cannot be read.
pub async fn diff(store: &dyn ObjectStore, from: Issue, to: Issue) -> Result<Diff, BaseError> {
    let cache = BaseCache::default();
    let (earlier, later) = (cache.tables(store, from, None).await?, cache.tables(store, to, None).await?);
    let path = to.file(EXPLANATION_FILE);
    let changed = |rule: String| BaseError::Changed { path: path.clone(), rule };
    let bytes = store::read(store, &path).await?.ok_or_else(|| changed("it is not there".to_owned()))?;
    let explanation = Explanation::from_bytes(&bytes).map_err(changed)?;
    Ok(Diff { from, to, rows: difference(&explanation, &later, &Arc::clone(&earlier)) })
}

impl Diff {
    /// The figures that differ, in the order of the tables.
    pub fn rows(&self) -> Vec<DiffRow> {
        let row = |row: usize| {
            let value = |column: &str| self.rows.value(row, column).cloned().unwrap_or(Value::Null);
            let text = |column: &str| value(column).text().map(str::to_owned);
            let own = |column: &str| text(column).unwrap_or_default();
            let int = |column: &str| value(column).int();
            DiffRow {
                regio_code: own("regio_code"),
                regio: own("regio"),
                maat: own("maat"),
                maat_label: own("maat_label"),
                dimensie: own("dimensie"),
                categorie: own("categorie"),
                waarde_eerder: int("waarde_eerder"),
                waarde: int("waarde"),
                verschil: int("verschil"),
                verschil_marge: int("verschil_marge"),
                status_eerder: own("status_eerder"),
                status: own("status"),
                opmerking: text("opmerking"),
            }
        };
        (0..self.rows.rows.len()).map(row).collect()
    }

    /// A page that shows it, in Dutch; no outside request.
    pub fn page(&self) -> String {
        debug_assert_eq!(self.rows.table, SnapshotTable::Wijzigingen, "a difference is a table of changes");
        let name = |issue: Issue| format!("{} ({}), uitgave {}", issue.periode.label(), issue.periode, issue.uitgave);
        let title = format!("Verschil tussen {} en {}", name(self.from), name(self.to));
        let number = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
        let page = html! {
            (DOCTYPE)
            html lang="nl" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                    title { (title) }
                    style { (STYLE) }
                }
                body {
                    main {
                        h1 { (title) }
                        p { "Alle aantallen zijn afgerond: een verschil van 5 kan één registratie zijn." }
                        @if self.rows.rows.is_empty() { p { "Geen cijfer verschilt." } }
                        @else {
                            div role="region" aria-label="Verschillen" tabindex="0" {
                                table {
                                    caption { (self.rows.rows.len()) " cijfers verschillen" }
                                    thead { tr {
                                        @for head in ["Regio", "Maat", "Categorie", "Eerder", "Nu", "Verschil", "Status eerder", "Status", "Opmerking"] {
                                            th scope="col" { (head) }
                                        }
                                    } }
                                    tbody {
                                        @for row in self.rows() {
                                            tr {
                                                th scope="row" { (row.regio) " (" (row.regio_code) ")" }
                                                td { (row.maat_label) }
                                                td { (row.part()) }
                                                td class="n" { (number(row.waarde_eerder)) }
                                                td class="n" { (number(row.waarde)) }
                                                td class="n" { (row.verschil.map_or_else(|| "–".to_owned(), |verschil| format!("{verschil:+}"))) }
                                                td { (row.status_eerder) }
                                                td { (row.status) }
                                                td { (row.opmerking.unwrap_or_default()) }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        };
        page.into_string()
    }
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:2rem auto;max-width:75rem;padding:0 1rem}\
h1{font-size:1.4rem}div{overflow-x:auto}table{border-collapse:collapse;width:100%}caption{text-align:left;padding:.5rem 0}\
th,td{padding:.3rem .6rem;border-bottom:1px solid #ccc;text-align:left;vertical-align:top}.n{text-align:right;font-variant-numeric:tabular-nums}";
