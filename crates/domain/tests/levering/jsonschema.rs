//! The part of JSON Schema 2020-12 that the OpenAPI document uses. A keyword it does not know is an error, not a pass.

use serde_json::{Map, Value};

/// Whether a value is valid. `document` is where references lead. Patterns and formats are not judged.
pub fn is_valid(document: &Value, schema: &Value, value: &Value) -> bool {
    let judge = Judge { document, schema: schema.as_object().unwrap() };
    judge.schema.iter().all(|(keyword, argument)| judge.keyword(keyword, argument, value))
}

struct Judge<'a> {
    document: &'a Value,
    schema: &'a Map<String, Value>,
}

impl Judge<'_> {
    fn valid(&self, schema: &Value, value: &Value) -> bool {
        is_valid(self.document, schema, value)
    }

    fn keyword(&self, keyword: &str, argument: &Value, value: &Value) -> bool {
        match keyword {
            "description" | "pattern" | "format" | "then" | "else" => true,
            "$ref" => self.valid(self.document.pointer(&argument.as_str().unwrap()[1..]).unwrap(), value),
            "const" => value == argument,
            "enum" => argument.as_array().unwrap().contains(value),
            "type" => has_type(argument.as_str().unwrap(), value),
            "allOf" => argument.as_array().unwrap().iter().all(|schema| self.valid(schema, value)),
            "anyOf" => argument.as_array().unwrap().iter().any(|schema| self.valid(schema, value)),
            "not" => !self.valid(argument, value),
            "if" => {
                let branch = if self.valid(argument, value) { "then" } else { "else" };
                self.schema.get(branch).is_none_or(|schema| self.valid(schema, value))
            }
            "minimum" => value.as_u64().is_none_or(|number| number >= argument.as_u64().unwrap()),
            "maximum" => value.as_u64().is_none_or(|number| number <= argument.as_u64().unwrap()),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() >= count(argument)),
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() <= count(argument)),
            "properties" | "required" | "additionalProperties" => {
                value.as_object().is_none_or(|object| self.object_keyword(keyword, argument, object))
            }
            "items" | "contains" | "minItems" | "maxItems" | "uniqueItems" => {
                value.as_array().is_none_or(|values| self.array_keyword(keyword, argument, values))
            }
            other => panic!("keyword `{other}` is not known here"),
        }
    }

    fn object_keyword(&self, keyword: &str, argument: &Value, object: &Map<String, Value>) -> bool {
        match keyword {
            "properties" => {
                let mut known = argument.as_object().unwrap().iter();
                known.all(|(key, schema)| object.get(key).is_none_or(|value| self.valid(schema, value)))
            }
            "required" => argument.as_array().unwrap().iter().all(|key| object.contains_key(key.as_str().unwrap())),
            _ => {
                assert_eq!(argument, false, "only `false` is known for {keyword}");
                object.keys().all(|key| self.schema["properties"].get(key).is_some())
            }
        }
    }

    fn array_keyword(&self, keyword: &str, argument: &Value, values: &[Value]) -> bool {
        match keyword {
            "items" => values.iter().all(|value| self.valid(argument, value)),
            "contains" => values.iter().any(|value| self.valid(argument, value)),
            "minItems" => values.len() >= count(argument),
            "maxItems" => values.len() <= count(argument),
            _ => values.iter().enumerate().all(|(i, value)| !values[..i].contains(value)),
        }
    }
}

fn count(argument: &Value) -> usize {
    usize::try_from(argument.as_u64().unwrap()).unwrap()
}

fn has_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("type `{other}` is not known here"),
    }
}
