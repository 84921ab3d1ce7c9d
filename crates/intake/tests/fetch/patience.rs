//! Patience: what is waited for, how long, and that nobody else waits for it.

use std::time::{Duration, Instant};

use vt_intake::fetch::FetchOptions;
use vt_intake::source::SourceConfig;

use crate::server::{Reply, Server};
use crate::world::{MELDING, World, entry, good, good_but, http};

fn busy(headers: &[&str]) -> Reply {
    Reply::new(429, headers, "")
}

#[tokio::test]
async fn retry_after_in_seconds_is_obeyed() {
    let server = Server::start(|seen, n| if n == 0 { busy(&["Retry-After: 1"]) } else { good(seen) }).await;
    let started = Instant::now();
    World::new().list(&http(&server.base)).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn retry_after_as_a_date_is_obeyed_by_the_servers_own_clock() {
    let headers = ["Date: Wed, 05 Aug 2020 09:00:00 GMT", "Retry-After: Wed, 05 Aug 2020 09:00:01 GMT"];
    let server = Server::start(move |seen, n| if n == 0 { busy(&headers) } else { good(seen) }).await;
    let started = Instant::now();
    World::new().list(&http(&server.base)).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn beyond_our_patience_we_give_up_and_say_when_to_come_back() {
    for header in ["Retry-After: 3600", "Retry-After: Wed, 05 Aug 2020 07:00:00 GMT"] {
        let server = Server::start(move |_, _| Reply::new(503, &[header], "")).await;
        let error = World::new().list(&http(&server.base)).await.unwrap_err();
        assert_eq!(error.rule(), "retry_later");
        assert_eq!(error.retry_after().unwrap().to_rfc3339(), "2020-08-05T07:00:00+00:00");
        assert!(error.is_transient() && error.to_string().contains("HTTP 503"), "{error}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_silent_connection_is_given_up_and_resumed() {
    let length = format!("Content-Length: {}", MELDING.len());
    let server = Server::start(good_but(move |_, n| match n {
        0 => Reply::head(200, &[&length]).send(&MELDING[..10]).wait_ms(5_000),
        _ => Reply::new(200, &[], MELDING),
    }))
    .await;
    let world = World::new();
    let started = Instant::now();
    world.fetch(&http(&server.base), entry(1)).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(3));
    assert_eq!(server.seen_for("melding.csv")[1].header("range"), Some("bytes=10-"));
}

#[tokio::test]
async fn a_server_that_never_answers_is_an_idle_timeout() {
    let server = Server::start(|_, _| Reply::default().wait_ms(5_000)).await;
    let mut source = http(&server.base);
    source.limits.idle_timeout_ms = 50;
    let error = World::new().list(&source).await.unwrap_err();
    assert_eq!((error.rule(), server.seen().len()), ("idle_timeout", 3));
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_drip_that_is_never_silent_ends_at_the_total_limit() {
    let server = Server::start(good_but(|_, _| {
        let length = format!("Content-Length: {}", MELDING.len());
        MELDING.bytes().fold(Reply::head(200, &[&length]), |reply, byte| reply.send([byte]).wait_ms(60))
    }))
    .await;
    let mut source = http(&server.base);
    source.limits.total_timeout_s = 1;
    let started = Instant::now();
    let error = World::new().refused(&source, entry(1)).await;
    assert_eq!(error.rule(), "total_timeout");
    assert!((1..3).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    assert_eq!(server.seen_for("melding.csv").len(), 1);
}

#[tokio::test]
async fn a_closed_port_is_no_connection() {
    let base = Server::start(|seen, _| good(seen)).await.base.clone();
    let error = World::new().list(&http(&base)).await.unwrap_err();
    assert_eq!(error.to_string(), "VT07 2020-07, listing: no connection: refused");
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_slow_region_holds_up_no_other() {
    let slow = Server::start(|_, _| Reply::default().wait_ms(10_000)).await;
    let quick = Server::start(|seen, _| good(seen)).await;
    let world = World::with(FetchOptions { concurrency: 2, seed: 7 });
    let mut slow_source = SourceConfig { vt: "VT08".into(), ..http(&slow.base) };
    slow_source.limits.concurrency = 1;
    slow_source.limits.idle_timeout_ms = 10_000;
    let months = ["2020-01", "2020-02", "2020-03", "2020-04", "2020-05"];
    let queue = months.map(|maand| world.fetcher.list(&slow_source, maand.parse().unwrap()));
    let quick_source = http(&quick.base);
    let others = async {
        // The slow region's queue stands first.
        tokio::time::sleep(Duration::from_millis(50)).await;
        for _ in 0..3 {
            world.fetch(&quick_source, entry(1)).await.unwrap();
        }
    };
    tokio::select! {
        _ = futures::future::join_all(queue) => panic!("the slow region answered"),
        () = others => {}
    }
    assert_eq!(slow.seen().len(), 1, "one request of the slow region is under way, the others wait");
}

#[tokio::test]
async fn a_region_that_pauses_gives_its_place_away() {
    let pausing = Server::start(|_, _| busy(&["Retry-After: 2"])).await;
    let quick = Server::start(|seen, _| good(seen)).await;
    let world = World::with(FetchOptions { concurrency: 1, seed: 7 });
    let pausing_source = SourceConfig { vt: "VT08".into(), ..http(&pausing.base) };
    let quick_source = http(&quick.base);
    let paused = world.list(&pausing_source);
    let other = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        world.list(&quick_source).await.unwrap()
    };
    tokio::select! {
        _ = paused => panic!("the pausing region was not waited for"),
        numbers = other => assert_eq!(numbers, [1]),
    }
}
