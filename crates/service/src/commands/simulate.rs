//! `simulate`: the 26 simulated regions alone, to point a configuration at.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde::Serialize;
use vt_domain::{Clock, ManualClock};
use vt_simulator::{FaultPlan, SimAuth, SimRegion, Simulator, SimulatorConfig};

use crate::cli::SimulateArgs;
use crate::exit::Exit;
use crate::output::{Output, table};
use crate::progress::say;
use crate::signals;

#[derive(Serialize)]
struct Address {
    vt: String,
    base: String,
    auth: &'static str,
}

pub(super) async fn run(args: &SimulateArgs, output: Output, clock: Arc<dyn Clock>) -> Result<Exit> {
    let stop = signals::watch(None)?;
    let faults: FaultPlan = args.faults.join(",").parse().context("--fault")?;
    let clock: Arc<dyn Clock> = match args.at {
        Some(instant) => Arc::new(ManualClock::at(instant)),
        None => clock,
    };
    let config = SimulatorConfig { seed: args.seed, faults, ..SimulatorConfig::default() };
    let simulator = Simulator::start(config, clock).await?;
    if let Some(folder) = &args.write_config {
        write_config(folder, simulator.regions())?;
        say(&format!("wrote {}", folder.join("regions.toml").display()));
    }
    let addresses: Vec<Address> = simulator
        .regions()
        .iter()
        .map(|region| Address { vt: region.vt.clone(), base: region.base.clone(), auth: kind(&region.auth) })
        .collect();
    output.answer(&addresses, |addresses| {
        table(["region", "address", "auth"], addresses.iter().map(|a| [a.vt.clone(), a.base.clone(), a.auth.into()]))
    })?;
    say("the regions are up; Ctrl-C ends them");
    stop.cancelled().await;
    simulator.stop().await;
    Ok(Exit::Done)
}

fn kind(auth: &SimAuth) -> &'static str {
    match auth {
        SimAuth::Bearer { .. } => "bearer",
        SimAuth::OAuth2 { .. } => "oauth2",
        SimAuth::Mtls { .. } => "mtls",
    }
}

/// Writes `regions.toml` and beside it `secrets/`, readable by the owner only, to which it refers.
fn write_config(folder: &Path, regions: &[SimRegion]) -> Result<()> {
    let folder = std::path::absolute(folder)?;
    let secrets = folder.join("secrets");
    fs::create_dir_all(&secrets).with_context(|| format!("`{}` can't be made", secrets.display()))?;
    let mut text = String::from("# Simulated regions, written by `vt-monitor simulate --write-config`.\n");
    for region in regions {
        let secret = |name: &str, content: &str| -> Result<String> {
            let path = secrets.join(format!("{}-{name}", region.vt));
            write_secret(&path, content)?;
            // TOML basic strings and JSON strings escape alike.
            Ok(serde_json::to_string(&path)?)
        };
        let auth = match &region.auth {
            SimAuth::Bearer { token } => {
                format!("{{ kind = \"bearer\", token = {{ file = {} }} }}", secret("token", token)?)
            }
            SimAuth::OAuth2 { token_url, client_id, client_secret, scope } => format!(
                "{{ kind = \"oauth2\", token_url = \"{token_url}\", client_id = \"{client_id}\", client_secret = {{ file = {} }}, scope = \"{scope}\" }}",
                secret("client-secret", client_secret)?
            ),
            SimAuth::Mtls { client_cert_pem, client_key_pem } => format!(
                "{{ kind = \"mtls\", cert = {}, key = {} }}",
                secret("cert.pem", client_cert_pem)?,
                secret("key.pem", client_key_pem)?
            ),
        };
        writeln!(
            text,
            "\n[[region]]\nvt = \"{}\"\n[region.source]\nkind = \"http\"\nbase = \"{}\"\nauth = {auth}",
            region.vt, region.base
        )?;
        if let Some(ca) = &region.ca_pem {
            writeln!(text, "ca_pem = {}", secret("ca.pem", ca)?)?;
        }
    }
    fs::write(folder.join("regions.toml"), text).with_context(|| format!("`{}` can't be written", folder.display()))
}

fn write_secret(path: &Path, content: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("`{}` can't be written", path.display()))?;
    Ok(file.write_all(content.as_bytes())?)
}
