//! The OpenAPI document against the contract and the types, read with another reader than the one that made it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vt_domain::codes::{CodeLists, LISTS};
use vt_domain::contract::{Field, FieldKind, PROTOCOL_VERSIE, RecordType};
use vt_domain::delivery::{Compression, DeliveryEntry, DeliveryKind, FileFormat, Listing};

use super::docs::{assert_current, bytes};
use super::openapi::{FILE, document, schema_name};
use super::{voorbeeld, vorm};

fn api() -> Value {
    serde_json::from_slice(&bytes(FILE)).unwrap()
}

fn schema(name: &str) -> Value {
    api()["components"]["schemas"][name].clone()
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn openapi_json_has_the_schemas_of_the_code() {
    assert_current(FILE, &document());
    assert_eq!(api()["info"]["version"], PROTOCOL_VERSIE);
}

#[test]
fn every_record_schema_has_the_fields_of_the_contract_and_no_other() {
    for record in RecordType::ALL {
        let schema = schema(&schema_name(record));
        let names = record.fields().iter().map(|field| field.name.to_owned()).collect();
        assert_eq!(keys(&schema["properties"]), names, "{record}");
        assert_eq!(schema["additionalProperties"], false, "{record}");
        let required: Vec<_> = record.fields().iter().filter(|field| field.required).map(|field| field.name).collect();
        assert_eq!(words(&schema["required"]), required, "{record}");
        for field in record.fields() {
            check_field(&schema["properties"][field.name], field);
        }
    }
}

fn check_field(schema: &Value, field: &Field) {
    assert_eq!(schema["description"], field.betekenis, "{}", field.name);
    let filled = if field.required { schema } else { &schema["anyOf"][0] };
    assert_eq!(schema["anyOf"][1]["type"] == "null", !field.required, "{} may be null only when optional", field.name);
    let list = field.kind.list().map(|list| json!(format!("#/components/schemas/codelijst_{list}")));
    match field.kind {
        FieldKind::Code(_) => assert_eq!(filled["$ref"], list.unwrap()),
        FieldKind::Codes(_) => {
            assert_eq!((&filled["type"], &filled["uniqueItems"]), (&json!("array"), &json!(true)), "{}", field.name);
            assert_eq!(filled["items"]["$ref"], list.unwrap());
            assert_eq!(filled["minItems"] == 1, field.required, "{}", field.name);
        }
        FieldKind::Bool => assert_eq!(filled["type"], "boolean"),
        FieldKind::Count => assert_eq!((&filled["minimum"], &filled["maximum"]), (&json!(0), &json!(99))),
        FieldKind::Date => assert_eq!(filled["format"], "date"),
        FieldKind::Id => assert!(filled["pattern"].as_str().unwrap().ends_with("{1,20}$")),
        FieldKind::Gemeente => {
            assert_eq!(filled["pattern"].as_str().unwrap().contains("onbekend"), field.required, "{}", field.name);
        }
    }
}

#[test]
fn every_code_list_is_an_enum_of_what_may_be_delivered() {
    for name in LISTS {
        let schema = schema(&vorm::lijst_schema(name));
        let list = CodeLists::builtin().list(name);
        let codes: Vec<_> = list.deliverable().map(|code| code.code.clone()).collect();
        assert_eq!(words(&schema["enum"]), codes, "{name}");
        let description = schema["description"].as_str().unwrap();
        assert!(list.deliverable().all(|code| description.contains(&code.label)), "{name}");
    }
}

#[test]
fn codes_that_stand_alone_do_so_in_the_schemas() {
    for record in RecordType::ALL {
        let schema = schema(&schema_name(record));
        for field in record.fields() {
            let FieldKind::Codes(list) = field.kind else { continue };
            let property = &schema["properties"][field.name];
            let filled = if field.required { property } else { &property["anyOf"][0] };
            let codes = CodeLists::builtin().list(list).deliverable();
            let alone: Vec<_> = codes.filter(|code| code.exclusive).map(|code| code.code.clone()).collect();
            let enumerated = filled["if"]["contains"]["enum"]
                .as_array()
                .map_or(vec![], |_| words(&filled["if"]["contains"]["enum"]));
            assert_eq!(enumerated, alone, "{record}.{}", field.name);
            assert_eq!(filled["then"]["maxItems"] == 1, !alone.is_empty(), "{record}.{}", field.name);
        }
    }
}

/// The example listing, with one key taken away or added at each place; a place is the type's name and a pointer.
const PLACES: [(&str, &str); 4] = [
    ("Listing", ""),
    ("DeliveryEntry", "/leveringen/0"),
    ("DeliveryHeader", "/leveringen/0/kop"),
    ("FileEntry", "/leveringen/0/bestanden/0"),
];

#[test]
fn listing_header_and_file_have_the_fields_that_the_types_need() {
    let whole = serde_json::to_value(voorbeeld::committed_listing()).unwrap();
    for (name, place) in PLACES {
        let schema = schema(name);
        let fields = keys(whole.pointer(place).unwrap());
        assert_eq!(keys(&schema["properties"]), fields, "{name}");
        assert_eq!(words(&schema["required"]).into_iter().collect::<BTreeSet<_>>(), fields, "{name}");
        assert_eq!(schema["additionalProperties"], false, "{name}");
        for field in &fields {
            let mut without = whole.clone();
            without.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(field);
            let error = serde_json::from_value::<Listing>(without).unwrap_err().to_string();
            assert!(error.contains(field.as_str()), "{name} without {field}: {error}");
        }
        let mut more = whole.clone();
        more.pointer_mut(place).unwrap().as_object_mut().unwrap().insert("extra".into(), json!(1));
        assert!(
            serde_json::from_value::<Listing>(more).unwrap_err().to_string().contains("unknown field `extra`"),
            "{name}"
        );
    }
}

/// The words that a type knows, as its reader names them when it meets another.
fn known_words<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
    let Err(error) = serde_json::from_value::<T>(json!("geen_bekend_woord")) else {
        panic!("an unknown word was read")
    };
    let error = error.to_string();
    let (_, expected) = error.split_once("expected").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_words_of_header_and_file_are_those_of_the_types() {
    let words = |name: &str, field: &str| words(&schema(name)["properties"][field]["enum"]).into_iter().collect();
    assert_eq!(known_words::<DeliveryKind>(), words("DeliveryHeader", "soort"));
    assert_eq!(known_words::<RecordType>(), words("FileEntry", "recordsoort"));
    assert_eq!(known_words::<FileFormat>(), words("FileEntry", "formaat"));
    assert_eq!(known_words::<Compression>(), words("FileEntry", "compressie"));
    assert_eq!(schema("DeliveryHeader")["properties"]["protocol_versie"]["const"], PROTOCOL_VERSIE);
}

#[test]
fn the_example_in_the_document_is_a_listing() {
    let example =
        api()["paths"]["/v1/leveringen"]["get"]["responses"]["200"]["content"]["application/json"]["example"].clone();
    let listing: Listing = serde_json::from_value(example.clone()).unwrap();
    assert_eq!(listing, voorbeeld::committed_listing());
    assert_eq!(serde_json::to_value(&listing).unwrap(), example);
    let _: DeliveryEntry = serde_json::from_value(example["leveringen"][0].clone()).unwrap();
}

/// Calls `visit` for every object in a document.
fn each_object(value: &Value, visit: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.values().for_each(|inner| each_object(inner, visit));
        }
        Value::Array(values) => values.iter().for_each(|inner| each_object(inner, visit)),
        _ => {}
    }
}

#[test]
fn every_reference_resolves_and_every_component_is_used() {
    let api = api();
    let mut used = BTreeSet::new();
    each_object(&api, &mut |object| {
        if let Some(target) = object.get("$ref").and_then(Value::as_str) {
            assert!(api.pointer(target.strip_prefix('#').unwrap()).is_some(), "{target} leads nowhere");
            used.insert(target.to_owned());
        }
    });
    for kind in ["headers", "responses", "schemas"] {
        for name in keys(&api["components"][kind]) {
            let target = format!("#/components/{kind}/{name}");
            // Lines of a file: OpenAPI has no word for NDJSON, the text of the media type names them.
            let is_record = RecordType::ALL.into_iter().any(|record| schema_name(record) == name);
            assert!(used.contains(&target) || is_record, "{target} is not used");
        }
    }
}

#[test]
fn every_request_tells_how_to_say_no() {
    let api = api();
    let paths = api["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 2);
    for (path, item) in paths {
        assert_eq!(keys(item), BTreeSet::from(["get".to_owned()]), "{path}: nothing is ever sent to a region");
        let responses = keys(&item["get"]["responses"]);
        for status in ["200", "401", "403", "404", "429", "500", "503", "5XX"] {
            assert!(responses.contains(status), "{path}: {status}");
        }
    }
    let file = paths.iter().find(|(path, _)| path.ends_with("{bestand}")).unwrap().1;
    assert!(BTreeSet::from(["206", "304", "416"].map(str::to_owned)).is_subset(&keys(&file["get"]["responses"])));
    let asked: Vec<_> = file["get"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert!(["Range", "If-Range", "If-None-Match"].iter().all(|header| asked.contains(header)), "{asked:?}");
}

#[test]
fn retry_after_is_shown_in_both_forms() {
    let api = api();
    let examples = &api["components"]["headers"]["RetryAfter"]["examples"];
    let values: Vec<&str> =
        examples.as_object().unwrap().values().map(|example| example["value"].as_str().unwrap()).collect();
    assert!(values.iter().any(|value| value.parse::<u64>().is_ok()), "{values:?}");
    assert!(values.iter().any(|value| chrono::DateTime::parse_from_rfc2822(value).is_ok()), "{values:?}");
    for response in ["TeVeelVerzoeken", "NietBeschikbaar", "Storing"] {
        assert!(api["components"]["responses"][response]["headers"]["Retry-After"].is_object(), "{response}");
    }
}

#[test]
fn a_region_chooses_one_of_three_ways_to_know_us() {
    let api = api();
    let schemes = &api["components"]["securitySchemes"];
    let kinds = ["bearer", "oauth2", "mtls"].map(|name| schemes[name]["type"].as_str().unwrap());
    assert_eq!(kinds, ["http", "oauth2", "mutualTLS"]);
    assert!(schemes["oauth2"]["flows"]["clientCredentials"]["tokenUrl"].is_string());
    let choices: BTreeSet<String> = api["security"].as_array().unwrap().iter().flat_map(keys).collect();
    assert_eq!(choices, keys(schemes));
}
