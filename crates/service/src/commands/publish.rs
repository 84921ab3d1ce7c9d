//! `publish`: a period, now.

use anyhow::Result;

use super::place::Place;
use super::{follow, refused, who};
use crate::app::App;
use crate::cli::PublishArgs;
use crate::exit::Exit;
use crate::ops::{Order, Ordered, PublishBody};
use crate::output::Output;
use crate::progress::say;
use crate::publishing::{self, PublishResult};
use crate::remote::Remote;
use crate::views::OrderView;

/// What came of an order.
enum Came {
    /// There was nothing to do.
    Nothing(String),
    /// This was done.
    Results(Vec<PublishResult>, Exit),
}

pub(super) async fn run(args: &PublishArgs, output: Output, place: &Place) -> Result<Exit> {
    let came = match place {
        Place::Here(app) => here(args, app).await,
        Place::There(remote) => there(args, remote).await,
    };
    match came {
        Ok(Came::Nothing(why)) => {
            say(&why);
            Ok(Exit::Done)
        }
        Ok(Came::Results(results, exit)) => {
            output.answer(&results, |results| publishing::results_text(results))?;
            Ok(exit)
        }
        Err(error) => refused(error),
    }
}

async fn here(args: &PublishArgs, app: &App) -> Result<Came> {
    let asked = asked(args);
    let change = who::change(app.clock.now(), None, &asked.reason);
    match Order::begin(app, &asked, &change).await? {
        Ordered::Nothing(why) => Ok(Came::Nothing(why)),
        Ordered::Begun(order) => {
            let (outcome, exit) = order.carry_out(app).await?;
            Ok(Came::Results(outcome?, exit))
        }
    }
}

async fn there(args: &PublishArgs, remote: &Remote) -> Result<Came> {
    let order: OrderView = remote.post("/v1/publish", &asked(args)).await?;
    let Some(run) = order.run else { return Ok(Came::Nothing(order.text.unwrap_or_default())) };
    let (results, exit) = follow::publications(remote, &run).await?;
    Ok(Came::Results(results, exit))
}

fn asked(args: &PublishArgs) -> PublishBody {
    let reason = args.reason.clone().unwrap_or_default();
    PublishBody { periode: args.period, incomplete: args.incomplete, reason }
}
