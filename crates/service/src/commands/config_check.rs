//! `config check`: reads the configuration, checks it without network, and says what it means.

use std::path::Path;

use anyhow::Result;
use chrono_tz::Europe::Amsterdam;
use serde::Serialize;
use vt_domain::Clock;

use crate::alerts::Alerting;
use crate::app;
use crate::config::{Config, ConfigError};
use crate::exit::Exit;
use crate::output::Output;
use crate::schedule::LocalCron;

#[derive(Serialize)]
struct Checked {
    published: String,
    private: String,
    ledger: String,
    regions: usize,
    regions_without_source: Vec<String>,
    exceptions: usize,
    alert_channels: Vec<String>,
    cadence: &'static str,
    next_wakes: Vec<String>,
    register: String,
}

pub(super) fn run(output: Output, directory: &Path, clock: &dyn Clock) -> Result<Exit> {
    let config = Config::load(directory)?;
    let register = app::register(&config.register, directory)?;
    for source in &config.regions {
        let rule = |rule: String| ConfigError::Rule { field: format!("region {}", source.vt), rule };
        source.check().map_err(|error| rule(error.to_string()))?;
        if register.vt(&source.vt).is_none() {
            return Err(rule("is not in the register".into()).into());
        }
    }
    for vt in config.api.oidc.iter().flat_map(|oidc| oidc.roles.values()).filter_map(|grant| grant.regio.as_deref()) {
        if register.vt(vt).is_none() {
            let rule = format!("{vt} is not in the register");
            return Err(ConfigError::Rule { field: "api.oidc.roles".into(), rule }.into());
        }
    }
    let catalogue = app::catalogue(&config.register, directory)?;
    for exception in &config.exceptions {
        let rule =
            |error: &dyn std::fmt::Display| ConfigError::Rule { field: "exception".into(), rule: error.to_string() };
        exception.check(&catalogue).map_err(|error| rule(&error))?;
    }
    if let Some(tls) = &config.api.tls {
        for file in [&tls.cert, &tls.key] {
            std::fs::metadata(file).map_err(|error| ConfigError::Rule {
                field: "api.tls".into(),
                rule: format!("`{}`: {error}", file.display()),
            })?;
        }
    }
    let alerting = Alerting::of(&config.alerts)?;
    if let Some(vt) = alerting.regions.keys().find(|vt| register.vt(vt).is_none()) {
        let (field, rule) = (format!("alerts.region_addresses.{vt}"), "is not in the register".to_owned());
        return Err(ConfigError::Rule { field, rule }.into());
    }
    config.disclosure.policy.check()?;
    let known = |code: &str| config.regions.iter().any(|source| source.vt == code);
    let without = register.vt_regions(clock.today()).into_iter().filter(|vt| !known(&vt.code));
    let wakes = LocalCron::parse_soon(&config.schedule.wake, clock.now())
        .map_err(|error| ConfigError::Rule { field: "schedule.wake".into(), rule: error.to_string() })?;
    let checked = Checked {
        regions_without_source: without.map(|vt| vt.code.clone()).collect(),
        published: config.store.published,
        private: config.store.private,
        ledger: config.ledger.to_string(),
        regions: config.regions.len(),
        exceptions: config.exceptions.len(),
        alert_channels: alerting.all_channels().iter().map(ToString::to_string).collect(),
        cadence: config.schedule.cadence.name(),
        next_wakes: wakes.after(clock.now()).take(3).map(|at| at.with_timezone(&Amsterdam).to_rfc3339()).collect(),
        register: register.version().to_owned(),
    };
    output.answer(&checked, text)?;
    Ok(Exit::Done)
}

fn text(checked: &Checked) -> String {
    let mut text = format!(
        "configuration is right\npublished   {}\nprivate     {}\nledger      {}\nregions     {}, {} exceptions to checks\nalerts      {}\ncadence     {}\nregister    {}\nnext wakes  {}\n",
        checked.published,
        checked.private,
        checked.ledger,
        checked.regions,
        checked.exceptions,
        alerts(checked),
        checked.cadence,
        checked.register,
        checked.next_wakes.join(", "),
    );
    if !checked.regions_without_source.is_empty() {
        text += &format!(
            "note: in force today but without a source: {}; NL stays empty until they deliver\n",
            checked.regions_without_source.join(" ")
        );
    }
    text
}

fn alerts(checked: &Checked) -> String {
    if checked.alert_channels.is_empty() {
        return "nobody is told; they stand in `vt-monitor alerts list`".into();
    }
    format!("to {}", checked.alert_channels.join(", "))
}
