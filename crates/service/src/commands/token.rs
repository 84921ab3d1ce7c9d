//! `token`: who may come in.

use anyhow::Result;
use serde_json::json;

use super::place::Place;
use crate::cli::{TokenCommand, TokenEndSessionsArgs, TokenNewArgs};
use crate::exit::Exit;
use crate::ops::{self, EndSessionsBody, NewTokenBody};
use crate::output::{Output, count, table};
use crate::progress::say;
use crate::views::{EndedView, NewTokenView, SessionView, TokenView};

pub(super) async fn run(what: &TokenCommand, output: Output, place: &Place) -> Result<Exit> {
    match what {
        TokenCommand::New(args) => {
            let made: NewTokenView = match place {
                Place::Here(app) => ops::new_token(app, &body(args), &args.who.change(app.clock.now())).await?,
                Place::There(remote) => remote.post("/v1/tokens", &body(args)).await?,
            };
            output.answer(&made, |made| format!("{}\n", made.secret))?;
            let until = made.token.expires_at.date_naive();
            say(&format!(
                "token {} ({}, until {until}): its secret is shown this once",
                made.token.id, made.token.role
            ));
        }
        TokenCommand::List => {
            let tokens: Vec<TokenView> = match place {
                Place::Here(app) => ops::tokens(app).await?,
                Place::There(remote) => remote.get("/v1/tokens", &[]).await?,
            };
            output.answer(&tokens, |tokens| text(tokens))?;
        }
        TokenCommand::Revoke(args) => {
            let revoked: TokenView = match place {
                Place::Here(app) => ops::revoke_token(app, args.id, &args.who.change(app.clock.now())).await?,
                Place::There(remote) => {
                    let body = json!({ "reason": args.who.reason });
                    remote.post(&format!("/v1/tokens/{}/revoke", args.id), &body).await?
                }
            };
            output.answer(&vec![revoked], |tokens| text(tokens))?;
        }
        TokenCommand::Sessions => {
            let sessions: Vec<SessionView> = match place {
                Place::Here(app) => ops::sessions(app).await?,
                Place::There(remote) => remote.get("/v1/sessions", &[]).await?,
            };
            output.answer(&sessions, |sessions| sessions_text(sessions))?;
        }
        TokenCommand::EndSessions(args) => output.answer(&end_sessions(args, place).await?, |ended| {
            format!("{} of {} ended\n", count(ended.ended, "session"), ended.actor)
        })?,
    }
    Ok(Exit::Done)
}

async fn end_sessions(args: &TokenEndSessionsArgs, place: &Place) -> Result<EndedView> {
    let TokenEndSessionsArgs { actor, who } = args;
    match place {
        Place::Here(app) => ops::end_sessions(app, actor, &who.change(app.clock.now())).await,
        Place::There(remote) => {
            let body = EndSessionsBody { actor: actor.clone(), reason: who.reason.clone() };
            remote.post("/v1/sessions/end", &body).await
        }
    }
}

fn sessions_text(sessions: &[SessionView]) -> String {
    if sessions.is_empty() {
        return "nobody is logged in\n".into();
    }
    let minute = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%MZ").to_string();
    table(
        ["who", "role", "region", "since", "until"],
        sessions.iter().map(|it| {
            let region = it.regio.clone().unwrap_or_else(|| "-".into());
            [it.actor.clone(), it.role.clone(), region, minute(it.begun_at), minute(it.expires_at)]
        }),
    )
}

fn body(args: &TokenNewArgs) -> NewTokenBody {
    NewTokenBody { name: args.name.clone(), role: args.role.clone(), days: args.days, reason: args.who.reason.clone() }
}

fn text(tokens: &[TokenView]) -> String {
    if tokens.is_empty() {
        return "no token was made\n".into();
    }
    let day =
        |at: &Option<chrono::DateTime<chrono::Utc>>| at.map_or_else(|| "-".into(), |at| at.date_naive().to_string());
    table(
        ["nr", "name", "role", "region", "made", "by", "until", "revoked", "last used"],
        tokens.iter().map(|token| {
            [
                token.id.to_string(),
                token.name.clone(),
                token.role.clone(),
                token.regio.clone().unwrap_or_else(|| "-".into()),
                token.created_at.date_naive().to_string(),
                token.created_by.clone(),
                token.expires_at.date_naive().to_string(),
                day(&token.revoked_at),
                day(&token.last_used),
            ]
        }),
    )
}
