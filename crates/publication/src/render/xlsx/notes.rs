//! The sheets beside the tables: what to read first, and what the words mean.

use rust_xlsxwriter::{Worksheet, XlsxError};
use vt_domain::snapshot::SnapshotTable;

use super::super::{Contents, wording};
use super::{Formats, on_paper, sheet_name};
use crate::render::explanation::Explanation;

/// The sheet that opens first.
pub(super) fn read_this(sheet: &mut Worksheet, contents: &Contents<'_>, formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_name("Lees dit")?;
    sheet.set_column_width(0, 46)?;
    sheet.set_column_width(1, 110)?;
    sheet.write_string_with_format(0, 0, "Monitor Veilig Thuis", &formats.title)?;
    let mut row = 2;
    for part in what_to_read(contents.explanation) {
        for (name, said) in part {
            sheet.write_string_with_format(row, 0, &name, &formats.bold)?;
            sheet.write_string_with_format(row, 1, &said, &formats.wrapped)?;
            row += 1;
        }
        row += 1;
    }
    on_paper(sheet, None)
}

/// A name and what is said of it.
type Said = (String, String);

/// The parts of the first sheet.
fn what_to_read(explanation: &Explanation) -> [Vec<Said>; 4] {
    let named = |(name, said): (&str, String)| (name.to_owned(), said);
    let facts = [
        ("Periode", format!("{} ({})", explanation.label, explanation.periode)),
        ("Uitgave", explanation.uitgave.to_string()),
        ("Status van Nederland", wording::status(explanation.status).to_owned()),
        ("Afronding", rounding(explanation)),
        ("Niet optellen", "Adviezen en meldingen zijn verschillende dingen: tel ze nooit bij elkaar op.".to_owned()),
        ("Kolommen", COLUMNS.to_owned()),
    ];
    let sentences = explanation.lees_dit.iter().map(|said| named(("Lees dit", said.clone())));
    let exceptional = explanation.bijzonderheden.iter().map(|said| named(("Bijzonder in deze periode", said.clone())));
    let breaks = explanation.reeksbreuken.iter().map(|found| (wording::break_title(found), wording::break_text(found)));
    let sheets = SnapshotTable::ALL.map(|table| (sheet_name(table), table.title().to_owned()));
    let sources = wording::sources(explanation).into_iter().map(|source| named(("Bron", source)));
    let origin = [("Licentie", wording::licence_of_figures()), ("Gepubliceerd", wording::published_when(explanation))];
    [
        facts.map(named).into(),
        sentences.chain(exceptional).chain(breaks).collect(),
        sheets.into(),
        sources.chain(origin.map(named)).collect(),
    ]
}

const COLUMNS: &str = "Rij 1 geeft de titel van een kolom, rij 2 de code, zoals in de andere bestanden. Regio en maat staan vooraan en blijven in \
     beeld; wat op alle rijen gelijk is, staat achteraan.";

fn rounding(explanation: &Explanation) -> String {
    let policy = &explanation.beleid;
    format!(
        "Elk aantal is een veelvoud van {} en verschilt ten hoogste {} van het geregistreerde aantal.",
        policy.veelvoud, policy.grens
    )
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
            &format!("{} {}", maat.omschrijving, wording::counted_by(maat)),
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
        breakdown.categorieen.iter().map(move |category| {
            let meaning = match (breakdown.meervoudig, category.uitsluitend) {
                (false, _) => "",
                (true, false) => "Een registratie kan in meer categorieën vallen.",
                (true, true) => "Nooit samen met een andere categorie.",
            };
            term(&kind, &category.categorie, &category.label, meaning)
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::example::with_contents;
    use crate::publish::fixture::{case, draft};

    fn of_one<T>(say: impl FnOnce(&Explanation) -> T) -> T {
        with_contents(&draft(&case("2020W407")), |contents| say(contents.explanation))
    }

    #[test]
    fn an_exclusive_category_is_never_beside_another() {
        let terms = of_one(all_terms);
        let meaning = |kind: &str, code: &str| {
            terms.iter().find(|[found, name, ..]| found == kind && name == code).map(|found| found[3].as_str())
        };
        for code in ["geen", "onbekend"] {
            assert_eq!(meaning("aard van gestarte_adviezen", code), Some("Nooit samen met een andere categorie."));
        }
        let several = Some("Een registratie kan in meer categorieën vallen.");
        assert_eq!(meaning("aard van gestarte_adviezen", "partnergeweld"), several);
        assert_eq!(meaning("duur van gestarte_adviezen", "onbekend"), Some(""));
    }

    #[test]
    fn dates_are_named_as_readers_know_them() {
        let measures = of_one(all_terms).into_iter().filter(|found| found[0] == "maat");
        let meanings: Vec<String> = measures.map(|found| found[3].clone()).collect();
        assert_eq!(meanings.len(), 4);
        assert_eq!(meanings.iter().filter(|said| said.ends_with(" Telt naar de einddatum van de dienst.")).count(), 2);
    }

    #[test]
    fn the_first_sheet_states_breaks_sources_licence_and_where_the_instant_stands() {
        let all: Vec<Said> = of_one(what_to_read).into_iter().flatten().collect();
        let said = |name: &str| -> Vec<String> {
            all.iter().filter(|(found, _)| found == name).map(|(_, said)| said.clone()).collect()
        };
        assert_eq!(said("15 maart 2020: Eerste lockdown").len(), 1);
        assert!(said("Bron").iter().any(|source| source.contains("CBS, CC BY 4.0")));
        assert_eq!(said("Licentie"), [wording::licence_of_figures()]);
        assert!(said("Gepubliceerd")[0].contains("manifests/four_weeks/2020W407/1.json"));
    }
}
