//! Interval propagation: bounds of the unknowns that follow from single rows.

use super::system::{Span, System};

/// Passes over all rows; what is not found by then is left to the solver.
const MOST_PASSES: usize = 50;

/// Bounds of every unknown that follow from the rows one by one; `None` when they contradict each other.
pub(super) fn propagate(system: &System) -> Option<Vec<Span>> {
    let mut spans = system.unknowns.clone();
    let mut due = vec![true; system.rows.len()];
    for _ in 0..MOST_PASSES {
        let mut changed = false;
        for (index, row) in system.rows.iter().enumerate() {
            if !std::mem::take(&mut due[index]) {
                continue;
            }
            for unknown in tighten(&row.terms, row.span, &mut spans) {
                changed = true;
                system.uses[unknown]
                    .iter()
                    .filter(|(other, _)| *other != index)
                    .for_each(|(other, _)| due[*other] = true);
            }
            if range(&row.terms, &spans).meet(row.span).is_empty() {
                return None;
            }
        }
        if !changed {
            break;
        }
    }
    spans.iter().all(|span| !span.is_empty()).then_some(spans)
}

/// Least and greatest value of an expression within the bounds of its unknowns.
pub(super) fn range(terms: &[(usize, i64)], spans: &[Span]) -> Span {
    let add = |sum: Option<i64>, end: Option<i64>| sum.zip(end).map(|(sum, end)| sum.saturating_add(end));
    terms.iter().fold(Span { lo: Some(0), hi: Some(0) }, |sum, &(unknown, factor)| {
        let span = spans[unknown].times(factor);
        Span { lo: add(sum.lo, span.lo), hi: add(sum.hi, span.hi) }
    })
}

/// Tightens the unknowns of a row; gives those that changed.
fn tighten(terms: &[(usize, i64)], row: Span, spans: &mut [Span]) -> Vec<usize> {
    let (lows, highs) = (Ends::of(terms, spans, |span| span.lo), Ends::of(terms, spans, |span| span.hi));
    let mut changed = Vec::new();
    for &(unknown, factor) in terms {
        let own = spans[unknown].times(factor);
        // The others' least leaves this one at most the rest of the row's greatest, and the other way round.
        let most = row.hi.zip(lows.without(own.lo)).map(|(hi, others)| hi.saturating_sub(others));
        let least = row.lo.zip(highs.without(own.hi)).map(|(lo, others)| lo.saturating_sub(others));
        let tighter = spans[unknown].meet(divided(Span { lo: least, hi: most }, factor));
        if tighter != spans[unknown] {
            spans[unknown] = tighter;
            changed.push(unknown);
        }
    }
    changed
}

/// Values whose multiple lies in a span, rounded inwards.
fn divided(span: Span, factor: i64) -> Span {
    let (lo, hi) = if factor > 0 { (span.lo, span.hi) } else { (span.hi, span.lo) };
    Span { lo: lo.map(|lo| ceil(lo, factor)), hi: hi.map(|hi| floor(hi, factor)) }
}

pub(super) fn floor(value: i64, by: i64) -> i64 {
    let quotient = value.wrapping_div(by);
    quotient - i64::from(value.wrapping_rem(by) != 0 && (value < 0) != (by < 0))
}

pub(super) fn ceil(value: i64, by: i64) -> i64 {
    let quotient = value.wrapping_div(by);
    quotient + i64::from(value.wrapping_rem(by) != 0 && (value < 0) == (by < 0))
}

/// Sum of one end of every term, with the open ones counted apart.
struct Ends {
    sum: i64,
    open: usize,
}

impl Ends {
    fn of(terms: &[(usize, i64)], spans: &[Span], end: fn(Span) -> Option<i64>) -> Self {
        terms.iter().fold(Self { sum: 0, open: 0 }, |all, &(unknown, factor)| match end(spans[unknown].times(factor)) {
            Some(end) => Self { sum: all.sum.saturating_add(end), ..all },
            None => Self { open: all.open + 1, ..all },
        })
    }

    /// The sum without one of the terms; `None` when it is open.
    fn without(&self, own: Option<i64>) -> Option<i64> {
        match (self.open, own) {
            (0, Some(own)) => Some(self.sum.saturating_sub(own)),
            (1, None) => Some(self.sum),
            _ => None,
        }
    }
}
