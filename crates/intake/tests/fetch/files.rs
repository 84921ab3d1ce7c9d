//! Files: the promised bytes, from the region's own host, or nothing at all.

use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::world::{ADVIES, MELDING, VERVOLGDIENST, World, entry, file, good, good_but, http};

#[tokio::test]
async fn three_files_land_in_quarantine_byte_for_byte() {
    let server = Server::start(|seen, _| good(seen)).await;
    let (world, source) = (World::new(), http(&server.base));
    let raw = world.fetch(&source, entry(3)).await.unwrap();
    assert_eq!(raw.id.to_string(), "VT07 2020-07 nr 3");
    for (name, body) in [("advies.csv", ADVIES), ("melding.csv", MELDING), ("vervolgdienst.csv", VERVOLGDIENST)] {
        assert_eq!(world.quarantined(3, name).await, body);
    }
    assert_eq!(world.vault.quarantine_len().await.unwrap(), 3);
}

#[tokio::test]
async fn bytes_are_kept_as_they_travel_also_when_they_are_said_to_be_packed() {
    // Many file servers say so of a .gz; unpacking it would break the promised digest.
    let server = Server::start(good_but(|_, _| Reply::new(200, &["Content-Encoding: gzip"], MELDING))).await;
    let world = World::new();
    world.fetch(&http(&server.base), entry(1)).await.unwrap();
    assert_eq!(world.quarantined(1, "melding.csv").await, MELDING);
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let server = Server::start(good_but(|_, _| Reply::new(200, &[], ""))).await;
    let (world, mut levering) = (World::new(), entry(1));
    levering["bestanden"][1] = file("melding", b"");
    world.fetch(&http(&server.base), levering).await.unwrap();
    assert_eq!(world.quarantined(1, "melding.csv").await, "");
}

#[tokio::test]
async fn an_entry_that_breaks_a_rule_is_refused_before_anything_is_sent() {
    let server = Server::start(|seen, _| good(seen)).await;
    let (world, source) = (World::new(), http(&server.base));
    type Spoil = fn(&mut Value);
    let cases: [(&str, Spoil); 6] = [
        ("files: melding is missing", |entry| {
            entry["bestanden"].as_array_mut().unwrap().remove(1);
        }),
        ("files: advies stands twice", |entry| {
            let advies = entry["bestanden"][0].clone();
            entry["bestanden"].as_array_mut().unwrap().push(advies);
        }),
        ("digest_form: 64 lower-case", |entry| entry["bestanden"][1]["sha256"] = json!("A".repeat(64))),
        ("digest_form: 64 lower-case", |entry| entry["bestanden"][1]["sha256"] = json!("abc")),
        ("too_large: max_file_bytes allows (100000 bytes)", |entry| entry["bestanden"][2]["bytes"] = json!(100_001)),
        ("href: file advies", |entry| entry["bestanden"][0]["href"] = json!("../../geheim.csv")),
    ];
    for (expected, spoil) in cases {
        let mut levering = entry(1);
        spoil(&mut levering);
        let error = world.refused(&source, levering).await;
        let (rule, text) = expected.split_once(": ").unwrap();
        assert_eq!(error.rule(), rule, "{error}");
        assert!(error.to_string().contains(text) && !error.to_string().contains("geheim"), "{error}");
        assert!(!error.is_transient());
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_address_on_another_host_is_never_asked() {
    let other = Server::start(|_, _| Reply::new(200, &[], MELDING)).await;
    let server = Server::start(|seen, _| good(seen)).await;
    let mut levering = entry(1);
    levering["bestanden"][1]["href"] = json!(format!("{}/melding.csv", other.base));
    let error = World::new().refused(&http(&server.base), levering).await;
    assert_eq!(error.rule(), "href");
    assert!(error.to_string().contains("nr 1, file melding: href is refused"), "{error}");
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_full_address_on_the_same_host_is_followed() {
    let server = Server::start(|seen, _| good(seen)).await;
    let mut levering = entry(1);
    levering["bestanden"][0]["href"] = json!(format!("{}/v1/files/advies.csv", server.base));
    levering["bestanden"][1]["href"] = json!("/v1/files/melding.csv");
    World::new().fetch(&http(&server.base), levering).await.unwrap();
}

#[tokio::test]
async fn redirects_are_followed_within_the_host() {
    let server = Server::start(|seen, _| match seen.path.as_str() {
        "/v1/files/melding.csv" => Reply::new(302, &["Location: /elders/melding"], ""),
        "/elders/melding" => Reply::new(307, &["Location: melding-2"], ""),
        "/elders/melding-2" => Reply::new(200, &[], MELDING),
        _ => good(seen),
    })
    .await;
    let world = World::new();
    world.fetch(&http(&server.base), entry(1)).await.unwrap();
    assert_eq!(world.quarantined(1, "melding.csv").await, MELDING);
}

#[tokio::test]
async fn a_redirect_to_another_host_or_port_is_not_followed_and_names_the_host_only() {
    let other = Server::start(|_, _| Reply::new(200, &[], MELDING)).await;
    for target in [other.base.clone(), "https://elders.nl".into()] {
        let location = format!("Location: {target}/melding.csv?sleutel=GEHEIM");
        let host = if target.contains("elders") { "elders.nl" } else { "127.0.0.1" };
        let server = Server::start(good_but(move |_, _| Reply::new(302, &[&location], ""))).await;
        let error = World::new().refused(&http(&server.base), entry(1)).await;
        assert_eq!(error.rule(), "redirect_elsewhere");
        let text = format!("{error} {error:?}");
        assert!(text.contains(&format!("(host {host})")) && !text.contains("GEHEIM"), "{text}");
        assert_eq!(server.seen_for("melding.csv").len(), 1);
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn redirects_that_lead_nowhere_end() {
    for (location, requests) in [("Location: /v1/files/melding.csv", 6), ("X-None: 1", 1), ("Location: http://[", 1)] {
        let server = Server::start(good_but(move |_, _| Reply::new(301, &[location], ""))).await;
        let error = World::new().refused(&http(&server.base), entry(1)).await;
        assert_eq!((error.rule(), server.seen_for("melding.csv").len()), ("redirect", requests), "{location}");
    }
}

#[tokio::test]
async fn a_web_page_in_place_of_a_file_is_named_as_such() {
    let server = Server::start(good_but(|_, _| Reply::new(200, &["Content-Type: text/html"], "<html>"))).await;
    let error = World::new().refused(&http(&server.base), entry(1)).await;
    assert_eq!(error.rule(), "error_page");
}

#[tokio::test]
async fn a_wrong_digest_is_fetched_once_more_from_the_start_and_then_an_error() {
    let wrong = MELDING.replace("M1", "M9");
    let server = Server::start(good_but(move |_, _| Reply::new(200, &[], &wrong))).await;
    let error = World::new().refused(&http(&server.base), entry(1)).await;
    assert_eq!(error.to_string(), "VT07 2020-07 nr 1, file melding: the bytes do not have the promised sha256");
    assert!(!error.is_transient());
    let seen = server.seen_for("melding.csv");
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|seen| seen.header("range").is_none()));
}

#[tokio::test]
async fn a_digest_that_is_right_the_second_time_will_do() {
    let wrong = MELDING.replace("M1", "M9");
    let server =
        Server::start(good_but(move |_, n| Reply::new(200, &[], if n == 0 { wrong.as_str() } else { MELDING }))).await;
    let world = World::new();
    world.fetch(&http(&server.base), entry(1)).await.unwrap();
    assert_eq!(world.quarantined(1, "melding.csv").await, MELDING);
}

#[tokio::test]
async fn half_the_file_with_200_is_a_failure() {
    let half = &MELDING[..MELDING.len() / 2];
    for chunked in [false, true] {
        let server = Server::start(good_but(move |_, _| match chunked {
            false => Reply::new(200, &[], half),
            true => Reply::head(200, &["Transfer-Encoding: chunked"]).chunk(half.as_bytes()).send("0\r\n\r\n"),
        }))
        .await;
        let error = World::new().refused(&http(&server.base), entry(1)).await;
        assert_eq!(error.rule(), "size");
        let expected = format!("{} bytes where {} were promised", half.len(), MELDING.len());
        assert!(error.to_string().contains(&expected), "{error}");
        assert_eq!(server.seen_for("melding.csv").len(), 2);
    }
}

#[tokio::test]
async fn more_than_promised_is_not_read_on_however_small_the_promise() {
    let server = Server::start(good_but(|_, _| {
        let mut bomb = Reply::head(200, &["Transfer-Encoding: chunked"]);
        for _ in 0..50 {
            bomb = bomb.chunk(&[b'0'; 10_000]);
        }
        // Whoever read on would wait here until the idle limit, and report that.
        bomb.wait_ms(10_000)
    }))
    .await;
    let error = World::new().refused(&http(&server.base), entry(1)).await;
    assert_eq!(error.rule(), "size");
    assert!(error.to_string().contains("or more"), "{error}");
}

#[tokio::test]
async fn a_dropped_fetch_leaves_nothing_outside_the_quarantine_and_can_be_repeated() {
    use object_store::ObjectStoreExt;
    let server = Server::start(good_but(|_, n| match n {
        0 => Reply::head(200, &[&format!("Content-Length: {}", MELDING.len())]).send(&MELDING[..9]).wait_ms(5_000),
        _ => Reply::new(200, &[], MELDING),
    }))
    .await;
    let (world, mut source) = (World::new(), http(&server.base));
    source.limits.idle_timeout_ms = 5_000;
    let cut_short = std::time::Duration::from_millis(300);
    assert!(tokio::time::timeout(cut_short, world.fetch(&source, entry(1))).await.is_err());
    let half = object_store::path::Path::from("quarantine/VT07/2020-07/1/melding.csv");
    assert!(world.vault.store().head(&half).await.is_err());
    let left = world.vault.store().list_with_delimiter(None).await.unwrap();
    assert_eq!(left.common_prefixes, ["quarantine".into()]);
    world.fetch(&source, entry(1)).await.unwrap();
    assert_eq!(world.quarantined(1, "melding.csv").await, MELDING);
}
