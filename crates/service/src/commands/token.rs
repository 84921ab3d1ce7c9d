//! `token`: who may come in.

use anyhow::Result;
use serde_json::json;

use super::place::Place;
use crate::cli::{TokenCommand, TokenNewArgs};
use crate::exit::Exit;
use crate::ops::{self, NewTokenBody};
use crate::output::{Output, table};
use crate::progress::say;
use crate::views::{NewTokenView, TokenView};

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
    }
    Ok(Exit::Done)
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
