//! Listings: theirs, of that month, and JSON within the cap; all else is an error that says so.

use serde_json::json;

use crate::server::{Reply, Server};
use crate::world::{World, entry, good, http, july, listing};

async fn refused(reply: Reply) -> (vt_intake::fetch::FetchError, usize) {
    let server = Server::start(move |_, _| reply.clone()).await;
    let error = World::new().list(&http(&server.base)).await.unwrap_err();
    (error, server.seen().len())
}

#[tokio::test]
async fn a_listing_is_asked_by_month_and_sorted_by_number() {
    let body = listing(&[entry(12), entry(2), entry(1)]);
    let server = Server::start(move |_, _| Reply::json(&body)).await;
    let source = http(&format!("{}/api/", server.base));
    assert_eq!(World::new().list(&source).await.unwrap(), [1, 2, 12]);
    assert_eq!(server.seen()[0].path, "/api/v1/leveringen?maand=2020-07");
    assert_eq!(server.seen()[0].header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn an_empty_month_is_no_error() {
    let server = Server::start(|_, _| Reply::json(&listing(&[]))).await;
    assert!(World::new().list(&http(&server.base)).await.unwrap().is_empty());
}

#[tokio::test]
async fn another_regions_or_months_listing_is_an_error() {
    let (error, _) = refused(Reply::json(&json!({"vt_code": "VT08", "maand": "2020-07", "leveringen": []}))).await;
    assert_eq!(error.to_string(), "VT07 2020-07, listing: is of another region than the one asked");
    let (error, _) = refused(Reply::json(&json!({"vt_code": "VT07", "maand": "2020-06", "leveringen": []}))).await;
    assert_eq!(error.to_string(), "VT07 2020-07, listing: is of another month (2020-06) than the one asked");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_number_stands_once() {
    let (error, _) = refused(Reply::json(&listing(&[entry(3), entry(1), entry(3)]))).await;
    assert_eq!(error.to_string(), "VT07 2020-07, listing: delivery number 3 stands twice in the listing");
}

#[tokio::test]
async fn a_header_of_another_region_in_the_right_listing_is_left_to_the_checks() {
    let mut entry = entry(1);
    entry["kop"]["vt_code"] = json!("VT08");
    let server = Server::start(move |_, _| Reply::json(&listing(&[entry.clone()]))).await;
    assert_eq!(World::new().list(&http(&server.base)).await.unwrap(), [1]);
}

#[tokio::test]
async fn an_error_page_with_200_is_named_as_such() {
    let page = "<html><body>Storing bij GEHEIM</body></html>";
    let (error, requests) = refused(Reply::new(200, &["Content-Type: text/html; charset=utf-8"], page)).await;
    assert_eq!(error.rule(), "error_page");
    assert!(error.is_transient() && requests == 1, "{requests}");
    assert!(error.to_string().contains("HTTP 200 with a web page") && !error.to_string().contains("GEHEIM"));
}

#[tokio::test]
async fn an_answer_that_does_not_say_that_it_is_json_is_refused() {
    for headers in [&["Content-Type: text/plain"][..], &[]] {
        let (error, _) = refused(Reply::new(200, headers, listing(&[]).to_string())).await;
        assert_eq!(error.rule(), "content_type");
    }
}

#[tokio::test]
async fn json_that_is_no_listing_is_located_and_not_repeated() {
    let json = |body: &str| Reply::new(200, &["Content-Type: application/json"], body);
    for (body, place) in [
        ("{\n\"vt_code\": \"VT07\",", "line 2, column 18 (eof)"),
        ("{\"vt_code\":\"VT07\",\"GEHEIM\":1}", "line 1, column 26 (data)"),
        ("GEHEIM", "line 1, column 1 (syntax)"),
    ] {
        let (error, requests) = refused(json(body)).await;
        let text = format!("{error} {error:?}");
        assert!(text.contains(place) && !text.contains("GEHEIM"), "{text}");
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn a_listing_beyond_the_cap_is_not_read_whether_it_says_so_or_not() {
    let (error, _) = refused(Reply::new(200, &["Content-Type: application/json"], vec![b' '; 10_001])).await;
    assert_eq!(error.rule(), "too_large");
    let mut endless = Reply::head(200, &["Content-Type: application/json", "Transfer-Encoding: chunked"]);
    for _ in 0..200 {
        endless = endless.chunk(&[b' '; 1_000]);
    }
    let (error, _) = refused(endless).await;
    assert_eq!(error.to_string(), "VT07 2020-07, listing: larger than max_listing_bytes allows (10000 bytes)");
}

#[tokio::test]
async fn only_what_may_pass_is_tried_again() {
    for (status, requests, transient) in
        [(404, 1, false), (403, 1, false), (204, 1, false), (500, 3, true), (503, 3, true), (429, 3, true)]
    {
        let (error, seen) = refused(Reply::new(status, &[], "GEHEIM")).await;
        assert_eq!((seen, error.is_transient(), error.rule()), (requests, transient, "status"), "{status}");
        assert!(error.to_string().contains(&format!("HTTP {status}")) && !error.to_string().contains("GEHEIM"));
    }
}

#[tokio::test]
async fn a_server_that_recovers_is_forgiven() {
    let server = Server::start(|seen, n| if n < 2 { Reply::new(502, &[], "") } else { good(seen) }).await;
    assert_eq!(World::new().list(&http(&server.base)).await.unwrap(), [1]);
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_source_that_breaks_a_rule_is_refused_before_anything_is_sent() {
    let mut source = http("http://127.0.0.1:1");
    source.limits.attempts = 0;
    let error = World::new().fetcher.list(&source, july()).await.unwrap_err();
    assert_eq!(error.rule(), "source");
    assert!(error.to_string().contains("limits.attempts"), "{error}");
}
