use std::time::Duration;

use vt_domain::ManualClock;
use vt_ledger::{AuditFilter, LedgerError, NewRun};
use vt_servers::Postgres;

use super::*;
use crate::cli::Who;
use crate::commands::exit_of;

fn clock() -> ManualClock {
    ManualClock::at("2020-09-14T06:00:00Z".parse().unwrap())
}

fn args(from: &Path, to: &str) -> LedgerCopyArgs {
    LedgerCopyArgs {
        from: Some(format!("sqlite:{}", from.display())),
        from_password_file: None,
        to: to.to_owned(),
        to_password_file: None,
        who: Who { reason: "to a server".into(), by: Some("ann".into()) },
    }
}

async fn copied(args: &LedgerCopyArgs) -> Result<Exit> {
    copy(args, Output::new(true), Path::new("nowhere"), &clock()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_moves_to_a_server_with_who_moved_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let server = Postgres::shared().unwrap();
    let url = server.new_ledger().unwrap();
    let none = copied(&args(&file, &url)).await.unwrap_err();
    assert!(exit_of(&none) == Exit::Usage && !file.exists(), "{none:#}");

    let ledger = Ledger::open(file.to_str().unwrap()).await.unwrap();
    let run = ledger.begin_run(&NewRun::of_this_process("run", "0.1.0", clock().now())).await.unwrap();
    let lease = ledger.claim("leader", "of another machine", Duration::from_secs(60)).await.unwrap().unwrap();
    let busy = copied(&args(&file, &url)).await.unwrap_err();
    assert!(exit_of(&busy) == Exit::Refused && busy.to_string().contains("stop the service"), "{busy:#}");
    assert!(ledger.release(&lease).await.unwrap());

    assert_eq!(copied(&args(&file, &url)).await.unwrap(), Exit::Done);
    let moved = Ledger::open(&url).await.unwrap();
    assert_eq!(moved.latest_runs(9).await.unwrap()[0].id, run);
    let log = moved.audit_log(&AuditFilter::default()).await.unwrap();
    let entry = log.first().map(|entry| (entry.action.as_str(), entry.actor.as_str(), entry.reason.as_str()));
    assert_eq!(entry, Some(("ledger.copy", "ann", "to a server")));
    assert!(!log[0].after.as_ref().unwrap().to_string().contains(vt_servers::PASSWORD), "{:?}", log[0].after);
    let again = copied(&args(&file, &url)).await.unwrap_err();
    assert!(exit_of(&again) == Exit::Refused && again.to_string().contains("not empty"), "{again:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_is_made_once_and_a_dry_run_makes_none() {
    let server = Postgres::shared().unwrap();
    let (url, folder) = (server.new_ledger().unwrap(), tempfile::tempdir().unwrap());
    let password = folder.path().join("password");
    std::fs::write(&password, vt_servers::PASSWORD).unwrap();
    let bare = url.replace(&format!(":{}", vt_servers::PASSWORD), "");
    let migrated = async |dry_run: bool| {
        let args = LedgerMigrateArgs { url: Some(bare.clone()), password_file: Some(password.clone()), dry_run };
        migrate(&args, Output::new(true), Path::new("nowhere")).await.unwrap()
    };
    let location = vt_ledger::Location::parse(&url).unwrap();
    assert_eq!(migrated(true).await, Exit::Done);
    assert_eq!(Ledger::schema_at(&location).await.unwrap(), None);
    assert_eq!(migrated(false).await, Exit::Done);
    assert_eq!(Ledger::schema_at(&location).await.unwrap(), Some(Ledger::known_schema()));
    let wrong = LedgerConfig::at("postgres://vt@localhost:1/vt").open().await.unwrap_err();
    assert!(matches!(wrong.downcast_ref(), Some(LedgerError::NoAnswer { .. })), "{wrong:#}");
}
