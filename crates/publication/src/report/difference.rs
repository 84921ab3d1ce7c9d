//! The page of `diff`: what differs between two issues.

use maud::{Markup, html};
use vt_domain::snapshot::ErratumKind;

use super::data::status_words;
use super::format;
use super::page::{page_with, section};
use crate::changes::{Diff, DiffIssue, DiffRow};

/// The program that makes the page.
const GENERATOR: &str = concat!("vt-monitor ", env!("CARGO_PKG_VERSION"));

/// On a narrow screen each figure becomes a small card, so that nothing scrolls sideways.
const STYLE: &str = "\
.scroll{max-height:none}tbody th{min-width:10rem}td:not(.n){min-width:0}td.n{white-space:normal}.kenmerken dd{font-weight:400}
@media (max-width:40rem){
.scroll{overflow:visible;border:0}
table,caption,tbody{display:block}caption{padding:0 0 .5rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tbody tr{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.1rem .6rem;padding:.6rem 0;border-top:1px solid var(--line)}
tbody th,tbody td{min-width:0;padding:0;border:0}
.vol{grid-column:1/-1}tbody th{font-weight:600}
.n{text-align:left}
td[data-kop]::before{content:attr(data-kop);display:block;font-size:.75rem;color:var(--muted)}
.gelijk,td:empty{display:none}
}";

/// The page.
pub(crate) fn difference(diff: &Diff) -> Vec<u8> {
    let (van, naar) = (&diff.van, &diff.naar);
    let title = format!("Wat verschilt tussen {} en {}", short(van), short(naar));
    let header = html! {
        p.naam { "Monitor Veilig Thuis" }
        h1 { (title) }
        dl.kenmerken {
            div { dt { "Eerder" } dd { (described(van)) } }
            div { dt { "Nu" } dd { (described(naar)) } }
        }
        @for issue in [van, naar] { (notes(issue)) }
        @if diff.reversed {
            p.let-op { "De uitgaven zijn in omgekeerde volgorde opgegeven. Hier staat wat er veranderde van de eerdere naar de latere." }
        }
    };
    let main = html! {
        p.let-op {
            "Alle aantallen zijn afgerond: een verschil van 5 kan één registratie zijn, en soms geen enkele. Kijk naar verschillen die \
             groter zijn dan hun marge."
        }
        @if let Some(remark) = diff.shared_remark() { p { "Verschillen zijn niet gegeven: " (remark) "." } }
        @if diff.waarden.is_empty() { p { "Geen enkel vergeleken cijfer heeft een andere waarde, marge of reden van leegte." } }
        (figures(diff, "kerncijfers", "Kerncijfers", DiffRow::is_total))
        (figures(diff, "verdelingen", "Verdelingen", |row| !row.is_total()))
        (statuses(diff))
    };
    let footer = html! {
        p {
            "Gemaakt door " (GENERATOR) " uit de gepubliceerde bestanden. "
            @if van.periode != naar.periode { "Tussen perioden zijn de kerncijfers vergeleken, en de verdelingen van Nederland." }
        }
    };
    page_with(STYLE, &title, Some(GENERATOR), &header, &main, &footer)
}

fn short(issue: &DiffIssue) -> String {
    format!("{}, uitgave {}", issue.periode, issue.uitgave)
}

fn described(issue: &DiffIssue) -> Markup {
    html! {
        strong { (short(issue)) } ": " (format::date(issue.begin)) " t/m " (format::date(issue.eind)) ", " (format::status(issue.status))
        ", gepubliceerd op " (format::instant(issue.gepubliceerd_op))
    }
}

fn notes(issue: &DiffIssue) -> Markup {
    html! {
        @for note in &issue.errata {
            @let retracts = note.soort == ErratumKind::Intrekking;
            p.bericht.ernstig[retracts] {
                @if retracts { strong.intrekking { "Ingetrokken: niet gebruiken." } } @else { strong.erratum { "Erratum." } }
                " " (short(issue)) ": " (note.tekst)
            }
        }
    }
}

/// The figures of a kind that differ; nothing when there are none.
fn figures(diff: &Diff, id: &str, title: &str, of: impl Fn(&DiffRow) -> bool) -> Markup {
    let rows: Vec<&DiffRow> = diff.waarden.iter().filter(|row| of(row)).collect();
    let shared = diff.shared_remark().is_some();
    let caption =
        format!("{}: {} met een andere waarde, marge of reden van leegte", title, format::count(rows.len() as i64));
    let heads = ["Gebied", "Cijfer", "Eerder", "Nu", "Verschil", "Status", "Opmerking"];
    let body =
        table(&caption, &heads[..if shared { 6 } else { 7 }], &[2, 3, 4], rows.iter().map(|row| figure(row, shared)));
    html! { @if !rows.is_empty() { (section(id, title, &body)) } }
}

/// The cells of a figure: class, what it is called where there is no head, and what stands in it.
type Cell = (&'static str, Option<&'static str>, String);

fn figure(row: &DiffRow, shared: bool) -> Vec<Cell> {
    let name = match row.is_total() {
        true => row.maat_label.clone(),
        false => format!("{}, {}: {}", row.maat_label, format::words(&row.dimensie), row.categorie_label),
    };
    let change = match (row.verschil, row.verschil_marge) {
        (Some(change), Some(margin)) => with_margin(&format::signed(change), margin),
        _ => format::NONE.to_owned(),
    };
    let before = side(row.waarde_eerder, row.marge_eerder, row.reden_leeg_eerder.as_deref());
    let now = side(row.waarde, row.marge, row.reden_leeg.as_deref());
    let status = if row.status == row.status_eerder { "vol gelijk" } else { "vol" };
    let mut cells = vec![
        ("vol", None, format!("{} {}", row.regio_code, row.regio)),
        ("vol", None, name),
        ("n", Some("Eerder"), before),
        ("n", Some("Nu"), now),
        ("n", Some("Verschil"), change),
        (status, Some("Status"), statuses_words(&row.status_eerder, &row.status)),
    ];
    if !shared {
        let remark = row.opmerking.as_deref().map(format::words).unwrap_or_default();
        cells.push(("vol", Some("Opmerking"), remark));
    }
    cells
}

/// The value with its margin, or why there is none.
fn side(value: Option<i64>, margin: Option<i64>, reason: Option<&str>) -> String {
    match (value, margin, reason) {
        (Some(value), Some(margin), _) => with_margin(&format::count(value), margin),
        (Some(value), None, _) => format::count(value),
        (None, _, Some(reason)) => format::reason_code(reason).to_owned(),
        (None, ..) => format::NONE.to_owned(),
    }
}

/// Not torn apart at the end of a line, as a reason may be.
fn with_margin(number: &str, margin: i64) -> String {
    format!("{number}\u{a0}±\u{a0}{margin}")
}

fn statuses_words(before: &str, now: &str) -> String {
    if before == now { status_words(now) } else { format!("{} → {}", status_words(before), status_words(now)) }
}

fn statuses(diff: &Diff) -> Markup {
    let caption = "Cijfers met dezelfde waarde en een andere status, per gebied";
    let rows = diff.statussen.iter().map(|change| {
        vec![
            ("vol", None, format!("{} {}", change.regio_code, change.regio)),
            ("vol", Some("Status"), statuses_words(&change.status_eerder, &change.status)),
            ("n", Some("Cijfers"), format::count(change.aantal as i64)),
        ]
    });
    let body = html! {
        p { (format::count(diff.status_only() as i64)) " cijfers kregen alleen een andere status." }
        (table(caption, &["Gebied", "Status", "Cijfers"], &[2], rows))
    };
    html! { @if !diff.statussen.is_empty() { (section("statussen", "Alleen een andere status", &body)) } }
}

/// A table whose rows become cards on a narrow screen; the roles keep it a table for those who hear it.
fn table(caption: &str, heads: &[&str], numbers: &[usize], rows: impl Iterator<Item = Vec<Cell>>) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table role="table" {
                caption { (caption) }
                thead role="rowgroup" {
                    tr role="row" {
                        @for (place, head) in heads.iter().enumerate() {
                            th scope="col" role="columnheader" class=[numbers.contains(&place).then_some("n")] { (head) }
                        }
                    }
                }
                tbody role="rowgroup" {
                    @for row in rows {
                        tr role="row" {
                            @for (place, (class, called, text)) in row.iter().enumerate() {
                                @if place == 0 {
                                    th scope="row" role="rowheader" class=(class) { (text) }
                                } @else {
                                    td role="cell" class=(class) data-kop=[*called] { (text) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
