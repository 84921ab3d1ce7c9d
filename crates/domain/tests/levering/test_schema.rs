//! The schemas judge: the example is valid, planted mistakes are not.

use serde_json::{Value, json};
use vt_domain::contract::RecordType;

use super::docs::{bytes, text};
use super::jsonschema::is_valid;
use super::openapi::{FILE, schema_name};
use super::voorbeeld::{API, LIJST, NUMMERS, entry_path, ndjson_href};

fn valid(schema: &str, value: &Value) -> bool {
    let api: Value = serde_json::from_slice(&bytes(FILE)).unwrap();
    is_valid(&api, &json!({ "$ref": format!("#/components/schemas/{schema}") }), value)
}

fn lines(record: RecordType) -> Vec<Value> {
    let files = NUMMERS.map(|nr| text(&format!("{API}/{}", ndjson_href(nr, record))));
    files.iter().flat_map(|file| file.lines()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_example_is_valid() {
    for record in RecordType::ALL {
        for (line, value) in lines(record).iter().enumerate() {
            assert!(valid(&schema_name(record), value), "{record}, line {}", line + 1);
        }
    }
    assert!(valid("Listing", &serde_json::from_str(&text(LIJST)).unwrap()));
    assert!(valid("DeliveryEntry", &serde_json::from_str(&text(&entry_path(1))).unwrap()));
}

#[test]
fn null_and_an_empty_list_are_as_good_as_absent_where_a_field_is_optional() {
    for record in RecordType::ALL {
        let line = &lines(record)[0];
        for field in record.fields() {
            let with = |value: Value| {
                let mut line = line.clone();
                line[field.name] = value;
                line
            };
            // A besluit has its day: absent is as wrong as null there.
            if field.name != "besluitdatum" {
                assert_eq!(valid(&schema_name(record), &with(Value::Null)), !field.required, "{record}.{}", field.name);
            }
            assert!(!valid(&schema_name(record), &with(json!({}))), "{record}.{}", field.name);
        }
    }
    let mut advies = lines(RecordType::Advies)[0].clone();
    advies["vorm"] = json!([]);
    assert!(valid("Advies", &advies));
    advies["aard"] = json!([]);
    assert!(!valid("Advies", &advies));
}

/// The first melding (police, beroepsmatig, besluit vervolg_vt) with these fields set in place of its own.
fn melding(fields: &Value) -> Value {
    let mut melding = lines(RecordType::Melding)[0].clone();
    fields.as_object().unwrap().iter().for_each(|(field, value)| melding[field.as_str()] = value.clone());
    melding
}

#[test]
fn rules_between_fields_are_judged() {
    for good in [
        json!({}),
        json!({"politie_overdracht": false}),
        json!({"politie_overdracht": false, "organisatie": "burger", "rol": "niet_beroepsmatig"}),
        json!({"besluit": "nog_niet_beoordeeld", "besluitdatum": null}),
    ] {
        assert!(valid("Melding", &melding(&good)), "{good}");
    }
    for wrong in [
        json!({"organisatie": "huisarts"}),
        json!({"politie_overdracht": false, "organisatie": "burger"}),
        json!({"rol": "niet_beroepsmatig"}),
        json!({"besluit": "nog_niet_beoordeeld"}),
        json!({"besluitdatum": null}),
        json!({"veiligheidstaxatie": ["acuut", "geen"]}),
        json!({"aard": ["partnergeweld", "partnergeweld"]}),
        json!({"vorm": ["onbekend"]}),
        json!({"n_betrokkenen": 100}),
        json!({"n_betrokkenen": "4"}),
        json!({"naam": "x"}),
    ] {
        assert!(!valid("Melding", &melding(&wrong)), "{wrong}");
    }
}

#[test]
fn a_delivery_needs_one_file_of_each_record_type() {
    let mut entry: Value = serde_json::from_str(&text(&entry_path(2))).unwrap();
    entry["bestanden"][0] = entry["bestanden"][1].clone();
    assert!(!valid("DeliveryEntry", &entry));
    entry["bestanden"].as_array_mut().unwrap().pop();
    assert!(!valid("DeliveryEntry", &entry));
}
