//! The part of the page that says what changed since the issue and the period before.

use maud::{Markup, html};
use vt_domain::measure::Maat;
use vt_domain::snapshot::{Comparison, SnapshotTable};

use super::data::{Data, Indicator, Line, NL, VR, VT, status_words};
use super::format;
use super::page::{Column, folded, section, table};
use crate::changes::Against;
use crate::render::explanation::ChangedFrom;

/// Rows shown at once.
const FIRST: usize = 10;
/// Rows of the folded table at most; the file has all.
const MOST: usize = 200;
/// What a total has for dimension.
const TOTAL: &str = "totaal";

/// What changed.
pub(super) fn changes(data: &Data<'_>) -> Markup {
    let compared = &data.explanation().gewijzigd_ten_opzichte_van;
    let body = html! {
        @if compared.is_empty() {
            p { "Dit is de eerste uitgave van deze periode, en over de periode ervoor is niets gepubliceerd: er is niets om mee te vergelijken." }
        } @else {
            p.let-op {
                "Een verschil van " (data.explanation().beleid.veelvoud) " kan één registratie zijn, en soms geen enkele: de afronding \
                 maakt de stap. Kijk naar verschillen die groter zijn dan hun marge."
            }
        }
        @for other in compared { (against(data, other)) }
    };
    section("wijzigingen", "Wat er veranderde", &body)
}

fn against(data: &Data<'_>, other: &ChangedFrom) -> Markup {
    let mut lines: Vec<Line<'_>> =
        data.lines(SnapshotTable::Wijzigingen).filter(|line| line.text("vergeleken_met") == other.met.code()).collect();
    lines.sort_by_key(rank);
    let title = match other.met {
        Against::VorigeUitgave => format!("Sinds uitgave {} van deze periode", other.uitgave),
        Against::VorigePeriode => format!("Sinds de vorige periode, {} (uitgave {})", other.periode, other.uitgave),
    };
    let shared = shared_remark(&lines);
    let only_status = lines.iter().filter(|line| is_status_only(line)).count();
    let previous = other.met == Against::VorigePeriode;
    html! {
        h3 { (title) }
        @if previous {
            p.klein {
                "Met de vorige periode zijn alleen totalen en de verdelingen van Nederland vergeleken, niet de verdelingen van regio's."
            }
        }
        @if previous && other.periode.days() != data.explanation().periode.days() {
            (per_28_days(data, other))
        } @else if lines.is_empty() {
            p { "Geen enkel vergeleken cijfer is anders." }
        } @else {
            p {
                (format::count(lines.len() as i64)) " cijfers zijn anders"
                @if only_status > 0 { "; " (format::count(only_status as i64)) " daarvan kregen alleen een andere status" }
                "."
                @if let Some(remark) = shared { " Verschillen zijn niet gegeven: " (format::words(remark)) "." }
            }
            (largest(&lines, &title, shared))
            (whole(&lines, &title, shared))
        }
    }
}

/// In place of counts that can't be compared: the changes per 28 days.
fn per_28_days(data: &Data<'_>, other: &ChangedFrom) -> Markup {
    let indicator = format!("verandering_{}", Comparison::VorigePeriode.code());
    let change = |regio: &str, maat| {
        let found = data.indicator(regio, &indicator, maat);
        found.map_or_else(|| format::NONE.to_owned(), |found| percent(&found))
    };
    let remark = |maat| data.indicator(NL, &indicator, maat).map_or_else(String::new, |found| other_remarks(&found));
    let national = Maat::ALL.map(|maat| vec![maat.label().to_owned(), change(NL, maat), remark(maat)]);
    let areas = [VT, VR].map(|kind| data.areas(kind)).concat();
    let regional: Vec<Vec<String>> = areas
        .iter()
        .map(|region| {
            let cells = Maat::ALL.map(|maat| change(region.code, maat));
            [format!("{} {}", region.code, region.naam)].into_iter().chain(cells).collect()
        })
        .collect();
    let measures = Maat::ALL.map(|maat| Column::number(maat.label()));
    let columns: Vec<Column> = [Column::text("Regio")].into_iter().chain(measures).collect();
    let of_nl = [Column::text("Cijfer"), Column::number("Verandering ±\u{a0}marge"), Column::text("Opmerking")];
    html! {
        p {
            "Deze periode telt " (data.explanation().periode.days()) " dagen en " (other.periode) " telt er " (other.periode.days())
            ": hun aantallen zijn niet te vergelijken. Daarom staat hier de verandering per 28 dagen."
        }
        (table("Nederland: verandering per 28 dagen", &of_nl, &national))
        (folded(
            "Toon de verandering per regio als tabel",
            &table("Per regio: verandering per 28 dagen, ±\u{a0}marge", &columns, &regional)
        ))
    }
}

/// The remarks but that on lengths, which stands above the table.
fn other_remarks(found: &Indicator<'_>) -> String {
    let others = found.opmerking.split("; ").filter(|part| !part.starts_with("perioden van "));
    format::remark(&others.collect::<Vec<_>>().join("; "))
}

fn percent(found: &Indicator<'_>) -> String {
    match found.measured {
        Some((value, margin)) => {
            let (value, margin) = format::percent(value, margin);
            format!("{value}\u{a0}{}", format::plus_minus(margin))
        }
        None => format::reason(found.reden).to_owned(),
    }
}

/// The key figures of NL and the VTs first, by the size of their difference; then what has no difference.
fn rank(line: &Line<'_>) -> (bool, bool, std::cmp::Reverse<i64>) {
    let shown = line.text("regio_code") == NL || line.text("regio_type") == VT;
    let size = line.int("verschil").map_or(-1, i64::abs);
    (line.text("dimensie") != TOTAL, !shown, std::cmp::Reverse(size))
}

fn is_status_only(line: &Line<'_>) -> bool {
    line.int("waarde_eerder") == line.int("waarde") && line.text("reden_leeg") == line.text("reden_leeg_eerder")
}

/// The remark that all rows have, to be said once.
fn shared_remark<'a>(lines: &[Line<'a>]) -> Option<&'a str> {
    let first = lines.first()?.text("opmerking");
    (!first.is_empty() && lines.iter().all(|line| line.text("opmerking") == first)).then_some(first)
}

fn largest(lines: &[Line<'_>], title: &str, shared: Option<&str>) -> Markup {
    let of = |line: &&Line<'_>| line.text("dimensie") == TOTAL && !is_status_only(line);
    let first: Vec<Vec<String>> = lines.iter().filter(of).take(FIRST).map(|line| row(line, shared)).collect();
    let which = if shared.is_some() { "eerste kerncijfers" } else { "grootste verschillen in de kerncijfers" };
    html! {
        @if first.is_empty() {
            p { "Geen kerncijfer kreeg een andere waarde." }
        } @else {
            (table(&format!("{title}: {which}"), &columns(), &first))
        }
    }
}

fn whole(lines: &[Line<'_>], title: &str, shared: Option<&str>) -> Markup {
    let rows: Vec<Vec<String>> = lines.iter().take(MOST).map(|line| row(line, shared)).collect();
    let count = format::count(lines.len() as i64);
    let (summary, rest) = match lines.len() > MOST {
        true => (
            format!("Toon {MOST} van de {count} wijzigingen als tabel"),
            format!(", de eerste {MOST}; alle {count} staan in het bestand wijzigingen"),
        ),
        false => (format!("Toon alle wijzigingen als tabel ({count})"), String::new()),
    };
    folded(&summary, &table(&format!("{title}: wijzigingen{rest}"), &columns(), &rows))
}

fn columns() -> [Column; 6] {
    [
        Column::text("Gebied"),
        Column::text("Cijfer"),
        Column::number("Eerder"),
        Column::number("Nu"),
        Column::number("Verschil ±\u{a0}marge"),
        Column::text("Opmerking"),
    ]
}

fn row(line: &Line<'_>, shared: Option<&str>) -> Vec<String> {
    let name = format!("{} {}", line.text("regio_code"), line.text("regio"));
    let figure = match line.text("dimensie") {
        TOTAL => line.text("maat_label").to_owned(),
        dimension => {
            format!("{}, {}: {}", line.text("maat_label"), format::words(dimension), line.text("categorie_label"))
        }
    };
    let difference = match (line.int("verschil"), line.int("verschil_marge")) {
        (Some(value), Some(margin)) => format!("{} {}", format::signed(value), format::plus_minus(margin)),
        _ => format::NONE.to_owned(),
    };
    let side = |value: &str, reason: &str| match line.int(value) {
        Some(value) => format::count(value),
        None if line.text(reason).is_empty() => format::NONE.to_owned(),
        None => format::reason_code(line.text(reason)).to_owned(),
    };
    vec![
        name,
        figure,
        side("waarde_eerder", "reden_leeg_eerder"),
        side("waarde", "reden_leeg"),
        difference,
        remark(line, shared),
    ]
}

/// Why there is no difference, or how the status changed.
fn remark(line: &Line<'_>, shared: Option<&str>) -> String {
    let (before, now) = (line.text("status_eerder"), line.text("status"));
    let status =
        if before == now { String::new() } else { format!("{} → {}", status_words(before), status_words(now)) };
    let own = if shared.is_some() { String::new() } else { format::words(line.text("opmerking")) };
    let parts = [own, status];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}
