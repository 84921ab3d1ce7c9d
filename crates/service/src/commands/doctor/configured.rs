//! Whether what stands in the files makes sense, beyond the form of each field.

use std::path::Path;

use anyhow::{Error, anyhow};
use chrono::{DateTime, Utc};
use vt_domain::register::Register;

use super::Examined;
use crate::app;
use crate::config::Config;
use crate::schedule::LocalCron;

/// The rules that need no network; a row for each that is broken.
pub fn examine(
    config: &Config,
    directory: &Path,
    register: Result<&Register, &Error>,
    now: DateTime<Utc>,
) -> Vec<Examined> {
    let mut wrong: Vec<Error> = Vec::new();
    match register {
        Ok(register) => wrong.extend(of_regions(config, register)),
        Err(error) => wrong.push(anyhow!("{error:#}")),
    }
    wrong.extend(app::code_lists(&config.register, directory).err());
    match app::catalogue(&config.register, directory) {
        Ok(catalogue) => {
            let broken = config.exceptions.iter().filter_map(|exception| exception.check(&catalogue).err());
            wrong.extend(broken.map(|error| anyhow!("regions.toml, exception: {error}")));
        }
        Err(error) => wrong.push(error),
    }
    wrong.extend(config.disclosure.policy.check().err().map(|error| anyhow!("disclosure.toml: {error}")));
    // One that is no expression is told of with the other rules.
    if LocalCron::parse(&config.schedule.wake).is_ok()
        && let Err(error) = LocalCron::parse_soon(&config.schedule.wake, now)
    {
        wrong.push(anyhow!("service.toml, schedule.wake: {error}"));
    }
    wrong.into_iter().map(|error| Examined::new("configuration", Err(error))).collect()
}

fn of_regions(config: &Config, register: &Register) -> Vec<Error> {
    let mut wrong = Vec::new();
    for source in &config.regions {
        let vt = &source.vt;
        wrong.extend(source.check().err().map(|error| anyhow!("regions.toml, region {vt}: {error}")));
        if register.vt(vt).is_none() {
            wrong.push(anyhow!(
                "regions.toml, region {vt}: it is not in the register; `vt-monitor regions` lists those that are"
            ));
        }
    }
    wrong
}
