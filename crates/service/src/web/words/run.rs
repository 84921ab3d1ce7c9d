//! What a run and its steps are called in Dutch.

use chrono::{DateTime, Utc};
use vt_domain::month::Month;

use super::{month, time};

/// How the commands of runs begin, and what these are in Dutch; what follows is said after it.
const COMMANDS: [(&str, &str); 15] = [
    ("serve: start", "ronde bij het begin"),
    ("serve: wake of", "ronde van"),
    ("serve: as an operator decided", "ronde na een besluit"),
    ("serve: again", "ronde, opnieuw"),
    ("run", "ronde met de hand"),
    ("pull", "ophalen"),
    ("publish", "publiceren"),
    ("upload", "levering met de hand"),
    ("void", "laten vervallen"),
    ("erratum", "erratum"),
    ("intrekking", "intrekking"),
    ("housekeeping", "opruimen"),
    ("backfill", "backfill"),
    ("demo, revision", "oefening, herziening"),
    ("demo", "oefening"),
];

/// Words within commands.
const PARTS: [(&str, &str); 6] = [
    ("--month", "van"),
    ("--period", "van"),
    ("--issue", "uitgave"),
    ("--incomplete", "(ook onvolledig)"),
    ("pull", "ophalen"),
    ("publish", "publiceren"),
];

/// Steps, as they are taken.
const STEPS: [(&str, &str); 10] = [
    ("fetch", "binnenhalen"),
    ("parse", "lezen"),
    ("validate", "controleren"),
    ("keep", "bewaren"),
    ("gate", "toelaten"),
    ("aggregate", "optellen"),
    ("protect", "afronden"),
    ("reserve", "reserveren"),
    ("render", "opmaken"),
    ("publish", "publiceren"),
];

/// The command of a run in Dutch; the command itself when it is not known.
pub fn command(command: &str) -> String {
    let follows =
        |begin: &str| command.strip_prefix(begin).filter(|rest| rest.is_empty() || rest.starts_with([' ', ':']));
    let Some((word, rest)) = COMMANDS.iter().find_map(|(begin, word)| Some((*word, follows(begin)?))) else {
        return command.to_owned();
    };
    let rest = rest.replace("what regions corrected", "wat regio's verbeterden");
    let rest: Vec<String> = rest.split_whitespace().map(part).collect();
    if rest.is_empty() { word.to_owned() } else { format!("{word} {}", rest.join(" ")) }
}

fn part(part: &str) -> String {
    if let Some((_, word)) = PARTS.iter().find(|(of, _)| *of == part) {
        return (*word).to_owned();
    }
    if let Ok(at) = part.parse::<DateTime<Utc>>() {
        return time(at);
    }
    part.parse::<Month>().map_or_else(|_| part.to_owned(), month)
}

/// The name of a step in Dutch; the name itself when it is not known.
pub fn step_name(step: &str) -> &str {
    STEPS.iter().find(|(of, _)| *of == step).map_or(step, |(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::code;
    use vt_domain::snapshot::ErratumKind;
    use vt_ledger::StepName;

    #[test]
    fn every_command_of_a_run_is_told_in_dutch() {
        for (of, told) in [
            ("serve: start", "ronde bij het begin"),
            ("serve: wake of 2020-09-14T06:00:00Z", "ronde van 14-9-2020 08:00"),
            ("serve: as an operator decided", "ronde na een besluit"),
            ("serve: again", "ronde, opnieuw"),
            ("run", "ronde met de hand"),
            ("pull --month 2020-07", "ophalen van jul 2020"),
            ("publish --period 2020W407 --incomplete", "publiceren van 2020W407 (ook onvolledig)"),
            ("upload VT07 2020-07", "levering met de hand VT07 jul 2020"),
            ("void --period 2020W407 --issue 2", "laten vervallen van 2020W407 uitgave 2"),
            ("housekeeping", "opruimen"),
            ("backfill 3: pull 2020-07", "backfill 3: ophalen jul 2020"),
            ("backfill 3: publish", "backfill 3: publiceren"),
            ("demo", "oefening"),
            ("demo, revision 2: pull", "oefening, herziening 2: ophalen"),
            (
                "demo, revision 2: publish what regions corrected",
                "oefening, herziening 2: publiceren wat regio's verbeterden",
            ),
            ("runaway", "runaway"),
        ] {
            assert_eq!(command(of), told);
        }
        for kind in [ErratumKind::Erratum, ErratumKind::Intrekking] {
            let told = command(&format!("{kind} --period 2020W407 --issue 1"));
            assert!(told.ends_with("van 2020W407 uitgave 1"), "{told}");
        }
    }

    #[test]
    fn every_step_has_its_word() {
        use StepName::*;
        for step in [Fetch, Parse, Validate, Keep, Gate, Aggregate, Protect, Reserve, Render, Publish] {
            let name = code(step);
            assert!(STEPS.iter().any(|(of, _)| *of == name), "{name}");
        }
        assert_eq!(step_name("nieuw"), "nieuw");
    }
}
