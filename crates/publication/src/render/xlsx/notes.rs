//! The sheets beside the tables: what to read first, and what the words mean.

use rust_xlsxwriter::{Worksheet, XlsxError};
use vt_domain::snapshot::{SnapshotTable, Status};

use super::super::Contents;
use super::{Formats, on_paper, sheet_name};
use crate::render::explanation::Explanation;

/// The sheet that opens first.
pub(super) fn read_this(sheet: &mut Worksheet, contents: &Contents<'_>, formats: &Formats) -> Result<(), XlsxError> {
    let explanation = contents.explanation;
    sheet.set_name("Lees dit")?;
    sheet.set_column_width(0, 46)?;
    sheet.set_column_width(1, 110)?;
    sheet.write_string_with_format(0, 0, "Monitor Veilig Thuis", &formats.title)?;
    let facts = [
        ("Periode", format!("{} ({})", explanation.label, explanation.periode)),
        ("Uitgave", explanation.uitgave.to_string()),
        ("Status van Nederland", status(explanation.status).to_owned()),
        ("Afronding", rounding(explanation)),
        ("Niet optellen", "Adviezen en meldingen zijn verschillende dingen: tel ze nooit bij elkaar op.".to_owned()),
        ("Kolommen", "Rij 1 geeft de titel van een kolom, rij 2 de code, zoals in de andere bestanden.".to_owned()),
    ];
    let mut row = 2;
    for (name, said) in facts {
        line(sheet, &mut row, name, &said, formats)?;
    }
    row += 1;
    for said in &explanation.lees_dit {
        line(sheet, &mut row, "Lees dit", said, formats)?;
    }
    for said in &explanation.bijzonderheden {
        line(sheet, &mut row, "Bijzonder in deze periode", said, formats)?;
    }
    for found in &explanation.reeksbreuken {
        let said = format!("Vanaf {}: {}", vt_domain::period::dutch_date(found.datum), found.tekst);
        line(sheet, &mut row, &found.titel, &said, formats)?;
    }
    row += 1;
    for table in SnapshotTable::ALL {
        line(sheet, &mut row, &sheet_name(table), table.title(), formats)?;
    }
    on_paper(sheet, None)
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Voorlopig => "voorlopig",
        Status::NaderVoorlopig => "nader voorlopig",
        Status::Definitief => "definitief",
    }
}

fn rounding(explanation: &Explanation) -> String {
    let policy = &explanation.beleid;
    format!(
        "Elk aantal is een veelvoud van {} en verschilt ten hoogste {} van het geregistreerde aantal.",
        policy.veelvoud, policy.grens
    )
}

fn line(sheet: &mut Worksheet, row: &mut u32, name: &str, said: &str, formats: &Formats) -> Result<(), XlsxError> {
    sheet.write_string_with_format(*row, 0, name, &formats.bold)?;
    sheet.write_string_with_format(*row, 1, said, &formats.wrapped)?;
    *row += 1;
    Ok(())
}

/// A term: its kind, code, name, meaning, numerator and denominator.
type Term = [String; 6];

/// Definitions, codes, reasons and indicators.
pub(super) fn terms(sheet: &mut Worksheet, contents: &Contents<'_>, formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_name("Begrippen")?;
    let heads =
        [("Soort", 18.0), ("Code", 34.0), ("Naam", 46.0), ("Betekenis", 80.0), ("Teller", 60.0), ("Noemer", 60.0)];
    for (place, (head, width)) in (0..).zip(heads) {
        sheet.write_string_with_format(0, place, head, &formats.bold)?;
        sheet.set_column_width(place, width)?;
    }
    let terms = all_terms(contents.explanation);
    let mut row = 1;
    for term in &terms {
        for (place, text) in (0..).zip(term).filter(|(_, text)| !text.is_empty()) {
            sheet.write_string_with_format(row, place, text, &formats.wrapped)?;
        }
        row += 1;
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, row - 1, 5)?;
    on_paper(sheet, Some(0))
}

fn term(kind: &str, code: &str, name: &str, meaning: &str) -> Term {
    [kind.to_owned(), code.to_owned(), name.to_owned(), meaning.to_owned(), String::new(), String::new()]
}

fn all_terms(explanation: &Explanation) -> Vec<Term> {
    let mut all = Vec::new();
    for maat in &explanation.maten {
        all.push(term(
            "maat",
            maat.maat.code(),
            &maat.label,
            &format!("{} Telt naar {}.", maat.omschrijving, maat.datum),
        ));
    }
    all.extend(
        explanation.redenen.iter().map(|reason| term("reden_leeg", reason.reden_leeg.code(), "", &reason.betekenis)),
    );
    for indicator in &explanation.indicatoren {
        let meaning = format!("Eenheid: {}", indicator.eenheid);
        let mut found = term("indicator", &indicator.indicator, &indicator.label, &meaning);
        found[4].clone_from(&indicator.teller);
        found[5].clone_from(&indicator.noemer);
        all.push(found);
    }
    all.extend(categories(explanation));
    all.extend(listed_codes());
    all
}

fn categories(explanation: &Explanation) -> impl Iterator<Item = Term> {
    explanation.verdelingen.iter().flat_map(|breakdown| {
        let kind = format!("{} van {}", breakdown.dimensie, breakdown.maat);
        let several = if breakdown.meervoudig { "Een registratie kan in meer categorieën vallen." } else { "" };
        breakdown.categorieen.iter().map(move |category| term(&kind, &category.categorie, &category.label, several))
    })
}

/// The codes of the columns that are not explained above, each once.
fn listed_codes() -> Vec<Term> {
    let mut all: Vec<Term> = Vec::new();
    for column in SnapshotTable::ALL.into_iter().flat_map(SnapshotTable::columns) {
        if matches!(column.name, "maat" | "reden_leeg" | "reden_leeg_eerder" | "status_eerder") {
            continue;
        }
        for code in column.listed().unwrap_or_default() {
            let found = term(column.name, code.code, "", code.meaning.nl);
            if !all.contains(&found) {
                all.push(found);
            }
        }
    }
    all
}
