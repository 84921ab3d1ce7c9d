//! Exit codes: what a caller in a script can tell apart. Documented in `--help` and the README.

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All that was asked was done, or was done already.
    Done = 0,
    /// Something failed unexpectedly; the error says what.
    Failed = 1,
    /// The command line is wrong (clap's own code), or names a period, an issue or a folder that is not there.
    Usage = 2,
    /// The configuration is wrong, or names a store that nothing may rest on.
    Config = 3,
    /// Part was done: some regions or periods failed, and the others went on; `doctor` found something wrong; `health`: not ready.
    Partial = 4,
    /// Refused by a rule: the period is not complete, a revision, the gate of disclosure control, what is past its term; the
    /// wrong store, or something in the way of a restoration.
    Refused = 5,
    /// A verification found something wrong; an attack found a cell that is not safe; a backup is damaged.
    Invalid = 6,
    /// The specification of an attack or a rounding is wrong, or a table does not fit it.
    Spec = 7,
    /// The tables of an attack or a rounding contradict each other: no counts agree with all of them.
    NoSolution = 8,
    /// Stopped by a signal at a safe point; repeat the command to go on.
    Interrupted = 130,
}

/// What was asked can't be: a wrong command line that only shows once the data are looked at.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// The text under `--help`.
pub const HELP: &str = "Exit codes:
  0    done, or nothing to do
  1    failed unexpectedly
  2    wrong command line; no such period, issue or folder
  3    wrong configuration; a store that nothing may rest on
  4    part was done; some regions or periods failed; doctor found something wrong; health: not ready
  5    refused by a rule (not complete, not yet due, protection, removed after its term, the wrong store, something in the way)
  6    verification found something wrong; an attack found something unsafe; a backup is damaged
  7    wrong SPEC of an attack or a rounding, or a table that does not fit it
  8    the tables of a SPEC contradict each other: no counts agree with them
  130  stopped by a signal at a safe point; repeat the command to go on";

impl Exit {
    /// The graver of two outcomes, for a command that does several things.
    pub fn and(self, other: Self) -> Self {
        if self == Self::Done { other } else { self }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_help() {
        let all = [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::Config,
            Exit::Partial,
            Exit::Refused,
            Exit::Invalid,
            Exit::Spec,
            Exit::NoSolution,
            Exit::Interrupted,
        ];
        for exit in all {
            assert!(HELP.lines().any(|line| line.trim().starts_with(&format!("{} ", exit as u8))), "{exit:?}");
        }
    }
}
