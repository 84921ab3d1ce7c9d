//! `schedule`: when the service wakes, and what will be due then.

use anyhow::Result;

use super::place::Place;
use crate::cli::PreviewArgs;
use crate::exit::Exit;
use crate::ops;
use crate::output::{Output, count, table};
use crate::preview::{Coming, Wake, What};

pub(super) async fn preview(args: &PreviewArgs, output: Output, place: &Place) -> Result<Exit> {
    let wakes = match place {
        Place::Here(app) => ops::schedule(app, args.n as usize).await?,
        Place::There(remote) => {
            let from = args.from.map(|from| ("from", from.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)));
            let query: Vec<(&str, String)> = from.into_iter().chain([("n", args.n.to_string())]).collect();
            remote.get("/v1/schedule", &query).await?
        }
    };
    output.answer(&wakes, |wakes| text(wakes))?;
    Ok(Exit::Done)
}

fn text(wakes: &[Wake]) -> String {
    let rows = wakes.iter().flat_map(|wake| {
        let mut due = wake.due.iter().map(line);
        let first = due.next().unwrap_or_else(|| "-".into());
        let row = [wake.local.clone(), wake.at.format("%Y-%m-%dT%H:%M:%SZ").to_string(), first];
        std::iter::once(row).chain(due.map(|line| [String::new(), String::new(), line]))
    });
    table(["local time", "instant", "comes up"], rows)
}

fn line(coming: &Coming) -> String {
    let regions = coming.regions.map_or_else(String::new, |n| format!(" ({})", count(n, "region")));
    let since = match coming.what {
        What::DeliveryDue => format!(" on {}", coming.on),
        _ => String::new(),
    };
    format!("{} {}{regions}{since}", coming.what.text(), coming.about)
}
