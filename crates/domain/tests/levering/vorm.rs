//! The form of each field in Dutch words and as JSON Schema: records from the contract, listing and header from here.
//!
//! `vt_domain::delivery` holds listing and header as types, without words for suppliers; a test holds this table against them.

use vt_domain::codes::{Code, CodeList, CodeLists};
use vt_domain::contract::{Field, FieldKind, MAX_ID_LENGTH, PROTOCOL_VERSIE, RecordType};

use super::json::Json;

/// A field of the listing, a delivery, its header or a file; all of them are required.
pub struct Veld {
    /// The key.
    pub naam: &'static str,
    /// What it holds, in Dutch.
    pub soort: String,
    /// What it means, in Dutch.
    pub betekenis: &'static str,
    /// What it holds, as JSON Schema.
    pub schema: Json,
}

/// A group of fields.
pub struct Groep {
    /// The type's name in `vt_domain::delivery` and in the OpenAPI document.
    pub naam: &'static str,
    /// A heading for suppliers.
    pub kop: &'static str,
    /// What it is, in Dutch.
    pub betekenis: &'static str,
    /// The fields, in the order of the type.
    pub velden: Vec<Veld>,
}

fn veld(naam: &'static str, soort: impl Into<String>, betekenis: &'static str, schema: Json) -> Veld {
    Veld { naam, soort: soort.into(), betekenis, schema }
}

/// Listing, delivery, header and file.
pub fn groepen() -> Vec<Groep> {
    vec![lijst(), levering(), kop(), bestand()]
}

fn lijst() -> Groep {
    Groep {
        naam: "Listing",
        kop: "Lijst",
        betekenis: "Het antwoord op `GET {basis}/v1/leveringen?maand=2020-07`.",
        velden: vec![
            veld("vt_code", "regiocode", "De regio die antwoordt.", vt_code()),
            veld("maand", "maand", "De gevraagde maand.", maand()),
            veld(
                "leveringen",
                "lijst van leveringen",
                "Alle leveringen van de maand, ook eerdere, in willekeurige volgorde. Leeg als er nog geen is.",
                Json::map([("type", "array".into()), ("items", verwijzing("DeliveryEntry"))]),
            ),
        ],
    }
}

fn levering() -> Groep {
    let bestanden = Json::map([
        ("type", "array".into()),
        ("minItems", (RecordType::ALL.len() as u64).into()),
        ("maxItems", (RecordType::ALL.len() as u64).into()),
        ("items", verwijzing("FileEntry")),
        (
            "allOf",
            Json::list(RecordType::ALL.map(|record| Json::map([("contains", heeft("recordsoort", record.name()))]))),
        ),
    ]);
    Groep {
        naam: "DeliveryEntry",
        kop: "Levering",
        betekenis: "Een levering in de lijst; ook de inhoud van `levering.json` in een inbox.",
        velden: vec![
            veld(
                "kop",
                "kop",
                "Van wie, van welke maand, welk nummer, tot en met welke dag.",
                verwijzing("DeliveryHeader"),
            ),
            veld(
                "bestanden",
                "lijst van bestanden",
                "Precies één bestand per recordsoort, in willekeurige volgorde.",
                bestanden,
            ),
        ],
    }
}

fn kop() -> Groep {
    Groep {
        naam: "DeliveryHeader",
        kop: "Kop",
        betekenis: "De kop van een levering.",
        velden: vec![
            veld(
                "protocol_versie",
                format!("`{PROTOCOL_VERSIE}`"),
                "Versie van deze beschrijving.",
                Json::map([("const", PROTOCOL_VERSIE.into())]),
            ),
            veld("vt_code", "regiocode", "De regio, dezelfde als die van de lijst.", vt_code()),
            veld("leveringsmaand", "maand", "De maand waarover de levering gaat.", maand()),
            veld(
                "levering_nr",
                "geheel getal, vanaf 1",
                "Nummer van de levering binnen regio en maand. Onder één nummer verandert nooit iets; het hoogste goedgekeurde telt.",
                Json::map([("type", "integer".into()), ("minimum", 1.into()), ("maximum", u64::from(u32::MAX).into())]),
            ),
            veld("soort", woorden(&SOORTEN), SOORT_BETEKENIS, keuze(&SOORTEN)),
            veld(
                "tot_en_met",
                "datum",
                "De laatste dag waarvan alles erin staat. Bij `volledig` en `correctie` de laatste dag van de maand, bij \
                 `tussentijds` de dag tot en met welke de maand nu bekend is.",
                datum(),
            ),
            veld(
                "aangemaakt_op",
                "tijdstip",
                "Wanneer de levering is gemaakt, met tijdzone (RFC 3339): `2020-08-05T08:00:00Z`.",
                Json::map([("type", "string".into()), ("format", "date-time".into())]),
            ),
            veld(
                "bronsysteem",
                "tekst, 1 t/m 60 tekens, begint met een letter of cijfer",
                "Naam en versie van het registratiesysteem.",
                Json::map([("type", "string".into()), ("minLength", 1.into()), ("maxLength", 60.into())]),
            ),
        ],
    }
}

const SOORTEN: [&str; 3] = ["volledig", "tussentijds", "correctie"];
const FORMATEN: [&str; 2] = ["csv", "ndjson"];
const COMPRESSIES: [&str; 3] = ["geen", "gzip", "zstd"];

const SOORT_BETEKENIS: &str = "`volledig`: de hele maand. `tussentijds`: de maand tot nu toe; vervangt nooit een hele maand. \
                               `correctie`: de hele maand opnieuw, beter.";

fn bestand() -> Groep {
    let recordsoorten = RecordType::ALL.map(RecordType::name);
    let getal = || Json::map([("type", "integer".into()), ("minimum", 0.into())]);
    Groep {
        naam: "FileEntry",
        kop: "Bestand",
        betekenis: "Een bestand van een levering.",
        velden: vec![
            veld("recordsoort", woorden(&recordsoorten), "Wat het bestand bevat.", keuze(&recordsoorten)),
            veld("formaat", woorden(&FORMATEN), "CSV of NDJSON.", keuze(&FORMATEN)),
            veld("compressie", woorden(&COMPRESSIES), "Hoe het bestand is ingepakt.", keuze(&COMPRESSIES)),
            veld(
                "href",
                "adres of pad",
                "Waar het staat. API: een adres, gezien vanaf de lijst, met hetzelfde schema, dezelfde host en dezelfde poort. \
                 Inbox: een pad naast `levering.json`. Zonder `..`, `.` of lege delen.",
                Json::map([
                    ("type", "string".into()),
                    ("format", "uri-reference".into()),
                    ("minLength", 1.into()),
                    ("maxLength", 2048.into()),
                ]),
            ),
            veld("bytes", "geheel getal", "Grootte in bytes, zoals het bestand overkomt (dus ingepakt).", getal()),
            veld(
                "sha256",
                "64 hexadecimale cijfers, kleine letters",
                "SHA-256 over diezelfde bytes.",
                Json::map([("type", "string".into()), ("pattern", "^[0-9a-f]{64}$".into())]),
            ),
            veld("records", "geheel getal", "Aantal records; de kopregel van CSV telt niet mee.", getal()),
        ],
    }
}

fn woorden(keuzes: &[&str]) -> String {
    keuzes.iter().map(|keuze| format!("`{keuze}`")).collect::<Vec<_>>().join(", ")
}

fn keuze(keuzes: &[&str]) -> Json {
    Json::map([("type", "string".into()), ("enum", Json::list(keuzes.iter().copied()))])
}

fn vt_code() -> Json {
    Json::map([("type", "string".into()), ("pattern", "^VT[0-9]{2}$".into())])
}

fn maand() -> Json {
    Json::map([("type", "string".into()), ("pattern", "^20[0-9]{2}-(0[1-9]|1[0-2])$".into())])
}

fn datum() -> Json {
    let pattern = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
    Json::map([("type", "string".into()), ("format", "date".into()), ("pattern", pattern.into())])
}

/// A reference to a schema of the document.
pub fn verwijzing(naam: &str) -> Json {
    Json::map([("$ref", format!("#/components/schemas/{naam}").into())])
}

/// The schema that an object's key has this value.
pub fn heeft(veld: &str, waarde: impl Into<Json>) -> Json {
    let waarde = Json::map([("const", waarde.into())]);
    Json::map([("properties", Json::map([(veld, waarde)])), ("required", Json::list([veld]))])
}

/// The name of a code list's schema.
pub fn lijst_schema(lijst: &str) -> String {
    format!("codelijst_{lijst}")
}

/// What a kind of field is called, how it is written in CSV and how in NDJSON.
pub fn soort(kind: FieldKind) -> (&'static str, String, &'static str) {
    match kind {
        FieldKind::Id => (
            "kenmerk",
            format!("1 t/m {MAX_ID_LENGTH} letters (zonder accenten), cijfers, `-` of `_`, met ten minste één letter"),
            "tekst",
        ),
        FieldKind::Date => ("datum", "`2020-07-31`".to_owned(), "tekst"),
        FieldKind::Code(_) => ("code", "één code uit de codelijst, precies zo geschreven".to_owned(), "tekst"),
        FieldKind::Codes(_) => {
            ("codes", "een of meer verschillende codes, met `|` ertussen".to_owned(), "array van teksten")
        }
        FieldKind::Bool => ("waar/onwaar", "`true` of `false`".to_owned(), "`true` of `false`"),
        FieldKind::Count => ("aantal", "een geheel getal van 0 t/m 99".to_owned(), "getal"),
        FieldKind::Gemeente => (
            "gemeente",
            "`GM` en vier cijfers (`GM0402`); `onbekend` alleen waar het veld verplicht is".to_owned(),
            "tekst",
        ),
    }
}

/// A kind of each sort, in the order in which they are explained.
pub const SOORTEN_VELD: [FieldKind; 7] = [
    FieldKind::Id,
    FieldKind::Date,
    FieldKind::Code(""),
    FieldKind::Codes(""),
    FieldKind::Bool,
    FieldKind::Count,
    FieldKind::Gemeente,
];

/// The JSON Schema of a field of a record.
pub fn veld_schema(field: &Field, lists: &CodeLists) -> Json {
    let filled = match field.kind {
        FieldKind::Id => tekst(&format!("^(?=.*[A-Za-z])[A-Za-z0-9_-]{{1,{MAX_ID_LENGTH}}}$")),
        FieldKind::Date => datum(),
        FieldKind::Code(list) => verwijzing(&lijst_schema(list)),
        FieldKind::Codes(list) => codes(lists.list(list), field.required),
        FieldKind::Bool => Json::map([("type", "boolean".into())]),
        FieldKind::Count => Json::map([("type", "integer".into()), ("minimum", 0.into()), ("maximum", 99.into())]),
        FieldKind::Gemeente if field.required => tekst("^(GM[0-9]{4}|onbekend)$"),
        FieldKind::Gemeente => tekst("^GM[0-9]{4}$"),
    };
    let mut schema = Json::map([("description", field.betekenis.into())]);
    if field.required {
        let Json::Map(pairs) = filled else { unreachable!("a schema is an object") };
        pairs.into_iter().for_each(|(key, value)| schema.push(&key, value));
    } else {
        schema.push("anyOf", Json::List(vec![filled, Json::map([("type", "null".into())])]));
    }
    schema
}

fn tekst(pattern: &str) -> Json {
    Json::map([("type", "string".into()), ("pattern", pattern.into())])
}

fn codes(list: &CodeList, required: bool) -> Json {
    let mut schema = Json::map([("type", "array".into()), ("items", verwijzing(&lijst_schema(&list.name)))]);
    if required {
        schema.push("minItems", 1);
    }
    schema.push("uniqueItems", true);
    let alone: Vec<&str> = alleen(list).map(|code| code.code.as_str()).collect();
    if !alone.is_empty() {
        schema.push("if", Json::map([("contains", Json::map([("enum", Json::list(alone))]))]));
        schema.push("then", Json::map([("maxItems", 1.into())]));
    }
    schema
}

/// The codes that may be delivered and stand alone.
pub fn alleen(list: &CodeList) -> impl Iterator<Item = &Code> {
    list.deliverable().filter(|code| code.exclusive)
}
