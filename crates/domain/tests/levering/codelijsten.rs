//! `codelijsten.md`: every code with label, number in protocol 1, dates, use and source.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::NaiveDate;
use vt_domain::codes::{Code, CodeLists, LISTS};
use vt_domain::contract::{PROTOCOL_VERSIE, RecordType};

/// The data file behind `CodeLists::builtin()`: the sources stand only there, no program needs them.
const DATA: &str = include_str!("../../data/codelijsten.csv");

const INLEIDING: &str = "\
Gesloten lijsten: een code die er niet in staat, keurt het record af. De codes zijn die van deze levering zelf; de labels zijn die van
CBS StatLine (protocol 2.0) en, bij `vorm`, `uitkomst` en `overdracht`, van de Uitvoeringsregeling Wmo 2015 (BWBR0036096, bijlage bij
artikel 7, stand mei 2017). *Protocol 1* is het nummer in het informatieprotocol 2015–2018, waar dat er een had.

*Geldig van* is de eerste dag waarop een code mag voorkomen, *geldig tot* de eerste dag waarop niet meer; leeg is onbegrensd. Het gaat
om de dag van het record: `startdatum` of `ontvangstdatum`.

*alleen*: staat nooit naast een andere code van de lijst. *niet leveren*: zo heet een leeg veld in de gepubliceerde cijfers; laat het
veld leeg. Deze tabellen komen uit de code die de leveringen leest; een test houdt ze gelijk.
";

/// The whole file.
pub fn markdown() -> String {
    let bronnen = bronnen();
    let mut out = format!("# Codelijsten van de levering, versie {PROTOCOL_VERSIE}\n\n{INLEIDING}");
    for naam in LISTS {
        writeln!(out, "\n## {naam}\n\nGebruikt in {}.\n", gebruik(naam).join(", ")).unwrap();
        out +=
            "| code | label | protocol 1 | geldig van | geldig tot | gebruik | bron |\n|---|---|---|---|---|---|---|\n";
        for code in CodeLists::builtin().list(naam).codes() {
            regel(&mut out, code, &bronnen[&(naam.to_owned(), code.code.clone())]);
        }
    }
    out
}

fn regel(out: &mut String, code: &Code, bron: &str) {
    let dag = |dag: Option<NaiveDate>| dag.map_or(String::new(), |dag| dag.to_string());
    let gebruik = match (code.deliverable, code.exclusive) {
        (false, _) => "niet leveren",
        (true, true) => "alleen",
        (true, false) => "",
    };
    let nummer = code.protocol1.as_deref().unwrap_or_default();
    let cells = [&format!("`{}`", code.code), &code.label, nummer, &dag(code.from), &dag(code.until), gebruik, bron];
    writeln!(out, "| {} |", cells.join(" | ")).unwrap();
}

/// The fields that take their codes from a list.
pub fn gebruik(lijst: &str) -> Vec<String> {
    RecordType::ALL
        .into_iter()
        .flat_map(|record| record.fields().iter().map(move |field| (record, field)))
        .filter(|(_, field)| field.kind.list() == Some(lijst))
        .map(|(record, field)| format!("{record}.{}", field.name))
        .collect()
}

/// The source of each code, by list and code.
fn bronnen() -> BTreeMap<(String, String), String> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(DATA.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (lijst, code, bron) = (column("lijst"), column("code"), column("bron"));
    reader
        .records()
        .map(Result::unwrap)
        .map(|row| ((row[lijst].to_owned(), row[code].to_owned()), row[bron].to_owned()))
        .collect()
}
