//! Whether every region's address answers, and what time it is there.

use std::sync::Arc;

use anyhow::{Context, Error};
use futures::{StreamExt, stream};
use vt_domain::register::Register;
use vt_domain::{Clock, Month};
use vt_intake::fetch::{FetchOptions, Fetcher};
use vt_intake::source::{Limits, SourceConfig};

use super::{Examined, clocks};
use crate::config::Config;

/// Regions that are asked at once.
const AT_ONCE: usize = 8;

/// A region that has not answered by then is not waited for, whatever a pull would wait.
const PATIENCE_SECONDS: u64 = 30;

/// Asks each region for its listing of last month, once; and the regions in force that have no source.
pub async fn examine(
    config: &Config,
    register: Option<&Register>,
    clock: Arc<dyn Clock>,
    rehearses: bool,
) -> Vec<Examined> {
    let today = clock.today();
    let options = FetchOptions { concurrency: AT_ONCE, ..FetchOptions::default() };
    let fetcher = &Fetcher::new(clock, options);
    let month = Month::of(today).previous();
    let asked = config.regions.iter().map(|source| one(fetcher, source, month, rehearses));
    let mut examined: Vec<Examined> = stream::iter(asked).buffer_unordered(AT_ONCE).concat().await;
    examined.sort_by(|a, b| a.what.cmp(&b.what));
    let has_source = |code: &str| config.regions.iter().any(|source| source.vt == code);
    let in_force = register.map(|register| register.vt_regions(today)).unwrap_or_default();
    let without = in_force.into_iter().filter(|vt| !has_source(&vt.code));
    let without: Vec<&str> = without.map(|vt| vt.code.as_str()).collect();
    if !without.is_empty() {
        let detail = format!("no source of {}: NL stays empty until they deliver (regions.toml)", without.join(" "));
        examined.push(Examined::warning("regions in force", detail));
    }
    examined
}

async fn one(fetcher: &Fetcher, source: &SourceConfig, month: Month, rehearses: bool) -> Vec<Examined> {
    let limits = Limits { attempts: 1, total_timeout_s: PATIENCE_SECONDS, ..source.limits.clone() };
    let source = &SourceConfig { limits, ..source.clone() };
    let seen = fetcher.list(source, month).await;
    let seen = seen.map(|listing| format!("answers; {} deliveries of {month}", listing.leveringen.len()));
    let mend = "regions.toml: check address, way of making ourselves known and certificate, or ask the region";
    let mut examined = vec![Examined::new(&source.vt, seen.map_err(Error::from).context(mend))];
    let apart = fetcher
        .ahead(source)
        .filter(|_| !rehearses)
        .map(|ahead| clocks::compared(&format!("{} clock", source.vt), ahead));
    // A clock that agrees is no news: 26 rows of them would hide the others.
    examined.extend(apart.filter(|apart| apart.verdict != super::Verdict::Ok));
    examined
}
