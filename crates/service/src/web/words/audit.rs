//! What decisions are called in Dutch, and what is in the values before and after them.

/// What was decided, as the audit log names it.
const ACTIONS: [(&str, &str); 32] = [
    ("alert.mute", "alarm niet melden"),
    ("alert.test", "proefbericht"),
    ("alert.unmute", "alarm weer melden"),
    ("backfill.apply", "backfill begonnen"),
    ("backfill.cancel", "backfill gestopt"),
    ("backfill.pause", "backfill gepauzeerd"),
    ("backfill.resume", "backfill hervat"),
    ("backfill.retry", "backfill: mislukte opnieuw"),
    ("cadence.set", "cadans bepaald"),
    ("delivery.judged", "levering met de hand beoordeeld"),
    ("delivery.upload", "levering met de hand"),
    ("encryption.rekey", "privé-opslag anders versleutelen"),
    ("encryption.rekeyed", "privé-opslag anders versleuteld"),
    ("erratum.add", "erratum gevraagd"),
    ("erratum.published", "erratum of intrekking gepubliceerd"),
    ("erratum.retract", "intrekking gevraagd"),
    ("housekeeping.done", "opruimen gedaan"),
    ("housekeeping.order", "opruimen gevraagd"),
    ("key.not_rotated", "sleutel niet vervangen"),
    ("key.rotate", "sleutel vervangen"),
    ("publish.order", "publicatie gevraagd"),
    ("publish.void", "reservering laten vervallen"),
    ("pull.order", "ophalen gevraagd"),
    ("region.end", "afspraak beëindigd"),
    ("region.extension", "uitstel gegeven"),
    ("region.outage", "regio buiten gebruik"),
    ("region.pause", "regio gepauzeerd"),
    ("round.order", "ronde met de hand"),
    ("run.request", "ronde gevraagd"),
    ("session.end", "sessies beëindigd"),
    ("token.new", "toegangscode gemaakt"),
    ("token.revoke", "toegangscode ingetrokken"),
];

/// Fields of the values before and after.
const FIELDS: [(&str, &str); 20] = [
    ("kind", "soort"),
    ("from", "vanaf"),
    ("until", "tot en met"),
    ("owner", "wie"),
    ("id", "nummer"),
    ("state", "toestand"),
    ("waiting", "te doen"),
    ("done", "klaar"),
    ("failed", "mislukt"),
    ("cancelled", "afgebroken"),
    ("rule", "regel"),
    ("subject", "waarover"),
    ("name", "naam"),
    ("role", "rol"),
    ("expires_at", "geldt tot"),
    ("sessions", "sessies"),
    ("path", "pad"),
    ("cadence", "cadans"),
    ("status", "stand"),
    ("regions", "regio's"),
];

/// What was decided, in Dutch; the action itself when it is not known.
pub fn action(action: &str) -> &str {
    look_up(&ACTIONS, action)
}

/// The name of a field of a value, in Dutch; the name itself when it is not known.
pub fn field(name: &str) -> &str {
    look_up(&FIELDS, name)
}

fn look_up<'a>(table: &[(&str, &'static str)], name: &'a str) -> &'a str {
    table.iter().find(|(of, _)| *of == name).map_or(name, |(_, word)| word)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// What stands between quotes in the sources below a folder and begins like an action.
    fn named(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("contract_suite") {
                named(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.extend(text.split('"').filter(|part| is_action(part)).map(str::to_owned));
            }
        }
    }

    /// Fields of the configuration and files that look like actions.
    const FIELDS: [&str; 4] = ["key.file", "key.previous", "token.pem", "key.pem"];

    fn is_action(text: &str) -> bool {
        let begins = ACTIONS.iter().filter_map(|(action, _)| action.split_once('.')).map(|(begin, _)| begin);
        let Some((begin, rest)) = text.split_once('.') else { return false };
        let is_name = !rest.is_empty() && rest.chars().all(|sign| sign.is_ascii_lowercase() || sign == '_');
        is_name && !FIELDS.contains(&text) && begins.into_iter().any(|it| it == begin)
    }

    #[test]
    fn every_action_of_the_audit_log_has_its_words() {
        let crates = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let mut found = Vec::new();
        for of in ["ledger/src", "service/src"] {
            named(&crates.join(of), &mut found);
        }
        assert!(found.len() >= 30, "{found:?}");
        for name in found {
            assert!(ACTIONS.iter().any(|(of, _)| *of == name), "{name}");
        }
        assert_eq!(action("nieuw.besluit"), "nieuw.besluit");
    }
}
