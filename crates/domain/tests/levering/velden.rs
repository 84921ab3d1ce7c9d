//! `velden.md`: every field of listing, header and records, in Dutch.

use std::fmt::Write;

use vt_domain::contract::{FieldKind, PROTOCOL_VERSIE, RecordType};

use super::vorm::{Groep, SOORTEN_VELD, groepen, soort};

const INLEIDING: &str = "\
Deze tabellen komen uit de code die de leveringen leest; een test houdt ze gelijk. Dezelfde velden staan als JSON Schema in
[openapi.json](openapi.json). Een veld of kolom die hier niet staat, keurt het bestand af.
";

const RECORDS: &str = "\
CSV heeft een kopregel met alle kolommen, in de volgorde van de tabel, ook de niet verplichte. Een leeg veld is leeg (`;;`). In NDJSON
is elk record één JSON-object op één regel; een leeg veld mag ontbreken of `null` zijn, een lege lijst ook `[]`. Verplicht betekent:
in elk record gevuld.
";

/// The whole file.
pub fn markdown() -> String {
    let mut out = format!("# Velden van de levering, versie {PROTOCOL_VERSIE}\n\n{INLEIDING}\n");
    out += "## Lijst, levering, kop en bestand\n\nAlle velden zijn verplicht.\n";
    for groep in groepen() {
        groep_tabel(&mut out, &groep);
    }
    writeln!(out, "\n## Records\n\n{RECORDS}").unwrap();
    soorten_tabel(&mut out);
    for record in RecordType::ALL {
        record_tabel(&mut out, record);
    }
    out
}

fn groep_tabel(out: &mut String, groep: &Groep) {
    writeln!(out, "\n### {}\n\n{}\n\n| veld | soort | betekenis |\n|---|---|---|", groep.kop, groep.betekenis).unwrap();
    for veld in &groep.velden {
        writeln!(out, "| `{}` | {} | {} |", veld.naam, veld.soort, veld.betekenis).unwrap();
    }
}

fn soorten_tabel(out: &mut String) {
    *out += "| soort | hoe geschreven | in NDJSON |\n|---|---|---|\n";
    for kind in SOORTEN_VELD {
        let (naam, vorm, ndjson) = soort(kind);
        writeln!(out, "| {naam} | {} | {ndjson} |", cel(&vorm)).unwrap();
    }
}

fn record_tabel(out: &mut String, record: RecordType) {
    let datums: Vec<String> = record.date_fields().iter().map(|naam| format!("`{naam}`")).collect();
    writeln!(out, "\n### {record}\n\nTelt in de maand van {}.\n", datums.join(" of ")).unwrap();
    *out += "| veld | soort | verplicht | codelijst | betekenis |\n|---|---|---|---|---|\n";
    for field in record.fields() {
        let lijst = field.kind.list().map_or(String::new(), |lijst| format!("[{lijst}](codelijsten.md#{lijst})"));
        let verplicht = if field.required { "ja" } else { "nee" };
        let (naam, ..) = soort(field.kind);
        writeln!(out, "| `{}` | {naam} | {verplicht} | {lijst} | {} |", field.name, cel(field.betekenis)).unwrap();
    }
}

/// A text in a table's cell: a bar would end the cell, in code too.
fn cel(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Whether a kind is explained in the table of kinds.
pub fn is_explained(kind: FieldKind) -> bool {
    SOORTEN_VELD.iter().any(|known| std::mem::discriminant(known) == std::mem::discriminant(&kind))
}
