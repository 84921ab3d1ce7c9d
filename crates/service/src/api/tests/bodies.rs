//! Any JSON, to any route that takes some: refused as a problem, never a failure of ours.

use serde_json::{Value, json};

use super::Desk;
use crate::api::needs;

/// Values that a field may be given in place of its own.
fn values() -> Vec<Value> {
    let deep = (0..100).fold(json!([]), |inner, _| json!([inner]));
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(-0.0),
        json!(""),
        json!("="),
        json!("a\u{0}b"),
        json!("\u{202e}"),
        json!("../../etc/passwd"),
        json!("+262142-12-31"),
        json!("-262143-01-01"),
        json!("2099-12"),
        json!("2098ISO"),
        json!("tiende".repeat(40)),
        json!("x".repeat(100_000)),
        json!([[]]),
        json!({ "a": {} }),
        deep,
    ]
}

/// The fields that bodies of any route have.
const FIELDS: [&str; 22] = [
    "reason",
    "cadence",
    "from",
    "until",
    "to",
    "regions",
    "vt",
    "month",
    "maand",
    "kind",
    "owner",
    "name",
    "role",
    "days",
    "periode",
    "issue",
    "uitgave",
    "text",
    "tekst",
    "rule",
    "subject",
    "incomplete",
];

/// A route with something in each of its places.
fn named(path: &str) -> String {
    let places = [
        ("{vt}", "VT07"),
        ("{id}", "1"),
        ("{cadans}", "four_weeks"),
        ("{periode}", "2020W407"),
        ("{uitgave}", "1"),
        ("{maand}", "2020-07"),
        ("{nr}", "1"),
    ];
    places.iter().fold(path.to_owned(), |path, (place, name)| path.replace(place, name))
}

#[tokio::test]
async fn no_body_is_a_failure_of_ours() {
    let desk = Desk::new().await;
    let token = desk.token("beheerder").await;
    let posts = needs().into_iter().filter(|(method, ..)| method == "POST").map(|(_, path, _)| named(&path));
    let posts: Vec<String> = posts.collect();
    assert!(posts.len() > 15);
    for path in &posts {
        let sound = async |body: Value| {
            let answer = desk.ask("POST", path, Some(&token), Some(body.clone())).await;
            let brief: String = body.to_string().chars().take(200).collect();
            assert!(answer.status.as_u16() != 500, "{path} {brief}: {}", answer.text);
            if answer.status.is_client_error() {
                assert_eq!(answer.json()["status"], answer.status.as_u16(), "{path} {brief}");
            }
        };
        for value in values() {
            sound(value.clone()).await;
            let all = FIELDS.iter().map(|field| ((*field).to_owned(), value.clone()));
            sound(Value::Object(all.collect())).await;
        }
        // Keys that would fall into one place of a table of a known hash.
        sound((0..20_000).map(|key| (format!("k{key}"), json!(key))).collect::<serde_json::Map<_, _>>().into()).await;
    }
    // One field at a time, each with some of the values: all of them with all take too long.
    let values = values();
    for (place, field) in FIELDS.iter().enumerate() {
        for (at, path) in posts.iter().enumerate() {
            for value in values.iter().cycle().skip(place * 7 + at * 3).take(3) {
                let body = json!({ "reason": "r", *field: value });
                let answer = desk.ask("POST", path, Some(&token), Some(body)).await;
                assert!(answer.status.as_u16() != 500, "{path} {field}: {}", answer.text);
            }
        }
    }
    let again = desk.ask("GET", "/v1/status", Some(&token), None).await;
    assert_eq!(again.status, 200, "{}", again.text);
}
