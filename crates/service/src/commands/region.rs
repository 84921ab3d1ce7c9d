//! `region`: what is agreed with regions.

use anyhow::Result;
use serde_json::json;

use super::place::Place;
use crate::cli::{RegionCommand, RegionExtendArgs, RegionOutageArgs, RegionPauseArgs};
use crate::exit::Exit;
use crate::ops::{self, Arrange, ArrangeKind};
use crate::output::{Output, table};
use crate::views::ArrangementView;

pub(super) async fn run(what: &RegionCommand, output: Output, place: &Place) -> Result<Exit> {
    let rows = match place {
        Place::Here(app) => {
            let now = app.clock.now();
            match what {
                RegionCommand::List => ops::arrangements(app).await?,
                RegionCommand::Pause(args) => vec![ops::pause(app, &args.region, &args.why.change(now)).await?],
                RegionCommand::Resume(args) => ops::resume(app, &args.region, &args.why.change(now)).await?,
                RegionCommand::Outage(args) => vec![ops::arrange(app, &outage(args), &args.why.change(now)).await?],
                RegionCommand::Extend(args) => vec![ops::arrange(app, &extension(args), &args.why.change(now)).await?],
                RegionCommand::End(args) => vec![ops::end(app, args.id, &args.why.change(now)).await?],
            }
        }
        Place::There(remote) => {
            let steer = |args: &RegionPauseArgs, to: &str| {
                (format!("/v1/regions/{}/{to}", args.region), json!({ "reason": args.why.reason }))
            };
            match what {
                RegionCommand::List => remote.get("/v1/arrangements", &[]).await?,
                RegionCommand::Pause(args) => {
                    let (path, body) = steer(args, "pause");
                    vec![remote.post(&path, &body).await?]
                }
                RegionCommand::Resume(args) => {
                    let (path, body) = steer(args, "resume");
                    remote.post(&path, &body).await?
                }
                RegionCommand::Outage(args) => vec![remote.post("/v1/arrangements", &outage(args)).await?],
                RegionCommand::Extend(args) => vec![remote.post("/v1/arrangements", &extension(args)).await?],
                RegionCommand::End(args) => {
                    let body = json!({ "reason": args.why.reason });
                    vec![remote.post(&format!("/v1/arrangements/{}/end", args.id), &body).await?]
                }
            }
        }
    };
    output.answer(&rows, |rows| text(rows))?;
    Ok(Exit::Done)
}

fn outage(args: &RegionOutageArgs) -> Arrange {
    Arrange {
        kind: ArrangeKind::Outage,
        vt: args.region.clone(),
        maand: None,
        from: args.from,
        until: args.until,
        owner: args.owner.clone(),
        reason: args.why.reason.clone(),
    }
}

fn extension(args: &RegionExtendArgs) -> Arrange {
    Arrange {
        kind: ArrangeKind::Extension,
        vt: args.region.clone(),
        maand: Some(args.month),
        from: None,
        until: args.until,
        owner: args.owner.clone(),
        reason: args.why.reason.clone(),
    }
}

fn text(rows: &[ArrangementView]) -> String {
    if rows.is_empty() {
        return "nothing was agreed\n".into();
    }
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    table(
        ["nr", "region", "what", "month", "from", "until", "ended", "owner", "why"],
        rows.iter().map(|it| {
            [
                it.id.to_string(),
                it.vt.clone(),
                it.kind.clone(),
                or_dash(it.maand.map(|month| month.to_string())),
                it.from.to_string(),
                or_dash(it.until.map(|day| day.to_string())),
                or_dash(it.ended_at.map(|at| vt_domain::clock::local_date(at).to_string())),
                it.owner.clone(),
                it.reason.clone(),
            ]
        }),
    )
}
