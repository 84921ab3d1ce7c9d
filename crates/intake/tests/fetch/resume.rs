//! Cut connections: resumed with `Range` where the server allows, from the start where it does not.

use crate::server::{Reply, Seen, Server};
use crate::world::{MELDING, World, entry, good_but, http};

const ALL: usize = MELDING.len();

/// The whole is announced, but the connection ends after `sent` bytes.
fn cut(sent: usize, headers: &[&str]) -> Reply {
    let length = format!("Content-Length: {ALL}");
    let mut headers = headers.to_vec();
    headers.push(&length);
    Reply::head(200, &headers).send(&MELDING[..sent])
}

fn rest(from: usize) -> Reply {
    Reply::new(206, &[&format!("Content-Range: bytes {from}-{}/{ALL}", ALL - 1)], &MELDING[from..])
}

async fn arrives(melding: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Vec<Seen> {
    let server = Server::start(good_but(melding)).await;
    let world = World::new();
    world.fetch(&http(&server.base), entry(1)).await.unwrap();
    assert_eq!(world.quarantined(1, "melding.csv").await, MELDING);
    server.seen_for("melding.csv")
}

#[tokio::test]
async fn a_cut_connection_is_resumed_where_it_broke_and_only_if_the_file_is_the_same() {
    let seen = arrives(|seen, n| match n {
        0 => cut(20, &["ETag: \"v1\"", "Accept-Ranges: bytes"]),
        1 => Reply::head(
            206,
            &[&format!("Content-Range: bytes 20-{}/{ALL}", ALL - 1), &format!("Content-Length: {}", ALL - 20)],
        )
        .send(&MELDING[20..31]),
        _ => rest(seen.header("range").unwrap().trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap()),
    })
    .await;
    let asked: Vec<_> = seen.iter().map(|seen| seen.header("range")).collect();
    assert_eq!(asked, [None, Some("bytes=20-"), Some("bytes=31-")]);
    assert_eq!(seen[1].header("if-range"), Some("\"v1\""));
    assert_eq!(seen[2].header("if-range"), Some("\"v1\""));
}

#[tokio::test]
async fn a_weak_etag_is_no_ground_to_resume_on() {
    let seen = arrives(|_, n| if n == 0 { cut(20, &["ETag: W/\"v1\""]) } else { rest(20) }).await;
    assert_eq!((seen[1].header("range"), seen[1].header("if-range")), (Some("bytes=20-"), None));
}

#[tokio::test]
async fn a_server_that_sends_the_whole_again_is_read_from_the_start() {
    let seen = arrives(|_, n| if n == 0 { cut(20, &[]) } else { Reply::new(200, &[], MELDING) }).await;
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn a_server_that_says_it_has_no_ranges_is_not_asked_for_one() {
    let seen =
        arrives(|_, n| if n == 0 { cut(20, &["Accept-Ranges: none"]) } else { Reply::new(200, &[], MELDING) }).await;
    assert_eq!(seen[1].header("range"), None);
}

#[tokio::test]
async fn another_part_than_asked_is_not_glued_on() {
    let wrong = [
        Reply::new(206, &[&format!("Content-Range: bytes 0-{}/{ALL}", ALL - 1)], MELDING),
        Reply::new(206, &[&format!("Content-Range: bytes 20-{ALL}/{}", ALL + 1)], &MELDING[20..]),
        Reply::new(206, &[], &MELDING[20..]),
        Reply::new(416, &[], ""),
    ];
    for wrong in wrong {
        let seen = arrives(move |_, n| match n {
            0 => cut(20, &[]),
            1 => wrong.clone(),
            _ => Reply::new(200, &[], MELDING),
        })
        .await;
        let asked: Vec<_> = seen.iter().map(|seen| seen.header("range")).collect();
        assert_eq!(asked, [None, Some("bytes=20-"), None]);
    }
}

#[tokio::test]
async fn a_wrong_part_is_known_by_its_header_and_uses_up_no_second_chance() {
    let server = Server::start(good_but(|_, n| match n {
        0 | 2 => cut(20, &[]),
        1 | 3 => Reply::new(206, &[&format!("Content-Range: bytes 0-{}/{ALL}", ALL - 1)], MELDING),
        _ => Reply::new(200, &[], MELDING),
    }))
    .await;
    let (world, mut source) = (World::new(), http(&server.base));
    source.limits.attempts = 5;
    world.fetch(&source, entry(1)).await.unwrap();
    assert_eq!(server.seen_for("melding.csv").len(), 5);
}

#[tokio::test]
async fn parts_of_different_files_are_found_out_and_fetched_whole() {
    let other = MELDING.replace("M3", "M4");
    let seen = arrives(move |_, n| match n {
        0 => cut(20, &[]),
        1 => Reply::new(206, &[&format!("Content-Range: bytes 20-{}/{ALL}", ALL - 1)], &other[20..]),
        _ => Reply::new(200, &[], MELDING),
    })
    .await;
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[2].header("range"), None);
}

#[tokio::test]
async fn a_file_whose_transfer_only_lost_its_end_is_complete() {
    let seen = arrives(|_, _| Reply::head(200, &["Transfer-Encoding: chunked"]).chunk(MELDING.as_bytes())).await;
    assert_eq!(seen.len(), 1);
}

#[tokio::test]
async fn a_connection_that_is_always_cut_is_given_up_with_what_came_in() {
    let server = Server::start(good_but(|seen, _| match seen.header("range") {
        None => cut(20, &[]),
        Some(_) => Reply::head(206, &[&format!("Content-Range: bytes 20-{}/{ALL}", ALL - 1)]),
    }))
    .await;
    let error = World::new().refused(&http(&server.base), entry(1)).await;
    assert!(matches!(error.rule(), "cut" | "size"), "{error}");
    let server = Server::start(good_but(|_, _| cut(20, &["Accept-Ranges: none"]))).await;
    let error = World::new().refused(&http(&server.base), entry(1)).await;
    assert_eq!(error.to_string(), "VT07 2020-07 nr 1, file melding: the connection was cut after 20 bytes");
    assert!(error.is_transient());
    assert_eq!(server.seen_for("melding.csv").len(), 3);
}
