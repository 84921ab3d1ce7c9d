//! Backfill: months are pulled again on purpose, and what follows from them is published. First a plan is made that says what
//! would change; it is carried out only while that still holds.

mod known;
mod plan;
mod work;

pub use known::{Difference, Known};
pub use plan::{Asked, BackfillPlan, Cells, Effect, NewInput, PlanError, PlannedPull, PlannedSnapshot, Skipped, make};
pub use work::{Worked, expected_end, work_on, work_on_next};

use vt_domain::month::Month;
use vt_domain::period::Period;

/// Whether a period has days in months `from` to `to`.
fn touches(period: Period, from: Month, to: Month) -> bool {
    period.begin() <= to.last_day() && period.last_day() >= from.first_day()
}
