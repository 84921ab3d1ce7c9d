//! A region that would have us ask somebody else: the service stands in a network where more can be reached than from the region.

use serde_json::json;

use crate::server::{Reply, Server};
use crate::world::{MELDING, World, entry, good, good_but, http};

/// Addresses that a region has no business with, as it may write them. `OWN` is its own host and port, `PORT` the port alone, `OTHER` another
/// service of the same machine.
const ELSEWHERE: [&str; 27] = [
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://localhost/",
    "http://localhost:PORT/melding.csv",
    "http://127.0.0.1/",
    "http://127.0.0.2:PORT/melding.csv",
    "http://0.0.0.0:PORT/melding.csv",
    "http://[::1]:PORT/melding.csv",
    "http://[::ffff:127.0.0.1]:PORT/melding.csv",
    "http://OTHER/melding.csv",
    "https://OWN/melding.csv",
    "http://OWN@evil.example.nl/melding.csv",
    "http://evil.example.nl#@OWN/melding.csv",
    "http://user:pass@OWN/melding.csv",
    "http://@OTHER/melding.csv",
    "http://OWN.evil.example.nl/melding.csv",
    "http:\\\\OTHER\\melding.csv",
    "//OTHER/melding.csv",
    "///OTHER/melding.csv",
    "\\\\OTHER\\melding.csv",
    "http:OTHER/melding.csv/../../x",
    "ftp://OWN/melding.csv",
    "file:///etc/passwd",
    "gopher://OWN/_GET",
    "data:text/csv,melding_id",
    "javascript:alert(1)",
];

fn written(pattern: &str, own: &Server, other: &Server) -> String {
    let place = |server: &Server| server.base.trim_start_matches("http://").to_owned();
    let (own, other) = (place(own), place(other));
    let port = own.rsplit(':').next().unwrap_or_default().to_owned();
    pattern.replace("OWN", &own).replace("OTHER", &other).replace("PORT", &port)
}

#[tokio::test]
async fn no_address_in_a_listing_leads_elsewhere() {
    let other = Server::start(|_, _| Reply::new(200, &[], MELDING)).await;
    let own = Server::start(|seen, _| good(seen)).await;
    for pattern in ELSEWHERE {
        let mut levering = entry(1);
        levering["bestanden"][1]["href"] = json!(written(pattern, &own, &other));
        let error = World::new().refused(&http(&own.base), levering).await;
        assert_eq!(error.rule(), "href", "{pattern}: {error}");
    }
    assert!(other.seen().is_empty(), "{:?}", other.seen());
    // The number written as another program would read it is our own host again, and stays there.
    let mut levering = entry(1);
    let port = own.base.rsplit(':').next().unwrap_or_default();
    levering["bestanden"][1]["href"] = json!(format!("http://0x7f.1:{port}/v1/files/melding.csv"));
    World::new().fetch(&http(&own.base), levering).await.unwrap();
}

#[tokio::test]
async fn no_redirect_leads_elsewhere_from_a_file_nor_from_a_listing() {
    let other = Server::start(|_, _| Reply::new(200, &[], MELDING)).await;
    // What has no slashes after its scheme is relative to the file: it stays with the region.
    for pattern in ELSEWHERE.into_iter().filter(|pattern| !pattern.starts_with("http:OTHER")) {
        for of_listing in [false, true] {
            let location = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
            let said = location.clone();
            let redirect = move || Reply::new(302, &[&format!("Location: {}", said.lock().unwrap())], "");
            let own = Server::start(move |seen, n| match of_listing {
                true => redirect(),
                false => good_but(|_, _| redirect())(seen, n),
            })
            .await;
            *location.lock().unwrap() = written(pattern, &own, &other);
            let world = World::new();
            let error = match of_listing {
                true => world.list(&http(&own.base)).await.unwrap_err(),
                false => world.refused(&http(&own.base), entry(1)).await,
            };
            assert!(["redirect_elsewhere", "redirect"].contains(&error.rule()), "{pattern}: {error}");
            let text = format!("{error} {error:?}");
            assert!(!text.contains("meta-data") && !text.contains("pass"), "{text}");
            assert_eq!(own.seen().iter().filter(|seen| seen.path.contains("passwd")).count(), 0);
        }
    }
    assert!(other.seen().is_empty(), "{:?}", other.seen());
}

#[tokio::test]
async fn a_host_without_end_is_not_repeated_in_full() {
    let location = format!("Location: http://{}.nl/", "a".repeat(20_000));
    let own = Server::start(good_but(move |_, _| Reply::new(302, &[&location], ""))).await;
    let error = World::new().refused(&http(&own.base), entry(1)).await;
    assert!(error.to_string().len() < 600, "{}", error.to_string().len());
}

#[tokio::test]
async fn headers_that_never_end_are_not_read() {
    let own = Server::start(good_but(|_, _| {
        let mut reply = Reply::default().send("HTTP/1.1 200 OK\r\n");
        for n in 0..2_000 {
            reply = reply.send(format!("X-{n}: {}\r\n", "a".repeat(1_000)));
        }
        reply
    }))
    .await;
    let error = World::new().refused(&http(&own.base), entry(1)).await;
    assert!(["cut", "total_timeout", "idle_timeout"].contains(&error.rule()), "{error}");
}
