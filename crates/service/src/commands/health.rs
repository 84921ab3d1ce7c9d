//! `health`: asks a service that runs how it is, as whoever watches a container does. Needs no token, no store and no ledger.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use url::Url;

use crate::api::ApiConfig;
use crate::cli::HealthArgs;
use crate::config::Config;
use crate::exit::{Exit, Usage};
use crate::output::Output;

/// Longer than the service itself looks at its parts.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the service of a configuration, on this machine.
pub(super) async fn run(args: &HealthArgs, output: Output, directory: &Path) -> Result<Exit> {
    ask(args, output, &here(&Config::load(directory)?.api)?).await
}

/// Asks the service at an address.
pub(super) async fn ask(args: &HealthArgs, output: Output, server: &str) -> Result<Exit> {
    let base: Url = server.parse().map_err(|_| Usage(format!("--server `{server}` is no address")))?;
    let path = if args.live { "/health/live" } else { "/health/ready" };
    let client = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).no_proxy();
    let address = format!("{}{path}", base.as_str().trim_end_matches('/'));
    let answer = client.build().context("the HTTP client")?.get(address).send().await;
    let host = base.host_str().unwrap_or_default();
    let answer = answer.map_err(reqwest::Error::without_url).with_context(|| format!("{host} does not answer"))?;
    let status = answer.status();
    let told = answer.bytes().await.map_err(reqwest::Error::without_url)?;
    let Ok(told) = serde_json::from_slice::<Value>(&told) else {
        bail!("{host} answers {status}, and not as this program does");
    };
    output.answer(&told, text)?;
    Ok(if status.is_success() { Exit::Done } else { Exit::Partial })
}

/// The title, and what is wrong where something is.
fn text(told: &Value) -> String {
    let field = |name: &str| told.get(name).and_then(Value::as_str);
    let title = field("title").or_else(|| field("status")).unwrap_or("answered");
    field("detail").map_or_else(|| title.to_owned(), |detail| format!("{title}: {detail}"))
}

/// Where the service of a configuration answers on this machine.
fn here(api: &ApiConfig) -> Result<String, Usage> {
    let Some(listen) = api.listen else {
        return Err(Usage("`[api] listen` is not set: such a service can't be asked".into()));
    };
    if api.tls.is_some() {
        let text = "the service speaks TLS: name it as its certificate does, with --server https://…";
        return Err(Usage(text.into()));
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    Ok(format!("http://{}", SocketAddr::new(ip, listen.port())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(listen: &str) -> Result<String, Usage> {
        here(&ApiConfig { listen: Some(listen.parse().unwrap()), ..ApiConfig::default() })
    }

    #[test]
    fn a_service_that_listens_everywhere_is_asked_on_this_machine() {
        assert_eq!(listening("127.0.0.1:8471").unwrap(), "http://127.0.0.1:8471");
        assert_eq!(listening("0.0.0.0:8471").unwrap(), "http://127.0.0.1:8471");
        assert_eq!(listening("[::]:8471").unwrap(), "http://[::1]:8471");
        assert_eq!(listening("192.0.2.7:80").unwrap(), "http://192.0.2.7:80");
        assert!(here(&ApiConfig::default()).unwrap_err().to_string().contains("listen"));
    }

    #[test]
    fn what_is_wrong_is_said_behind_the_title() {
        let not_ready = serde_json::json!({ "title": "Not ready", "detail": "the ledger can't be read" });
        assert_eq!(text(&not_ready), "Not ready: the ledger can't be read");
        assert_eq!(text(&serde_json::json!({ "title": "Ready" })), "Ready");
    }
}
