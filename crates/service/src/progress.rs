//! What an operator sees while a command works: bars on a terminal, lines elsewhere, nothing when asked for JSON.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Shows progress on standard error.
#[derive(Debug, Clone)]
pub struct Progress(Mode);

#[derive(Debug, Clone)]
enum Mode {
    Quiet,
    Lines,
    Bars,
}

/// One part of the work with a known number of steps.
#[derive(Debug, Clone)]
pub struct Task {
    bar: Option<ProgressBar>,
    lines: Option<Arc<Lines>>,
}

#[derive(Debug)]
struct Lines {
    what: String,
    total: u64,
    done: AtomicU64,
}

impl Progress {
    /// Shows nothing.
    pub fn quiet() -> Self {
        Self(Mode::Quiet)
    }

    /// Bars when standard error is a terminal, otherwise lines.
    pub fn for_stderr() -> Self {
        if std::io::stderr().is_terminal() { Self(Mode::Bars) } else { Self(Mode::Lines) }
    }

    /// Begins a part of the work.
    pub fn task(&self, what: &str, total: usize) -> Task {
        let total = total as u64;
        match self.0 {
            Mode::Quiet => Task { bar: None, lines: None },
            Mode::Bars => Task { bar: Some(bar(what, total)), lines: None },
            Mode::Lines => {
                say(&format!("{what}: 0 of {total}"));
                Task {
                    bar: None,
                    lines: Some(Arc::new(Lines { what: what.to_owned(), total, done: AtomicU64::new(0) })),
                }
            }
        }
    }

    /// Says one thing.
    pub fn say(&self, text: &str) {
        if !matches!(self.0, Mode::Quiet) {
            say(text);
        }
    }
}

impl Task {
    /// One step is done.
    pub fn step(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
            bar.inc(1);
        }
        if let Some(lines) = &self.lines {
            let done = lines.done.fetch_add(1, Ordering::Relaxed) + 1;
            // About ten lines for a task, however long.
            if done == lines.total || done % lines.total.div_ceil(10) == 0 {
                say(&format!("{}: {done} of {} ({what})", lines.what, lines.total));
            }
        }
    }

    /// The part is done.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.set_message("");
            bar.abandon();
        }
    }
}

fn bar(what: &str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:<12} {bar:30} {pos}/{len} {elapsed} {wide_msg}");
    // Unwrap safety: the template is fixed, and a test draws it.
    let bar = ProgressBar::new(total).with_style(style.unwrap()).with_prefix(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Says one thing on standard error; a closed one must not end the work.
pub fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_can_be_drawn() {
        let task = Task { bar: Some(bar("pull", 3)), lines: None };
        task.step("VT07 2020-07");
        task.finish();
        assert_eq!(task.bar.unwrap().position(), 1);
    }

    #[test]
    fn lines_count_every_step() {
        let task = Progress(Mode::Lines).task("publish", 2);
        task.step("2020W407");
        task.step("2020W408");
        assert_eq!(task.lines.unwrap().done.load(Ordering::Relaxed), 2);
    }
}
