//! The data dictionary as Markdown, in Dutch and English: `docs/gebruik/woordenboek.md` and `docs/gebruik/data-dictionary.md`.
//!
//! A test holds the committed files against it.

use vt_domain::codes::CodeLists;
use vt_domain::measure::Maat;
use vt_domain::snapshot::{Column, ColumnCodes, ColumnKind, HistoryTable, Language, SnapshotTable, Words};
use vt_domain::{Period, PeriodKind};

use super::fields::{DOCUMENTS, FieldNote, Object, Shape};
use super::indicators::{Wording, dutch, english};
use super::words::explain;
use crate::indicators::catalogue;

/// The name of the file in `docs/gebruik`.
pub fn dictionary_file(language: Language) -> &'static str {
    match language {
        Language::Nl => "woordenboek.md",
        Language::En => "data-dictionary.md",
    }
}

/// All columns, codes, indicators and fields of what is published, with a final newline.
pub fn dictionary(language: Language) -> String {
    let writer = Writer { language };
    let mut out = writer.intro();
    for table in SnapshotTable::ALL {
        out += &writer.table(table);
    }
    for table in HistoryTable::ALL {
        out += &writer.history(table);
    }
    out += &writer.code_lists();
    out += &writer.indicators();
    out += &writer.documents();
    out
}

struct Writer {
    language: Language,
}

impl Writer {
    fn say(&self, nl: &'static str, en: &'static str) -> &'static str {
        Words::new(nl, en).of(self.language)
    }

    fn intro(&self) -> String {
        let text = self.say(
            "# Woordenboek van de gepubliceerde bestanden\n\n\
             Gemaakt uit de code die de bestanden schrijft; een test houdt ze gelijk. In het Engels: [data-dictionary.md](data-dictionary.md).\n\n\
             Elke tabel is er in CSV (`;`, UTF-8, decimale punt), JSON en Parquet, met dezelfde rijen. Een leeg veld in CSV is null in JSON\n\
             en Parquet. **sleutel**: samen wijzen deze kolommen één rij aan. **leeg**: de kolom kan leeg zijn.\n\
             Adviezen en meldingen worden nooit bij elkaar opgeteld.\n",
            "# Dictionary of the published files\n\n\
             Made from the code that writes the files; a test keeps them equal. In Dutch: [woordenboek.md](woordenboek.md).\n\n\
             Every table comes as CSV (`;`, UTF-8, decimal point), JSON and Parquet, with the same rows. An empty field in CSV is null in\n\
             JSON and Parquet. **key**: together these columns name one row. **empty**: the column can be empty.\n\
             Requests for advice (adviezen) and reports (meldingen) are never added up.\n",
        );
        text.to_owned()
    }

    fn table(&self, table: SnapshotTable) -> String {
        let title = Words::new(table.title(), table.title_en()).of(self.language);
        self.section(table.name(), &format!("{title}."), table.columns().iter().copied())
    }

    /// A table of the history.
    fn history(&self, table: HistoryTable) -> String {
        let of = table.rows_of();
        let said = match self.language {
            Language::Nl => format!(
                "Elke uitgave van elk cijfer, één Parquet-bestand per uitgave: `historie/{table}/<cadans>/<periode>/<uitgave>.parquet`. \
                 De kolommen van {of} met ervoor welke uitgave het is; in cijfers heeft een kerncijfer dimensie en categorie `totaal`. Van een \
                 intrekking is er één rij, zonder cijfer, in `….intrekking.parquet` onder `historie/cijfers`."
            ),
            Language::En => format!(
                "Every issue of every figure, one Parquet file an issue: `historie/{table}/<cadence>/<period>/<issue>.parquet`. The \
                 columns of {of}, preceded by which issue it is; in cijfers a key figure has `totaal` for dimensie and categorie. A retraction has \
                 one row, without a figure, in `….intrekking.parquet` below `historie/cijfers`."
            ),
        };
        self.section(&format!("{}/{table}", HistoryTable::FOLDER), &said, table.columns())
    }

    fn section(&self, name: &str, said: &str, columns: impl Iterator<Item = Column>) -> String {
        let head = self.say(
            "| kolom | titel | soort | eenheid | uitleg | bron |",
            "| column | title | kind | unit | explanation | source |",
        );
        let mut out = format!("\n## {name}\n\n{said}\n\n{head}\n|---|---|---|---|---|---|\n");
        for column in columns {
            out += &self.column(&column);
        }
        out
    }

    fn column(&self, column: &Column) -> String {
        let kind = match column.kind {
            ColumnKind::Text => self.say("tekst", "text"),
            ColumnKind::Day => self.say("datum", "date"),
            ColumnKind::Int => self.say("geheel getal", "whole number"),
            ColumnKind::Float => self.say("getal", "number"),
            ColumnKind::Instant => self.say("tijdstip", "instant"),
        };
        let key = if column.key { self.say(", sleutel", ", key") } else { "" };
        let empty = if column.nullable { self.say(", leeg", ", empty") } else { "" };
        let (unit, source) = match self.language {
            Language::Nl => (column.unit, column.source),
            Language::En => (column.unit_en, column.source_en),
        };
        let cells = [
            format!("`{}`", column.name),
            cell(column.title_in(self.language)),
            format!("{kind}{key}{empty}"),
            cell(unit.unwrap_or_default()),
            self.explanation(column),
            cell(source),
        ];
        row(&cells)
    }

    fn explanation(&self, column: &Column) -> String {
        let mut parts = vec![cell(&explain(column, self.language))];
        if let Some(codes) = column.known() {
            let codes: Vec<String> = codes.iter().map(|code| format!("`{}`", code.code)).collect();
            parts.push(format!("{} {}.", self.say("Codes:", "Codes:"), codes.join(", ")));
        }
        if let Some(pattern) = column.pattern {
            parts.push(format!("{} `{}`.", self.say("Patroon:", "Pattern:"), cell(pattern)));
        }
        parts.retain(|part| !part.is_empty());
        parts.join(" ")
    }

    /// What the codes of the tables mean, each list once.
    fn code_lists(&self) -> String {
        let mut out = self.say("\n## Codes\n", "\n## Codes\n").to_owned();
        let mut seen: Vec<ColumnCodes> = Vec::new();
        for (_, column) in all_columns() {
            let (Some(codes), Some(listed)) = (column.codes, column.known()) else { continue };
            if seen.contains(&codes) {
                continue;
            }
            seen.push(codes);
            let users = users(codes);
            out += &format!("\n### {users}\n\n{}\n|---|---|\n", self.say("| code | betekenis |", "| code | meaning |"));
            for code in listed {
                out += &row(&[format!("`{}`", code.code), cell(code.meaning.of(self.language))]);
            }
        }
        out += &self.categories();
        out
    }

    /// The categories of all breakdowns, as the code lists of the contract have them.
    fn categories(&self) -> String {
        let said = self.say(
            "\n### `categorie` (verdelingen, wijzigingen)\n\nWelke er in een periode voorkomen staat in `toelichting.json`.\n\n| dimensie | code | omschrijving |\n|---|---|---|\n",
            "\n### `categorie` (verdelingen, wijzigingen)\n\nWhich of them can occur in a period stands in `toelichting.json`. The labels are Dutch.\n\n| dimension | code | label |\n|---|---|---|\n",
        );
        let mut out = said.to_owned();
        for dimension in vt_domain::measure::Dimensie::ALL {
            for code in CodeLists::builtin().list(dimension.field()).codes() {
                out += &row(&[format!("`{dimension}`"), format!("`{}`", code.code), cell(&code.label)]);
            }
        }
        out
    }

    /// Every indicator with numerator and denominator.
    fn indicators(&self) -> String {
        let mut out = self
            .say(
                "\n## Indicatoren\n\nBerekend uit gepubliceerde, dus afgeronde aantallen. Veranderingen en aandelen zijn honderd maal teller gedeeld door noemer.\n\n\
                 | indicator | omschrijving | maten | eenheid | teller | noemer |\n|---|---|---|---|---|---|\n",
                "\n## Indicators\n\nComputed from published, thus rounded counts. Changes and shares are a hundred times numerator over denominator.\n\n\
                 | indicator | label | measures | unit | numerator | denominator |\n|---|---|---|---|---|---|\n",
            )
            .to_owned();
        for definition in any_period().map(|period| catalogue(period, CodeLists::builtin())).unwrap_or_default() {
            let Wording { label, unit, numerator, denominator } = match self.language {
                Language::Nl => dutch(&definition),
                Language::En => english(&definition),
            };
            let measures: Vec<String> = definition.maten.iter().map(|maat| format!("`{maat}`")).collect();
            let measures = if definition.maten.len() == Maat::ALL.len() {
                self.say("alle", "all").to_owned()
            } else {
                measures.join(", ")
            };
            let texts = [label, unit, numerator, denominator].map(|text| cell(&text));
            let [label, unit, numerator, denominator] = texts;
            out += &row(&[format!("`{}`", definition.indicator), label, measures, unit, numerator, denominator]);
        }
        out
    }

    /// The fields of the JSON documents; a part that several documents have is written once.
    fn documents(&self) -> String {
        let said = self.say(
            "\n## Andere JSON-bestanden\n\nVelden zonder *ontbreekt soms* zijn er altijd. De JSON Schema's staan in de map `schema` van elke uitgave.\n\
             De JSON van een tabel is `{\"periode\": …, \"tabel\": …, \"rijen\": [{kolom: waarde, …}]}`.\n",
            "\n## Other JSON files\n\nFields without *sometimes absent* are always there. The JSON Schemas stand in the folder `schema` of every issue.\n\
             The JSON of a table is `{\"periode\": …, \"tabel\": …, \"rijen\": [{column: value, …}]}`.\n",
        );
        let mut out = said.to_owned();
        let mut written: Vec<&str> = Vec::new();
        for (file, document) in DOCUMENTS {
            for object in document.family() {
                if written.contains(&object.name) {
                    continue;
                }
                written.push(object.name);
                let name = DOCUMENTS.iter().find(|(_, root)| root.name == object.name);
                out += &self.object(object, name.map_or(file, |(file, _)| file), object.name == document.name);
            }
        }
        out
    }

    fn object(&self, object: &Object, file: &str, whole: bool) -> String {
        let title = object.title.of(self.language);
        let heading = if whole { format!("### `{file}`") } else { format!("#### {} (`{file}`)", object.name) };
        let head = self.say("| veld | soort | uitleg |", "| field | kind | explanation |");
        let mut out = format!("\n{heading}\n\n{title}.\n\n{head}\n|---|---|---|\n");
        for field in object.fields {
            out += &self.field(field);
        }
        out
    }

    fn field(&self, field: &FieldNote) -> String {
        let absent = self.say("*ontbreekt soms*. ", "*sometimes absent*. ");
        let absent = if field.required { "" } else { absent };
        let meaning = format!("{absent}{}", cell(field.meaning.of(self.language)));
        row(&[format!("`{}`", field.name), self.shape(field.shape), meaning])
    }

    fn shape(&self, shape: Shape) -> String {
        let plain = |nl, en| self.say(nl, en).to_owned();
        match shape {
            Shape::Text => plain("tekst", "text"),
            Shape::Day => plain("datum", "date"),
            Shape::Instant => plain("tijdstip", "instant"),
            Shape::Bool => plain("true of false", "true or false"),
            Shape::Number(least) => format!("{} {least}", self.say("geheel getal, vanaf", "whole number, from")),
            Shape::Constant(value) => format!("`{value}`"),
            Shape::Pattern(pattern) => format!("{} `{}`", self.say("tekst", "text"), cell(pattern)),
            Shape::Codes(codes) => {
                let codes: Vec<String> = codes().iter().map(|code| format!("`{code}`")).collect();
                codes.join(", ")
            }
            Shape::Object(object) => object.name.to_owned(),
            Shape::OneOf(objects) => {
                let names: Vec<&str> = objects.iter().map(|object| object.name).collect();
                names.join(self.say(" of ", " or "))
            }
            Shape::List(inner) => format!("{} {}", self.say("lijst van", "list of"), self.shape(*inner)),
            Shape::Map(_, object) => format!("{} {}", self.say("per code:", "by code:"), object.name),
            Shape::Nullable(inner) => format!("{}, {}", self.shape(*inner), self.say("of null", "or null")),
        }
    }
}

/// The columns of all tables and of the history, with the name of the table.
fn all_columns() -> impl Iterator<Item = (String, Column)> {
    let of_tables = SnapshotTable::ALL
        .into_iter()
        .flat_map(|table| table.columns().iter().map(move |column| (table.name().to_owned(), *column)));
    let of_history = HistoryTable::ALL
        .into_iter()
        .flat_map(|table| table.columns().map(move |column| (format!("{}/{table}", HistoryTable::FOLDER), column)));
    of_tables.chain(of_history)
}

/// The columns that a list of codes is for, with their tables.
fn users(codes: ColumnCodes) -> String {
    let mut names: Vec<String> = Vec::new();
    for (table, column) in all_columns().filter(|(_, column)| column.codes == Some(codes)) {
        match names.iter_mut().find(|name| name.starts_with(&format!("`{}` ", column.name))) {
            Some(name) => {
                name.pop();
                *name += &format!(", {table})");
            }
            None => names.push(format!("`{}` ({table})", column.name)),
        }
    }
    names.join(", ")
}

/// A period that has every comparison.
fn any_period() -> Option<Period> {
    Period::new(PeriodKind::FourWeeks, 2020, 7)
}

/// A text that cannot end a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}
