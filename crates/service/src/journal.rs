//! The steps of one order as they happen, for the ledger; each also goes to the log, where kill tests watch for it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use vt_domain::Clock;
use vt_ledger::{Fault, OrderKind, Step, StepName};

/// The steps of one order.
#[derive(Debug)]
pub struct Journal {
    clock: Arc<dyn Clock>,
    order: OrderKind,
    subject: String,
    steps: Vec<Step>,
}

impl Journal {
    /// The journal of an order about `subject`, such as `VT07 2020-07` or `2020W407`.
    pub fn new(clock: Arc<dyn Clock>, order: OrderKind, subject: String) -> Self {
        Self { clock, order, subject, steps: Vec::new() }
    }

    /// A step begins; the one before it is done. A step that begins again (the next delivery of the month) goes on.
    pub fn begin(&mut self, step: StepName) {
        let now = self.close();
        tracing::info!(order = ?self.order, subject = %self.subject, step = ?step, "step");
        let again = self.steps.iter().position(|s| s.step == step);
        let begun = match again {
            Some(i) => Step {
                ended: None,
                ..Step::begun(self.order, self.subject.clone(), step, self.steps.remove(i).started)
            },
            None => Step::begun(self.order, self.subject.clone(), step, now),
        };
        self.steps.push(begun);
    }

    /// The order is done: its steps.
    pub fn done(mut self) -> Vec<Step> {
        self.close();
        tracing::info!(order = ?self.order, subject = %self.subject, "done");
        self.steps
    }

    /// The order failed in the step that runs: its steps.
    pub fn failed(mut self, fault: &Fault) -> Vec<Step> {
        let now = self.clock.now();
        if let Some(last) = self.steps.pop() {
            self.steps.push(last.failed(now, fault.clone()));
        }
        self.steps
    }

    fn close(&mut self) -> DateTime<Utc> {
        let now = self.clock.now();
        if let Some(last) = self.steps.pop() {
            self.steps.push(if last.ended.is_some() { last } else { last.done(now) });
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vt_domain::ManualClock;
    use vt_ledger::StepOutcome;

    fn journal() -> Journal {
        let clock = Arc::new(ManualClock::at("2021-02-12T06:00:00Z".parse().unwrap()));
        Journal::new(clock, OrderKind::Pull, "VT07 2020-07".into())
    }

    #[test]
    fn each_step_stands_once_and_the_last_is_done() {
        let mut journal = journal();
        for step in [StepName::Fetch, StepName::Parse, StepName::Fetch, StepName::Parse, StepName::Validate] {
            journal.begin(step);
        }
        let steps = journal.done();
        let names: Vec<_> = steps.iter().map(|step| step.step).collect();
        assert_eq!(names, [StepName::Fetch, StepName::Parse, StepName::Validate]);
        assert!(steps.iter().all(|step| step.outcome == StepOutcome::Done && step.ended.is_some()));
    }

    #[test]
    fn a_failure_is_that_of_the_step_that_ran() {
        let mut journal = journal();
        journal.begin(StepName::Fetch);
        journal.begin(StepName::Parse);
        let steps = journal.failed(&Fault::new("vault", "full"));
        assert_eq!(steps[0].outcome, StepOutcome::Done);
        assert_eq!(steps[1].outcome, StepOutcome::Failed);
    }
}
