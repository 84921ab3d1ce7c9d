//! Where commands can be carried out, and what becomes of the address of a service that is given to one that only works here.

use crate::cli::{BackupCommand, Cli, Command, KeyCommand, LedgerCommand};
use crate::exit::Usage;

/// The environment variable that names a service.
pub(super) const SERVER: &str = "VT_MONITOR_SERVER";

/// Where a command can be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Beside the ledger, and by a service far away.
    Anywhere,
    /// Beside the ledger and the stores of the configuration only.
    Beside,
    /// Here, whatever the stores of the configuration hold: what it works on is named, or made.
    Apart,
}

fn reach(command: &Command) -> Reach {
    match command {
        Command::Status(_)
        | Command::Deliveries(_)
        | Command::Findings(_)
        | Command::Report(_)
        | Command::Schedule(_)
        | Command::Cadence(_)
        | Command::Region(_)
        | Command::Backfill(_)
        | Command::Alerts(_)
        | Command::AuditLog(_)
        | Command::Token(_)
        | Command::Run(_)
        | Command::Publish(_)
        | Command::Void(_)
        | Command::Health(_)
        | Command::Erratum(_) => Reach::Anywhere,
        Command::Diff(args) if args.store.is_none() => Reach::Anywhere,
        Command::Reproduce(args) if args.out.is_some() => Reach::Apart,
        Command::Ledger(LedgerCommand::Migrate(args)) if args.url.is_some() => Reach::Apart,
        Command::Ledger(LedgerCommand::Copy(args)) if args.from.is_some() => Reach::Apart,
        Command::Demo(_)
        | Command::Simulate(_)
        | Command::Verify(_)
        | Command::Audit(_)
        | Command::Diff(_)
        | Command::Disclosure(_)
        | Command::Regions(_)
        | Command::Config(_)
        | Command::Backup(BackupCommand::Check(_))
        | Command::Key(KeyCommand::New(_) | KeyCommand::NewEncryption(_) | KeyCommand::Public(_)) => Reach::Apart,
        Command::Key(_)
        | Command::Cluster(_)
        | Command::Pull(_)
        | Command::Housekeeping(_)
        | Command::Rekey(_)
        | Command::Reproduce(_)
        | Command::Ledger(_)
        | Command::Serve
        | Command::Backup(_)
        | Command::Doctor => Reach::Beside,
    }
}

/// The address of the service to ask: that of the command line, else that of the `environment`. One that would not be asked is
/// refused, so that nobody takes what stands here for what stands there; an address of the environment hinders no command that looks
/// at no store.
///
/// # Errors
/// [`Usage`] names what gave the address.
pub(super) fn server(cli: &Cli, environment: Option<String>) -> Result<Option<String>, Usage> {
    let environment = environment.filter(|address| !address.trim().is_empty());
    let (address, by) = match (&cli.server, environment) {
        (Some(address), _) => (address.clone(), "--server"),
        (None, Some(address)) => (address, SERVER),
        (None, None) => return Ok(None),
    };
    match reach(&cli.command) {
        Reach::Anywhere => Ok(Some(address)),
        Reach::Apart if by == SERVER => Ok(None),
        Reach::Apart => Err(Usage(format!("{by}: no service does this; it is done here, leave the option out"))),
        Reach::Beside => Err(Usage(format!(
            "{by}: no service does this; it works beside the ledger and the stores only, without {by}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    const FAR: [&str; 2] = ["--server", "https://a"];

    fn asked(arguments: &[&str], environment: Option<&str>) -> Result<Option<String>, String> {
        let cli = Cli::try_parse_from(["vt-monitor"].iter().chain(arguments)).unwrap();
        server(&cli, environment.map(str::to_owned)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_service_is_asked_by_the_option_or_the_environment() {
        let far = |address: &str| Ok(Some(address.to_owned()));
        assert_eq!(asked(&["status"], None), Ok(None));
        assert_eq!(asked(&["status"], Some("")), Ok(None), "an empty variable names none");
        assert_eq!(asked(&["status"], Some("https://b")), far("https://b"));
        assert_eq!(asked(&["--server", "https://a", "status"], Some("https://b")), far("https://a"));
        assert_eq!(asked(&["diff", "2020W406", "2020W407"], Some("https://b")), far("https://b"));
        let retract = ["erratum", "retract", "--period", "2020W407", "--issue", "1", "--text", "Niet gebruiken."];
        assert_eq!(asked(&retract, Some("https://b")), far("https://b"));
    }

    #[test]
    fn what_only_works_here_refuses_an_address_and_names_what_gave_it() {
        for local in [
            &["doctor"][..],
            &["serve"],
            &["housekeeping"],
            &["pull", "--month", "2020-07"],
            &["key", "show"],
            &["backup", "make", "--to", "b"],
            &["ledger", "migrate"],
        ] {
            let by_option = asked(&[&FAR[..], local].concat(), None).unwrap_err();
            assert!(by_option.starts_with("--server: "), "{by_option}");
            let by_variable = asked(local, Some("https://b")).unwrap_err();
            assert!(by_variable.starts_with("VT_MONITOR_SERVER: "), "{by_variable}");
        }
        for apart in [
            &["config", "check"][..],
            &["regions"],
            &["verify", "published"],
            &["key", "new"],
            &["ledger", "migrate", "--url", "a.sqlite"],
            &["ledger", "copy", "--from", "a.sqlite", "--to", "b.sqlite"],
            &["diff", "2020W406", "2020W407", "--store", "published"],
            &["backup", "check", "b"],
        ] {
            assert!(asked(&[&FAR[..], apart].concat(), None).is_err(), "{apart:?}");
            assert_eq!(asked(apart, Some("https://b")), Ok(None), "{apart:?}");
        }
    }
}
