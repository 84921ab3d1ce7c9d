//! `openapi.json`: its schemas and the example listing are made from the code; paths, answers and words are written by hand in it.

use std::fmt::Write;

use vt_domain::codes::{CodeList, CodeLists, LISTS};
use vt_domain::contract::{PROTOCOL_VERSIE, RecordType};

use super::docs;
use super::json::Json;
use super::voorbeeld;
use super::vorm::{Groep, alleen, groepen, heeft, lijst_schema, veld_schema};

/// The file.
pub const FILE: &str = "openapi.json";

/// The answer to a request for the listing, where its example stands.
const LISTING_EXAMPLE: [&str; 8] =
    ["paths", "/v1/leveringen", "get", "responses", "200", "content", "application/json", "example"];

/// The document: the committed one, with schemas, example and version as the code has them.
pub fn document() -> String {
    let mut document: Json = serde_json::from_str(&docs::text(FILE)).unwrap();
    let listing = serde_json::to_string(&voorbeeld::listing()).unwrap();
    document.replace(&LISTING_EXAMPLE, serde_json::from_str(&listing).unwrap());
    document.replace(&["info", "version"], PROTOCOL_VERSIE.into());
    document.replace(&["components", "schemas"], schemas());
    document.pretty()
}

fn schemas() -> Json {
    let groups = groepen().into_iter().map(|groep| (groep.naam.to_owned(), groep_schema(groep)));
    let records = RecordType::ALL.into_iter().map(|record| (schema_name(record), record_schema(record)));
    let lists = LISTS.into_iter().map(|lijst| (lijst_schema(lijst), code_schema(CodeLists::builtin().list(lijst))));
    Json::map(groups.chain(records).chain(lists))
}

/// The name of a record type's schema.
pub fn schema_name(record: RecordType) -> String {
    let name = record.name();
    name[..1].to_uppercase() + &name[1..]
}

fn object(description: &str, required: Vec<&str>, properties: Json) -> Json {
    Json::map([
        ("description", description.into()),
        ("type", "object".into()),
        ("additionalProperties", false.into()),
        ("required", Json::list(required)),
        ("properties", properties),
    ])
}

fn groep_schema(groep: Groep) -> Json {
    let required = groep.velden.iter().map(|veld| veld.naam).collect();
    let properties = groep.velden.into_iter().map(|veld| {
        let mut schema = Json::map([("description", veld.betekenis.into())]);
        let Json::Map(pairs) = veld.schema else { unreachable!("a schema is an object") };
        pairs.into_iter().for_each(|(key, value)| schema.push(&key, value));
        (veld.naam, schema)
    });
    object(groep.betekenis, required, Json::map(properties))
}

fn record_schema(record: RecordType) -> Json {
    let description =
        format!("Een regel van `{record}.ndjson`. CSV heeft dezelfde velden als kolommen, in deze volgorde.");
    let required = record.fields().iter().filter(|field| field.required).map(|field| field.name).collect();
    let properties = record.fields().iter().map(|field| (field.name, veld_schema(field, CodeLists::builtin())));
    let mut schema = object(&description, required, Json::map(properties));
    let rules = rules(record);
    if !rules.is_empty() {
        schema.push("allOf", Json::List(rules));
    }
    schema
}

/// The rules between fields of one record that JSON Schema can say.
fn rules(record: RecordType) -> Vec<Json> {
    let has = |field| record.field(field).is_some();
    let mut rules = Vec::new();
    if has("organisatie") {
        let private = heeft("rol", "niet_beroepsmatig");
        rules.push(if_then_else(heeft("organisatie", "burger"), private.clone(), Json::map([("not", private)])));
    }
    if has("politie_overdracht") {
        rules.push(Json::map([("if", heeft("politie_overdracht", true)), ("then", heeft("organisatie", "politie"))]));
    }
    if has("besluitdatum") {
        let empty = Json::map([("properties", Json::map([("besluitdatum", Json::map([("type", "null".into())]))]))]);
        let filled = Json::map([("not", empty.clone())]);
        rules.push(if_then_else(heeft("besluit", "nog_niet_beoordeeld"), empty, filled));
    }
    rules
}

fn if_then_else(when: Json, then: Json, otherwise: Json) -> Json {
    Json::map([("if", when), ("then", then), ("else", otherwise)])
}

/// A code list: its codes as `enum`, what they mean in words.
fn code_schema(list: &CodeList) -> Json {
    let mut description = format!("Codelijst `{}`.\n", list.name);
    for code in list.deliverable() {
        write!(description, "\n- `{}`: {}", code.code, code.label).unwrap();
        if let Some(from) = code.from {
            write!(description, " (vanaf {from})").unwrap();
        }
        if let Some(until) = code.until {
            write!(description, " (niet meer vanaf {until})").unwrap();
        }
    }
    let alone: Vec<String> = alleen(list).map(|code| format!("`{}`", code.code)).collect();
    if !alone.is_empty() {
        write!(description, "\n\nStaat altijd alleen: {}.", alone.join(", ")).unwrap();
    }
    Json::map([
        ("description", description.into()),
        ("type", "string".into()),
        ("enum", Json::list(list.deliverable().map(|code| code.code.as_str()))),
    ])
}
