//! `index.html`: what stands in the published store, newest first, with errata and retractions beside the issue concerned.

use maud::{Markup, html};
use vt_domain::PeriodKind;
use vt_domain::snapshot::{Erratum, Form, Issue, Manifest, SnapshotTable};

use super::page::{page, section};
use super::{REPORT_FILE, format};
use crate::render::xlsx::WORKBOOK_FILE;
use crate::shelf::Shelf;

/// The file's name, at the store's root.
pub const INDEX_FILE: &str = "index.html";

/// The program that makes the page; its version is in the manifests, so that another one does not make another page.
const GENERATOR: &str = "vt-monitor";

/// Cadences in the order of the page: the usual one first.
const CADENCES: [PeriodKind; 4] = [PeriodKind::FourWeeks, PeriodKind::TwoWeeks, PeriodKind::Week, PeriodKind::IsoYear];

/// The page of a store.
pub fn index(shelf: &Shelf) -> Vec<u8> {
    let cadences: Vec<PeriodKind> = CADENCES.into_iter().filter(|kind| !periods(shelf, *kind).is_empty()).collect();
    let main = html! {
        (records(shelf))
        @if cadences.is_empty() { p { "Er is nog niets gepubliceerd." } }
        @for kind in cadences { (cadence(shelf, kind)) }
        (whole())
    };
    let header = html! {
        p.naam { "Monitor Veilig Thuis" }
        h1 { "Gepubliceerde cijfers van Veilig Thuis" }
        p.inleiding {
            "Adviezen en meldingen over huiselijk geweld en kindermishandeling, per periode en regio. Aantallen zijn veelvouden van 5 en \
             ruimer afgerond dan bij CBS; elk bestand noemt de marge. Adviezen en meldingen worden nooit bij elkaar opgeteld."
        }
    };
    let footer = html! { p { "Gemaakt door " (GENERATOR) " uit de manifesten en errata van deze verzameling." } };
    page("Gepubliceerde cijfers van Veilig Thuis", Some(GENERATOR), &header, &main, &footer)
}

/// The issues of a cadence by period, newest first, each with its highest issue first.
fn periods(shelf: &Shelf, kind: PeriodKind) -> Vec<Vec<&Manifest>> {
    let of = shelf.snapshots.iter().rev().filter(|(issue, _)| issue.periode.kind() == kind);
    let mut periods: Vec<Vec<&Manifest>> = Vec::new();
    for (issue, found) in of {
        match periods.last_mut().filter(|last| last[0].periode == issue.periode) {
            Some(last) => last.push(&found.content),
            None => periods.push(vec![&found.content]),
        }
    }
    periods
}

/// All errata, as long as there are any.
fn records(shelf: &Shelf) -> Markup {
    let all: Vec<&Erratum> = shelf.errata.values().rev().map(|found| &found.content).collect();
    let body = html! { ul.errata { @for erratum in &all { li { (said(erratum)) } } } };
    html! { @if !all.is_empty() { (section("errata", "Errata en intrekkingen", &body)) } }
}

fn said(erratum: &Erratum) -> Markup {
    let kind = if erratum.retracts() { "Ingetrokken" } else { "Erratum" };
    html! {
        strong class=(if erratum.retracts() { "intrekking" } else { "erratum" }) { (kind) }
        " " (erratum.periode) ", uitgave " (erratum.uitgave) ": " (erratum.tekst)
        span.klein { " " a href=(erratum.path()) { (erratum.path()) } ", " (format::instant(erratum.gepubliceerd_op)) }
    }
}

fn cadence(shelf: &Shelf, kind: PeriodKind) -> Markup {
    let periods = periods(shelf, kind);
    let latest = shelf.latest(kind);
    // The newest is that of `latest.json`; later periods of which all is retracted stand above it, and say so.
    let shown = periods.iter().position(|issues| Some(issues[0].periode) == latest.map(|issue| issue.periode));
    let (first, older) = periods.split_at(shown.map_or(periods.len(), |place| place + 1));
    let years = older.chunk_by(|one, next| one[0].periode.iso_year() == next[0].periode.iso_year());
    let body = html! {
        @for issues in first { (period(shelf, issues, latest)) }
        @for year in years {
            details.jaar {
                summary { "Eerdere perioden van " (year[0][0].periode.iso_year()) " (" (year.len()) ")" (marks(shelf, year)) }
                @for issues in year { (period(shelf, issues, latest)) }
            }
        }
    };
    section(kind.name(), &format::sentence(format::cadence(kind)), &body)
}

/// Says before it is opened that something is wrong inside.
fn marks(shelf: &Shelf, year: &[Vec<&Manifest>]) -> Markup {
    let any = year.iter().flatten().any(|manifest| shelf.errata_of(manifest.issue()).next().is_some());
    html! { @if any { " " span.merk { "met erratum of intrekking" } } }
}

/// A period: the issue to use, and the others folded in.
fn period(shelf: &Shelf, issues: &[&Manifest], latest: Option<Issue>) -> Markup {
    let standing = shelf.standing(issues[0].periode);
    let main = issues.iter().copied().find(|manifest| Some(manifest.issue()) == standing).unwrap_or(issues[0]);
    let others: Vec<&Manifest> = issues.iter().copied().filter(|manifest| manifest.uitgave != main.uitgave).collect();
    let loud = others.iter().any(|manifest| shelf.errata_of(manifest.issue()).next().is_some());
    let newest = latest == Some(main.issue());
    html! {
        article.uitgave.nieuwste[newest] {
            h3 { (format::sentence(&main.periode.label())) @if newest { " " span.merk.nieuw { "nieuwste" } } }
            (issue(shelf, main))
            @if !others.is_empty() {
                details open[loud] {
                    summary { (if others.len() == 1 { "Andere uitgave" } else { "Andere uitgaven" }) " (" (others.len()) ")" }
                    @for manifest in others { div.eerder { (issue(shelf, manifest)) } }
                }
            }
        }
    }
}

fn issue(shelf: &Shelf, manifest: &Manifest) -> Markup {
    let issue = manifest.issue();
    let retracted = shelf.is_retracted(issue);
    let line = html! {
        strong { (manifest.periode) ", uitgave " (manifest.uitgave) }
        " · " (format::date(manifest.begin)) " t/m " (format::date(manifest.eind))
        " · " (format::status(manifest.status))
        " · gepubliceerd op " (format::instant(manifest.gepubliceerd_op))
    };
    html! {
        p.regel {
            @if retracted { strong.intrekking { "Ingetrokken: niet gebruiken" } " " s { (line) } } @else { (line) }
        }
        @for erratum in shelf.errata_of(issue) { p.bericht.ernstig[erratum.retracts()] { (said(erratum)) } }
        (links(manifest))
    }
}

/// The files that a reader opens first; only those that the manifest names.
fn links(manifest: &Manifest) -> Markup {
    let issue = manifest.issue();
    let main = SnapshotTable::Kerncijfers;
    let names = [
        (REPORT_FILE.to_owned(), "Rapport"),
        (WORKBOOK_FILE.to_owned(), "Excel"),
        (main.file(Form::Csv), "CSV"),
        (main.file(Form::Parquet), "Parquet"),
    ];
    let about = format!("{}, uitgave {}", manifest.periode, manifest.uitgave);
    html! {
        ul.bestanden {
            @for (name, word) in names {
                @if manifest.file(&name).is_some() {
                    li { a href=(issue.file(&name)) { (word) span { " " (name) } span.verborgen { " van " (about) } } }
                }
            }
            li { a href=(issue.manifest()) { "Manifest" span { " " (manifest.uitgave) ".json" } span.verborgen { " van " (about) } } }
        }
        details.alle {
            summary { "Alle bestanden (" (manifest.bestanden.len()) ")" span.verborgen { " van " (about) } }
            ul { @for file in &manifest.bestanden { li { a href=(issue.file(&file.naam)) { (file.naam) } } } }
        }
    }
}

/// Files about the whole store.
fn whole() -> Markup {
    let files = [
        ("latest.json", "de nieuwste uitgave per soort periode, voor programma's"),
        ("feed.xml", "Atom-feed van nieuwe uitgaven"),
        ("catalogus.jsonld", "beschrijving van alle bestanden (DCAT)"),
    ];
    let body = html! {
        ul {
            @for (href, what) in files { li { a href=(href) { (href) } ": " (what) } }
            // A folder: not every store that is read over the web has a page for one.
            li { code { "historie/" } ": elke uitgave van elk cijfer, in één lange tabel" }
        }
    };
    section("verzameling", "De hele verzameling", &body)
}
