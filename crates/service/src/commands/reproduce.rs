//! `reproduce`: renders published issues again from what was recorded, and compares.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use vt_domain::snapshot::Issue;
use vt_publication::PublicationError;
use vt_publication::reproduce::{ReproduceError, Reproduced, reproduce};
use vt_publication::shelf::Shelf;

use super::demo::STORE_KEY;
use super::named;
use crate::app::{App, code_lists, register};
use crate::belonging::Store;
use crate::cli::{IssueName, ReproduceArgs};
use crate::config::Config;
use crate::encryption;
use crate::exit::Exit;
use crate::output::{Output, count};
use crate::stores::{local, must_exist, open_existing};

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
    #[serde(skip)]
    exit: Exit,
}

impl Outcome {
    fn of(issue: Issue, found: Result<Reproduced, ReproduceError>) -> Self {
        let exit = match &found {
            Ok(reproduced) if reproduced.holds() => Exit::Done,
            // What was removed after its term is not wrong.
            Err(ReproduceError::Publication(PublicationError::MemoryRemoved { .. })) => Exit::Refused,
            Ok(_) | Err(_) => Exit::Invalid,
        };
        let failure = found.as_ref().err().map(ToString::to_string);
        Self { issue, reproduced: found.ok(), failure, exit }
    }
}

pub(super) async fn run(args: &ReproduceArgs, output: Output, directory: &Path) -> Result<Exit> {
    let directory = match &args.out {
        Some(out) => {
            must_exist(&out.to_string_lossy())?;
            out.join("config")
        }
        None => directory.to_owned(),
    };
    let mut config = Config::load(&directory)?;
    if let Some(out) = args.out.as_ref().filter(|_| local(&config.store.private).is_some()) {
        // The demo's own configuration says where it was made; the folder may have been moved or copied since.
        let within = |name: &str| out.join(name).to_string_lossy().into_owned();
        (config.store.published, config.store.private) = (within("published"), within("private"));
        if let Some(encryption) = &mut config.store.encryption {
            encryption.file = Some(out.join(STORE_KEY));
        }
    }
    let published = open_existing(&config.store, Store::Published)?;
    let vault = encryption::open(open_existing(&config.store, Store::Private)?, &config.store).await?;
    let (register, codes) = (register(&config.register, &directory)?, code_lists(&config.register, &directory)?);
    let shelf = Shelf::read(published.as_ref()).await?;
    let issues = match args.issue {
        Some(_) => vec![named::issue(&shelf, IssueName { period: args.period, issue: args.issue })?],
        None => named::issues(&shelf, args.period)?,
    };
    let mut outcomes = Vec::new();
    for issue in issues {
        let found = reproduce(&vault, published.as_ref(), issue, &register, &codes, &App::software()).await;
        outcomes.push(Outcome::of(issue, found));
    }
    output.answer(&outcomes, |outcomes| outcomes.iter().map(text).collect())?;
    let ended = |exit: Exit| outcomes.iter().any(|outcome| outcome.exit == exit);
    Ok(if ended(Exit::Invalid) {
        Exit::Invalid
    } else if ended(Exit::Refused) {
        Exit::Refused
    } else {
        Exit::Done
    })
}

fn text(outcome: &Outcome) -> String {
    let issue = outcome.issue;
    let Some(found) = &outcome.reproduced else {
        return format!("{issue}: can't be reproduced: {}\n", outcome.failure.as_deref().unwrap_or_default());
    };
    let files = count(found.files, "file");
    if !found.damaged.is_empty() {
        return format!("{issue}: CHANGED OR MISSING: {}\n", found.damaged.join(", "));
    }
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
