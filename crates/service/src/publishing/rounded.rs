//! Rounded periods: counted in one pass, then protected and reserved one after another, oldest first.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use vt_disclosure::{CellTable, Protection};
use vt_domain::period::Period;
use vt_domain::snapshot::Issue;
use vt_ledger::StepName;
use vt_publication::PublicationError;
use vt_publication::history::History;
use vt_publication::reservation::Reservation;

use super::{ATTEMPTS, Work, write};
use crate::drive::{self, Order, PublishingError};
use crate::journal::Journal;

/// A period whose cells are counted.
struct Counted {
    order: Order,
    cells: CellTable,
    journal: Journal,
}

impl Counted {
    fn issue(&self) -> Issue {
        Issue { periode: self.order.input.period, uitgave: self.order.issue }
    }
}

/// A reservation that stands, to be rendered and written.
struct Reserved {
    issue: Issue,
    reservation: Reservation,
    journal: Journal,
}

impl Work<'_> {
    /// Publishes the next issue of rounded periods. Those that another process crossed are protected once more, from what it
    /// reserved.
    pub(super) async fn rounded(&mut self, mut periods: Vec<Period>) -> Result<()> {
        for attempt in 1..=ATTEMPTS {
            if periods.is_empty() || self.stopped() {
                break;
            }
            let history = self.history(&periods).await?;
            periods = self.in_order(periods, history, attempt == ATTEMPTS).await?;
        }
        Ok(())
    }

    /// Gives the periods that were crossed, unless it is the last attempt.
    async fn in_order(&mut self, periods: Vec<Period>, history: Arc<History>, last: bool) -> Result<Vec<Period>> {
        let mut orders = Vec::new();
        for period in periods {
            let mut journal = self.journal(period);
            if let Some(theirs) = self.theirs(&history, period) {
                let issue = Issue { periode: period, uitgave: theirs.uitgave };
                self.finish(Some(Reserved { issue, reservation: theirs, journal })).await;
                continue;
            }
            journal.begin(StepName::Gate);
            match drive::order(self.app, &self.overview.records, &history, period).await {
                Ok(order) => orders.push((order, journal)),
                Err(error) => self.note(self.overview.next_issue(period), journal, Err(error)).await,
            }
        }
        let counted = self.count(orders).await?;
        self.protect(counted, history, last).await
    }

    /// Counts the cells, of all periods with one register in one pass; in the order of their days.
    async fn count(&mut self, orders: Vec<(Order, Journal)>) -> Result<Vec<Counted>> {
        let mut groups: BTreeMap<String, Vec<(Order, Journal)>> = BTreeMap::new();
        for (order, mut journal) in orders {
            journal.begin(StepName::Aggregate);
            groups.entry(order.register.version().to_owned()).or_default().push((order, journal));
        }
        let mut counted = Vec::new();
        for group in groups.into_values() {
            counted.extend(self.count_together(group).await?);
        }
        counted.sort_by_key(|counted| counted.order.input.period.begin());
        Ok(counted)
    }

    async fn count_together(&mut self, group: Vec<(Order, Journal)>) -> Result<Vec<Counted>> {
        let inputs: Vec<_> = group.iter().map(|(order, _)| order.input.clone()).collect();
        let register = Arc::clone(&group.first().context("a group has an order")?.0.register);
        match drive::aggregate(self.app, &inputs, &register).await {
            Ok(tables) => {
                let with_cells = group.into_iter().zip(tables);
                Ok(with_cells.map(|((order, journal), cells)| Counted { order, cells, journal }).collect())
            }
            Err(error) if group.len() == 1 => {
                let (order, journal) = group.into_iter().next().context("a group has an order")?;
                let issue = Issue { periode: order.input.period, uitgave: order.issue };
                self.note(issue, journal, Err(error)).await;
                Ok(Vec::new())
            }
            // Together they can't be counted: one by one shows which is to blame.
            Err(_) => {
                let mut counted = Vec::new();
                for one in group {
                    counted.extend(Box::pin(self.count_together(vec![one])).await?);
                }
                Ok(counted)
            }
        }
    }

    async fn protect(&mut self, counted: Vec<Counted>, mut history: Arc<History>, last: bool) -> Result<Vec<Period>> {
        let app = self.app;
        let all: Vec<Period> = counted.iter().map(|one| one.issue().periode).collect();
        let mut crossed = Vec::new();
        let mut writing: Option<Reserved> = None;
        for mut one in counted {
            one.journal.begin(StepName::Protect);
            let issue = one.issue();
            let Counted { order, cells, mut journal } = one;
            // The issue before is rendered and written while this one is protected.
            let (protection, ()) =
                tokio::join!(drive::protect(app, &order, cells, &history), self.finish(writing.take()));
            let reserved = match protection {
                Ok(protection) => {
                    tell(&order, &protection);
                    drive::reserve_rounded(app, &order, protection, &history, &mut journal).await
                }
                Err(error) => Err(error),
            };
            match reserved {
                Ok(reservation) => {
                    // Unwrap safety: protecting, which held it too, is done.
                    Arc::get_mut(&mut history).unwrap().remember(reservation.clone());
                    writing = Some(Reserved { issue, reservation, journal });
                }
                Err(PublishingError::Stopped) => break,
                Err(PublishingError::Publication(PublicationError::Moved { .. })) if !last => {
                    crossed.push(issue.periode);
                    history = self.history(&all).await?;
                }
                Err(error) => self.note(issue, journal, Err(error)).await,
            }
        }
        self.finish(writing).await;
        Ok(crossed)
    }

    async fn finish(&mut self, reserved: Option<Reserved>) {
        let Some(Reserved { issue, reservation, mut journal }) = reserved else { return };
        let outcome = write(self.app, reservation, &mut journal).await;
        self.note(issue, journal, outcome).await;
    }
}

/// Tells the operator what readers are not told: that an issue did not keep to the adjacent multiples.
fn tell(order: &Order, protection: &Protection) {
    for measure in protection.audit.measures.iter().filter(|measure| measure.widened) {
        tracing::warn!(period = %order.input.period, measure = measure.measure, "rounded beyond the adjacent multiples, within the bound");
    }
}
