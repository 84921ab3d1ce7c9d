//! `void`: gives up a reservation that can't be finished.

use anyhow::Result;
use serde_json::json;
use vt_domain::snapshot::Issue;

use super::place::Place;
use super::{refused, who};
use crate::cli::VoidArgs;
use crate::exit::Exit;
use crate::ops;
use crate::output::Output;
use crate::views::VoidView;

pub(super) async fn run(args: &VoidArgs, output: Output, place: &Place) -> Result<Exit> {
    match void(args, place).await {
        Ok(voided) => {
            output.answer(&voided, text)?;
            Ok(Exit::Done)
        }
        Err(error) => refused(error),
    }
}

async fn void(args: &VoidArgs, place: &Place) -> Result<VoidView> {
    let VoidArgs { period, issue, reason } = args;
    match place {
        Place::Here(app) => {
            let issue = Issue { periode: *period, uitgave: *issue };
            ops::void(app, issue, who::change(app.clock.now(), None, reason)).await
        }
        Place::There(remote) => {
            let path = format!("/v1/snapshots/{}/{period}/{issue}/void", period.kind().name());
            remote.post(&path, &json!({ "reason": reason })).await
        }
    }
}

fn text(voided: &VoidView) -> String {
    let VoidView { periode, uitgave, changed, cleared } = voided;
    let cleared = match cleared {
        0 => String::new(),
        files => format!(" {files} files of its draft were removed from the published store."),
    };
    let said = if *changed {
        format!(
            "{periode} issue {uitgave} is void: it is never finished, its number stays unused, and its values bind the next \
             issue as if they had been published. What is due of {periode} now: `vt-monitor status`."
        )
    } else {
        format!("{periode} issue {uitgave} was void already.")
    };
    said + &cleared
}
