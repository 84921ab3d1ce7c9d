//! `reproduce`: renders published issues again from what was recorded, and compares.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use vt_domain::codes::CodeLists;
use vt_domain::snapshot::Issue;
use vt_publication::reproduce::{Reproduced, reproduce};
use vt_publication::shelf::Shelf;
use vt_vault::Vault;

use crate::app::{App, register};
use crate::cli::ReproduceArgs;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Output, count};
use crate::progress::say;
use crate::stores::{open_existing_store, open_private_store};

/// What came of one issue.
#[derive(Serialize)]
struct Outcome {
    #[serde(flatten)]
    issue: Issue,
    #[serde(flatten)]
    reproduced: Option<Reproduced>,
    /// Why it can't be reproduced.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

pub(super) async fn run(args: &ReproduceArgs, output: Output, directory: &Path) -> Result<Exit> {
    let directory = args.out.as_ref().map_or_else(|| directory.to_owned(), |out| out.join("config"));
    let config = Config::load(&directory)?;
    let published = open_existing_store(&config.store.published)?;
    let vault = Vault::new(open_private_store(&config.store.private)?);
    let register = register(&config.register, &directory)?;
    let shelf = Shelf::read(published.as_ref()).await?;
    let wanted =
        |issue: &&Issue| issue.periode == args.period && args.issue.is_none_or(|number| issue.uitgave == number);
    let issues: Vec<Issue> = shelf.snapshots.keys().filter(wanted).copied().collect();
    if issues.is_empty() {
        say("nothing to reproduce: no such issue is published");
        return Ok(Exit::Invalid);
    }
    let mut outcomes = Vec::new();
    for issue in issues {
        let codes = CodeLists::builtin();
        let found = reproduce(&vault, published.as_ref(), issue, &register, codes, &App::software()).await;
        outcomes.push(match found {
            Ok(reproduced) => Outcome { issue, reproduced: Some(reproduced), failure: None },
            Err(error) => Outcome { issue, reproduced: None, failure: Some(error.to_string()) },
        });
    }
    output.answer(&outcomes, |outcomes| outcomes.iter().map(text).collect())?;
    let all_same = outcomes.iter().all(|outcome| outcome.reproduced.as_ref().is_some_and(Reproduced::holds));
    Ok(if all_same { Exit::Done } else { Exit::Invalid })
}

fn text(outcome: &Outcome) -> String {
    let issue = outcome.issue;
    let Some(found) = &outcome.reproduced else {
        return format!("{issue}: can't be reproduced: {}\n", outcome.failure.as_deref().unwrap_or_default());
    };
    let files = count(found.files, "file");
    match (&found.other_software, found.differing.is_empty()) {
        (_, true) => format!("{issue}: reproduced, {files} and the manifest, byte for byte\n"),
        (Some(other), false) if found.values_equal => {
            format!(
                "{issue}: made by {other}; the values are the same, the bytes of {} differ\n",
                found.differing.join(", ")
            )
        }
        (Some(other), false) => format!("{issue}: made by {other}; VALUES DIFFER in {}\n", found.differing.join(", ")),
        (None, false) => format!("{issue}: DIFFERS in {}\n", found.differing.join(", ")),
    }
}
