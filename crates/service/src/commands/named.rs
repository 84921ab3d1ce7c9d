//! Which published issue an operator or a reader means. One that is not there is a wrong command line, in every command.

use vt_domain::Period;
use vt_domain::snapshot::Issue;
use vt_publication::shelf::Shelf;

use crate::cli::IssueName;
use crate::exit::Usage;

/// The published issues of a period.
///
/// # Errors
/// [`Usage`] when it has none.
pub(super) fn issues(shelf: &Shelf, period: Period) -> Result<Vec<Issue>, Usage> {
    let found: Vec<Issue> = shelf.snapshots.keys().filter(|issue| issue.periode == period).copied().collect();
    if found.is_empty() { Err(Usage(format!("{period} is not published in this store"))) } else { Ok(found) }
}

/// The issue with a number, retracted or not; without one, the newest that is not retracted.
///
/// # Errors
/// [`Usage`] says which there are.
pub(super) fn issue(shelf: &Shelf, name: IssueName) -> Result<Issue, Usage> {
    let of_period = issues(shelf, name.period)?;
    let all = |form: &dyn Fn(&Issue) -> String| of_period.iter().map(form).collect::<Vec<_>>().join(", ");
    match name.issue {
        Some(number) => of_period.iter().copied().find(|issue| issue.uitgave == number).ok_or_else(|| {
            let are = if of_period.len() == 1 { "is" } else { "are" };
            let numbers = all(&|issue| issue.uitgave.to_string());
            Usage(format!("{}/{number}: no such issue; published {are} {numbers}", name.period))
        }),
        None => shelf.standing(name.period).ok_or_else(|| {
            let names = all(&|issue| format!("{}/{}", issue.periode, issue.uitgave));
            Usage(format!("every issue of {} is retracted; name one: {names}", name.period))
        }),
    }
}
