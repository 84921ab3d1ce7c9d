//! Nothing secret in a log, at the finest level, nor in an error.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use vt_intake::secret::SecretRef;
use vt_intake::source::{Auth, CredentialsIn};

use crate::server::{Reply, Server};
use crate::world::{MELDING, World, entry, good, http, with_auth};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_secret_and_no_content_is_in_a_log_or_an_error() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).with_ansi(false);
    // For the whole process: what the other tests log meanwhile must be as clean.
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();

    let tokens = Server::start(|_, n| {
        Reply::json(&json!({"access_token": format!("GEHEIM-token-{n}"), "token_type": "Bearer"}))
    })
    .await;
    let server = Server::start(|seen, n| match (seen.path.as_str(), n) {
        ("/v1/files/melding.csv?sig=GEHEIM-sig", 0) => Reply::new(500, &["Retry-After: 0"], "GEHEIM-body"),
        ("/v1/files/melding.csv?sig=GEHEIM-sig", 1) => Reply::new(302, &["Location: melding.csv?sig=GEHEIM-2"], ""),
        ("/v1/files/melding.csv?sig=GEHEIM-2", 0) => {
            Reply::head(200, &[&format!("Content-Length: {}", MELDING.len())]).send(&MELDING[..20])
        }
        ("/v1/files/melding.csv?sig=GEHEIM-sig", _) => Reply::new(200, &[], MELDING.replace("M1", "M2")),
        ("/v1/files/weg?sig=GEHEIM-sig", _) => Reply::new(302, &["Location: https://elders.nl/GEHEIM-pad"], ""),
        _ => good(seen),
    })
    .await;
    let auth = Auth::Oauth2 {
        token_url: format!("{}/token", tokens.base).parse().unwrap(),
        client_id: "lotc".into(),
        client_secret: SecretRef::inline("GEHEIM-secret"),
        scope: None,
        credentials_in: CredentialsIn::Form,
    };
    let (world, source) = (World::new(), with_auth(&server.base, auth));
    world.list(&source).await.unwrap();
    let mut errors = Vec::new();
    for href in ["files/melding.csv?sig=GEHEIM-sig", "files/weg?sig=GEHEIM-sig", "https://u:GEHEIM-pw@elders.nl/GEHEIM"]
    {
        let mut levering = entry(1);
        levering["bestanden"][1]["href"] = json!(href);
        errors.push(world.refused(&source, levering).await);
    }
    let mut closed = http("http://127.0.0.1:1/?x");
    closed.limits.attempts = 1;
    errors.push(world.list(&closed).await.unwrap_err());

    let rules: Vec<_> = errors.iter().map(vt_intake::fetch::FetchError::rule).collect();
    assert_eq!(rules, ["digest", "redirect_elsewhere", "href", "source"]);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    // The log is on: our own lines and those of the HTTP client are in it.
    assert!(log.contains("attempt failed, trying again") && log.contains("region=\"VT07\""), "{log}");
    assert!(log.contains("hyper"), "{log}");
    for text in [log, format!("{errors:?}"), errors.iter().map(ToString::to_string).collect(), format!("{source:?}")] {
        let found = text.lines().find(|line| line.contains("GEHEIM") || line.contains("M2;2020"));
        assert_eq!(found, None);
    }
}
