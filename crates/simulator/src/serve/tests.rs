use std::time::Duration;

use reqwest::{Client, ClientBuilder, RequestBuilder, Response, StatusCode, header};
use sha2::{Digest, Sha256};
use vt_domain::ManualClock;
use vt_domain::delivery::{DeliveryEntry, FileEntry, Listing};

use super::*;
use crate::faults::ERROR_PAGE_TITLE;

/// A simulator, and a client that knows how to get in everywhere.
struct World {
    simulator: Simulator,
    clock: Arc<ManualClock>,
}

async fn world(config: SimulatorConfig) -> World {
    let clock = Arc::new(ManualClock::at("2021-06-01T12:00:00Z".parse().unwrap()));
    World { simulator: Simulator::start(config, clock.clone()).await.unwrap(), clock }
}

async fn with_faults(faults: &str) -> World {
    world(SimulatorConfig { faults: faults.parse().unwrap(), ..SimulatorConfig::default() }).await
}

fn builder() -> ClientBuilder {
    Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(Duration::from_secs(20))
}

fn client(region: &SimRegion) -> Client {
    let mut builder = builder();
    if let Some(pem) = &region.ca_pem {
        builder = builder.tls_certs_only([reqwest::Certificate::from_pem(pem.as_bytes()).unwrap()]);
    }
    if let SimAuth::Mtls { client_cert_pem, client_key_pem } = &region.auth {
        let pem = format!("{client_cert_pem}{client_key_pem}");
        builder = builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap());
    }
    builder.build().unwrap()
}

async fn authorised(region: &SimRegion, request: RequestBuilder) -> RequestBuilder {
    match &region.auth {
        SimAuth::Bearer { token } => request.bearer_auth(token),
        SimAuth::Mtls { .. } => request,
        SimAuth::OAuth2 { token_url, client_id, client_secret, scope } => {
            let form = [
                ("grant_type", "client_credentials"),
                ("client_id", client_id),
                ("client_secret", client_secret),
                ("scope", scope),
            ];
            let answer = client(region).post(token_url).form(&form).send().await.unwrap();
            let token: serde_json::Value = answer.json().await.unwrap();
            request.bearer_auth(token["access_token"].as_str().unwrap())
        }
    }
}

impl World {
    fn region(&self, vt: &str) -> &SimRegion {
        self.simulator.region(vt).unwrap()
    }

    async fn get(&self, vt: &str, path: &str, headers: &[(header::HeaderName, &str)]) -> reqwest::Result<Response> {
        let region = self.region(vt);
        let mut request = authorised(region, client(region).get(format!("{}{path}", region.base))).await;
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        request.send().await
    }

    async fn ask(&self, vt: &str, month: &str) -> Response {
        self.get(vt, &format!("/v1/leveringen?maand={month}"), &[]).await.unwrap()
    }

    async fn listing(&self, vt: &str, month: &str) -> Listing {
        let response = self.ask(vt, month).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    /// The entry of the first delivery, and its file of meldingen.
    async fn first(&self, vt: &str, month: &str) -> (DeliveryEntry, FileEntry) {
        let mut listing = self.listing(vt, month).await;
        let entry = listing.leveringen.remove(0);
        let file = entry.bestanden[1].clone();
        (entry, file)
    }

    async fn file(&self, vt: &str, file: &FileEntry, headers: &[(header::HeaderName, &str)]) -> Response {
        self.get(vt, &format!("/v1/{}", file.href), headers).await.unwrap()
    }
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[tokio::test]
async fn every_region_delivers_what_its_listing_promises() {
    let world = with_faults("").await;
    assert_eq!(world.simulator.regions().len(), 26);
    for region in world.simulator.regions() {
        let listing = world.listing(&region.vt, "2020-07").await;
        assert_eq!(listing.vt_code, region.vt);
        for entry in &listing.leveringen {
            for file in &entry.bestanden {
                let bytes = world.file(&region.vt, file, &[]).await.bytes().await.unwrap();
                assert_eq!((bytes.len() as u64, digest(&bytes)), (file.bytes, file.sha256.clone()), "{}", region.vt);
            }
        }
        assert_eq!(world.simulator.requests(&region.vt), 3 * listing.leveringen.len() as u64);
        assert_eq!(world.simulator.listings(&region.vt), 1);
    }
    world.simulator.stop().await;
}

#[tokio::test]
async fn regions_ask_for_different_credentials() {
    let world = with_faults("").await;
    let kinds = |is: fn(&SimAuth) -> bool| world.simulator.regions().iter().filter(|region| is(&region.auth)).count();
    assert_eq!(kinds(|auth| matches!(auth, SimAuth::Bearer { .. })), 22);
    assert_eq!(kinds(|auth| matches!(auth, SimAuth::OAuth2 { .. })), 3);
    assert_eq!(kinds(|auth| matches!(auth, SimAuth::Mtls { .. })), 1);
    for vt in ["VT07", "VT09"] {
        let url = format!("{}/v1/leveringen?maand=2020-07", world.region(vt).base);
        let bare = builder().build().unwrap().get(&url).send().await.unwrap();
        assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
        assert!(bare.headers().contains_key(header::WWW_AUTHENTICATE));
        let wrong = builder().build().unwrap().get(&url).bearer_auth("simgeheim-wrong").send().await.unwrap();
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(world.simulator.requests("VT07"), 0);
    assert_eq!(world.ask("VT09", "2020-07").await.status(), StatusCode::OK);
    assert_eq!(world.simulator.tokens_issued("VT09"), 1);
}

#[tokio::test]
async fn a_region_with_mtls_refuses_a_client_without_a_certificate_of_ours() {
    let world = with_faults("").await;
    let region = world.region("VT18");
    assert!(region.base.starts_with("https://127.0.0.1:"));
    let ca = reqwest::Certificate::from_pem(region.ca_pem.as_ref().unwrap().as_bytes()).unwrap();
    let bare = builder().tls_certs_only([ca]).build().unwrap();
    assert!(bare.get(format!("{}/v1/leveringen?maand=2020-07", region.base)).send().await.is_err());
    assert_eq!(world.listing("VT18", "2020-07").await.vt_code, "VT18");
}

#[tokio::test]
async fn without_secure_every_region_has_a_bearer_token_over_plain_http() {
    let world = world(SimulatorConfig { secure: false, ..SimulatorConfig::default() }).await;
    let plain = |region: &SimRegion| {
        matches!(region.auth, SimAuth::Bearer { .. }) && region.base.starts_with("http://") && region.ca_pem.is_none()
    };
    assert!(world.simulator.regions().iter().all(plain));
}

#[tokio::test]
async fn a_delivery_is_listed_from_the_instant_it_was_made() {
    let world = with_faults("").await;
    let (entry, file) = world.first("VT07", "2020-07").await;
    world.clock.set(entry.kop.aangemaakt_op - chrono::TimeDelta::seconds(1));
    assert!(world.listing("VT07", "2020-07").await.leveringen.is_empty());
    assert_eq!(world.file("VT07", &file, &[]).await.status(), StatusCode::NOT_FOUND);
    world.clock.set(entry.kop.aangemaakt_op);
    assert_eq!(world.listing("VT07", "2020-07").await.leveringen, [entry]);
}

#[tokio::test]
async fn odd_requests_are_refused() {
    let world = with_faults("").await;
    for path in ["/v1/leveringen", "/v1/leveringen?maand=2020-13", "/v1/leveringen?month=2020-07"] {
        assert_eq!(world.get("VT07", path, &[]).await.unwrap().status(), StatusCode::BAD_REQUEST, "{path}");
    }
    for path in [
        "/",
        "/v1/leveringen/2020-07/9/melding.csv",
        "/v1/leveringen/2020-07/1/casus.csv",
        "/v1/leveringen/x/1/melding.csv",
    ] {
        assert_eq!(world.get("VT07", path, &[]).await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert!(world.listing("VT07", "2031-01").await.leveringen.is_empty());
}

#[tokio::test]
async fn a_file_can_be_asked_in_part_and_only_when_changed() {
    let world = with_faults("").await;
    let (_, file) = world.first("VT07", "2020-07").await;
    let whole = world.file("VT07", &file, &[]).await;
    let tag = whole.headers()[header::ETAG].to_str().unwrap().to_owned();
    let bytes = whole.bytes().await.unwrap();
    let part = world.file("VT07", &file, &[(header::RANGE, "bytes=100-"), (header::IF_RANGE, &tag)]).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[header::CONTENT_RANGE], format!("bytes 100-{}/{}", bytes.len() - 1, bytes.len()));
    assert_eq!(part.bytes().await.unwrap(), bytes[100..]);
    let stale = world.file("VT07", &file, &[(header::RANGE, "bytes=100-"), (header::IF_RANGE, "\"other\"")]).await;
    assert_eq!(stale.status(), StatusCode::OK);
    let beyond = world.file("VT07", &file, &[(header::RANGE, &format!("bytes={}-", bytes.len()))]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    let known = world.file("VT07", &file, &[(header::IF_NONE_MATCH, &tag)]).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    let (_, file) = world.first("VT23", "2020-07").await;
    let without = world.file("VT23", &file, &[(header::RANGE, "bytes=100-")]).await;
    assert_eq!(without.status(), StatusCode::OK, "VT23 knows no ranges");
}

#[tokio::test]
async fn fault_late_and_never() {
    let world = with_faults("VT07@2020-07=late:10 VT08@2020-07=never").await;
    let (entry, _) = world.first("VT07", "2020-07").await;
    world.clock.set(entry.kop.aangemaakt_op - chrono::TimeDelta::days(1));
    assert!(world.listing("VT07", "2020-07").await.leveringen.is_empty());
    world.clock.set("2026-01-01T00:00:00Z".parse().unwrap());
    assert!(world.listing("VT08", "2020-07").await.leveringen.is_empty());
    assert!(!world.listing("VT08", "2020-08").await.leveringen.is_empty());
}

#[tokio::test]
async fn fault_server_error_so_many_times_or_always() {
    let world = with_faults("VT07@2020-07=server_error:2 VT08@2020-07=server_error").await;
    for wanted in [500, 500, 200, 200] {
        assert_eq!(world.ask("VT07", "2020-07").await.status(), wanted);
    }
    for _ in 0..4 {
        assert_eq!(world.ask("VT08", "2020-07").await.status(), 500);
    }
    assert_eq!(world.ask("VT08", "2020-06").await.status(), 200);
}

#[tokio::test]
async fn fault_too_many_requests_in_both_forms() {
    let world = with_faults("VT07@2020-07=too_many_requests:2s VT08@2020-07=too_many_requests:30date").await;
    let seconds = world.ask("VT07", "2020-07").await;
    assert_eq!(
        (seconds.status(), &seconds.headers()[header::RETRY_AFTER]),
        (StatusCode::TOO_MANY_REQUESTS, &"2".parse().unwrap())
    );
    assert_eq!(world.ask("VT07", "2020-07").await.status(), StatusCode::OK);
    let dated = world.ask("VT08", "2020-07").await;
    assert_eq!(dated.headers()[header::RETRY_AFTER], "Tue, 01 Jun 2021 12:00:30 GMT");
    assert_eq!(dated.headers()[header::DATE], "Tue, 01 Jun 2021 12:00:00 GMT");
    assert_eq!(world.ask("VT08", "2020-07").await.status(), StatusCode::OK);
}

/// What arrives before the connection breaks; nothing breaks when the second is true.
async fn arrived(mut response: Response) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return (bytes, true),
            Err(_) => return (bytes, false),
        }
    }
}

#[tokio::test]
async fn fault_connection_cut_can_be_resumed_once_it_stops() {
    let world = with_faults("VT07@2020-07=connection_cut:1 VT08@2020-07=connection_cut").await;
    let (_, file) = world.first("VT07", "2020-07").await;
    let (mut bytes, complete) = arrived(world.file("VT07", &file, &[]).await).await;
    assert!(!complete && bytes.len() as u64 == file.bytes / 2);
    let rest = world.file("VT07", &file, &[(header::RANGE, &format!("bytes={}-", bytes.len()))]).await;
    bytes.extend_from_slice(&rest.bytes().await.unwrap());
    assert_eq!(digest(&bytes), file.sha256);
    let (_, file) = world.first("VT08", "2020-07").await;
    for _ in 0..2 {
        let (bytes, complete) = arrived(world.file("VT08", &file, &[]).await).await;
        assert!(!complete && bytes.len() as u64 == file.bytes / 2);
    }
    let (bytes, complete) =
        arrived(world.file("VT08", &file, &[(header::RANGE, &format!("bytes={}-", file.bytes / 2))]).await).await;
    assert!(!complete && bytes.is_empty(), "the second half never comes");
}

#[tokio::test]
async fn fault_slow_drip_takes_its_time() {
    let world = with_faults("VT07@2020-07=slow_drip:4096/5").await;
    let (_, file) = world.first("VT07", "2020-07").await;
    let started = tokio::time::Instant::now();
    let bytes = world.file("VT07", &file, &[]).await.bytes().await.unwrap();
    assert_eq!(digest(&bytes), file.sha256);
    assert!(started.elapsed() >= Duration::from_millis(5 * file.bytes.div_ceil(4096)));
}

#[tokio::test]
async fn fault_error_page_has_status_200() {
    let world = with_faults("VT07@2020-07=error_page_200:listing VT08@2020-07=error_page_200:file").await;
    let page = world.ask("VT07", "2020-07").await;
    assert_eq!(
        (page.status(), &page.headers()[header::CONTENT_TYPE]),
        (StatusCode::OK, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(page.text().await.unwrap().contains(ERROR_PAGE_TITLE));
    let (_, file) = world.first("VT08", "2020-07").await;
    let page = world.file("VT08", &file, &[]).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().starts_with("<!doctype html>"));
}

#[tokio::test]
async fn fault_redirect_leads_to_another_host_name() {
    let world = with_faults("VT07@2020-07=redirect_other_host:listing VT08@2020-07=redirect_other_host:file").await;
    let answer = world.ask("VT07", "2020-07").await;
    let port = world.region("VT07").base.rsplit(':').next().unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(answer.headers()[header::LOCATION], format!("http://localhost:{port}/v1/leveringen?maand=2020-07"));
    let (_, file) = world.first("VT08", "2020-07").await;
    assert_eq!(world.file("VT08", &file, &[]).await.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn fault_expired_certificate_is_refused_by_a_client_that_checks() {
    let world = with_faults("VT07@2020-07=expired_certificate").await;
    let error = world.get("VT07", "/v1/leveringen?maand=2020-01", &[]).await.unwrap_err();
    assert!(format!("{error:?}").contains("Expired"), "{error:?}");
    assert_eq!(world.ask("VT08", "2020-07").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn fault_changed_bytes_shows_after_the_first_fetch() {
    let world = with_faults("VT07@2020-07=changed_bytes").await;
    let (_, first) = world.first("VT07", "2020-07").await;
    assert_eq!(world.first("VT07", "2020-07").await.1, first, "nothing was fetched yet");
    world.file("VT07", &first, &[]).await.bytes().await.unwrap();
    let (entry, second) = world.first("VT07", "2020-07").await;
    assert_ne!(second.sha256, first.sha256);
    assert_eq!(entry.kop.levering_nr, 1);
    let bytes = world.file("VT07", &second, &[]).await.bytes().await.unwrap();
    assert_eq!(digest(&bytes), second.sha256);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let config = SimulatorConfig { first_port: Some(port), ..SimulatorConfig::default() };
    let clock = Arc::new(ManualClock::at("2021-06-01T12:00:00Z".parse().unwrap()));
    let error = Simulator::start(config, clock.clone()).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("VT01: cannot listen on 127.0.0.1:{port}: ")), "{error}");
    let config = SimulatorConfig { first_port: Some(u16::MAX), ..SimulatorConfig::default() };
    assert!(Simulator::start(config, clock).await.is_err());
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes_and_secrets_on_another_run() {
    let digests = async || {
        let world = with_faults("").await;
        let (entry, _) = world.first("VT09", "2019-03").await;
        let SimAuth::OAuth2 { client_secret, .. } = world.region("VT09").auth.clone() else {
            panic!("VT09 has OAuth2")
        };
        (entry, client_secret)
    };
    assert_eq!(digests().await, digests().await);
}
