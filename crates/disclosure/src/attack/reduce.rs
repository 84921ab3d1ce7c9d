//! A smaller system with the same points: equal unknowns as one, fixed ones left out, parts that share nothing apart.

use std::collections::BTreeMap;

use super::propagate::{ceil, floor, propagate, range};
use super::system::{Row, Span, System, tidy};
use super::walk::Walker;

/// Rounds of substitution and propagation; more would only make the parts smaller.
const MOST_ROUNDS: usize = 5;

/// A system taken apart.
pub(super) struct Reduced {
    pub(super) parts: Vec<Part>,
    /// Where each unknown of the original went.
    places: Vec<Place>,
}

/// Unknowns that are tied to each other, and their rows.
pub(super) struct Part {
    pub(super) system: System,
    /// Normalised terms of each row, with its span: bounds of targets that are a row.
    spans: BTreeMap<Vec<(usize, i64)>, Span>,
}

/// An unknown of the original: `offset`, plus an unknown of a part unless it is fixed.
#[derive(Clone, Copy)]
struct Place {
    at: Option<(usize, usize)>,
    offset: i64,
}

/// A target taken apart: `constant` plus expressions of the parts.
#[derive(Clone, Default)]
pub(super) struct Pieces {
    pub(super) constant: i64,
    pub(super) terms: BTreeMap<usize, Vec<(usize, i64)>>,
}

impl Reduced {
    /// Takes a system apart; `None` when its rows are seen to contradict each other.
    pub(super) fn of(system: &System) -> Option<Self> {
        let mut ties = Ties::new(system.unknowns.len());
        for row in &system.rows {
            ties.take(row)?;
        }
        let mut spans = ties.spans(system)?;
        let mut rows = BTreeMap::new();
        for row in &system.rows {
            let (terms, span) = ties.translated(row);
            add(&mut rows, &mut spans, terms, span)?;
        }
        let mut shared = joined(spans, rows);
        for _ in 0..MOST_ROUNDS {
            let before = shared.unknowns.iter().filter(|span| fixed(**span).is_some()).count();
            shared.unknowns = propagate(&shared)?;
            let mut spans = shared.unknowns.clone();
            let mut rows = BTreeMap::new();
            for row in &shared.rows {
                let (terms, span) = substituted(row, &spans);
                add(&mut rows, &mut spans, terms, span)?;
            }
            shared = joined(spans, rows);
            if shared.unknowns.iter().filter(|span| fixed(**span).is_some()).count() == before {
                break;
            }
        }
        Some(Self::split(&shared, &mut ties))
    }

    fn split(shared: &System, ties: &mut Ties) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        let mut spots: Vec<Option<(usize, usize)>> = vec![None; shared.unknowns.len()];
        let mut roots = Ties::new(shared.unknowns.len());
        for row in &shared.rows {
            for pair in row.terms.windows(2) {
                roots.join(pair[0].0, pair[1].0, 0);
            }
        }
        let mut part_of: BTreeMap<usize, usize> = BTreeMap::new();
        for (unknown, &span) in shared.unknowns.iter().enumerate() {
            if ties.find(unknown).0 != unknown || fixed(span).is_some() {
                continue;
            }
            let part = *part_of.entry(roots.find(unknown).0).or_insert_with(|| {
                parts.push(Part { system: System::new(), spans: BTreeMap::new() });
                parts.len() - 1
            });
            spots[unknown] = Some((part, parts[part].system.add(span).0));
        }
        for Row { terms, span, .. } in &shared.rows {
            // Rows have unknowns that are not fixed only, all of one part.
            let spots: Vec<_> = terms.iter().filter_map(|&(unknown, factor)| Some((spots[unknown]?, factor))).collect();
            let Some(&((part, _), _)) = spots.first() else { continue };
            let terms: Vec<(usize, i64)> = spots.iter().map(|((_, index), factor)| (*index, *factor)).collect();
            parts[part].spans.insert(terms.clone(), *span);
            parts[part].system.push(Row { group: 0, terms, span: *span });
        }
        let place = |unknown| {
            let (root, offset) = ties.find(unknown);
            let value = fixed(shared.unknowns[root]).filter(|_| spots[root].is_none()).unwrap_or(0);
            Place { at: spots[root], offset: offset.saturating_add(value) }
        };
        let places = (0..shared.unknowns.len()).map(place).collect();
        Self { parts, places }
    }

    /// An expression of the original unknowns, taken apart.
    pub(super) fn pieces(&self, terms: &[(usize, i64)]) -> Pieces {
        let mut pieces = Pieces::default();
        for &(unknown, factor) in terms {
            let Place { at, offset } = self.places[unknown];
            pieces.constant = pieces.constant.saturating_add(factor.saturating_mul(offset));
            if let Some((part, index)) = at {
                pieces.terms.entry(part).or_default().push((index, factor));
            }
        }
        pieces.terms.values_mut().for_each(tidy);
        pieces.terms.retain(|_, terms| !terms.is_empty());
        pieces
    }

    /// The point of the original that points of the parts are.
    pub(super) fn lifted<'a>(&self, of_part: impl Fn(usize) -> &'a [i64]) -> Vec<i64> {
        let value = |place: &Place| place.at.map_or(0, |(part, index)| of_part(part)[index]);
        self.places.iter().map(|place| place.offset.saturating_add(value(place))).collect()
    }

    /// The points of the parts that a point of the original is.
    pub(super) fn lowered(&self, point: &[i64]) -> Vec<Vec<i64>> {
        let mut points: Vec<Vec<i64>> = self.parts.iter().map(|part| vec![0; part.system.unknowns.len()]).collect();
        for (place, value) in self.places.iter().zip(point) {
            if let Some((part, index)) = place.at {
                points[part][index] = value.saturating_sub(place.offset);
            }
        }
        points
    }

    /// Original unknowns that became part of a part.
    pub(super) fn members(&self, part: usize) -> Vec<bool> {
        self.places.iter().map(|place| place.at.is_some_and(|(at, _)| at == part)).collect()
    }
}

impl Part {
    /// An admissible point, if one is found by mending rows.
    pub(super) fn mended(&self) -> Option<Vec<i64>> {
        let lowest = self.system.unknowns.iter().map(|span| span.lo.unwrap_or(0)).collect();
        Walker::new(&self.system).mend(lowest)
    }

    /// Bounds of an expression that follow without solving: from the bounds of the unknowns, or as it is a row.
    pub(super) fn range(&self, terms: &[(usize, i64)]) -> Span {
        let (normal, by) = normalised(terms.to_vec());
        let own = range(terms, &self.system.unknowns);
        self.spans.get(&normal).map_or(own, |span| own.meet(span.times(by)))
    }
}

/// Unknowns that differ by a constant, as one.
struct Ties {
    /// `unknown = parent + offset`.
    parent: Vec<(usize, i64)>,
}

impl Ties {
    fn new(unknowns: usize) -> Self {
        Self { parent: (0..unknowns).map(|unknown| (unknown, 0)).collect() }
    }

    /// The root of an unknown, and what the unknown is more than it.
    fn find(&mut self, unknown: usize) -> (usize, i64) {
        let (mut root, mut offset) = (unknown, 0_i64);
        while self.parent[root].0 != root {
            offset = offset.saturating_add(self.parent[root].1);
            root = self.parent[root].0;
        }
        self.parent[unknown] = (root, offset);
        (root, offset)
    }

    /// `a = b + by`; false when they are tied otherwise.
    fn join(&mut self, a: usize, b: usize, by: i64) -> bool {
        let ((root_a, of_a), (root_b, of_b)) = (self.find(a), self.find(b));
        let apart = by.saturating_add(of_b).saturating_sub(of_a);
        if root_a == root_b {
            return apart == 0;
        }
        // The lower index stays the root, so that roots are found in order.
        if root_a < root_b {
            self.parent[root_b] = (root_a, -apart);
        } else {
            self.parent[root_a] = (root_b, apart);
        }
        true
    }

    /// Ties the two unknowns of a row that fixes their difference.
    fn take(&mut self, row: &Row) -> Option<()> {
        let (&[(a, factor), (b, other)], Some(by)) = (&row.terms[..], fixed(row.span)) else { return Some(()) };
        if factor != -other {
            return Some(());
        }
        (by % factor == 0 && self.join(a, b, by / factor)).then_some(())
    }

    fn spans(&mut self, system: &System) -> Option<Vec<Span>> {
        let mut spans = vec![Span { lo: None, hi: None }; system.unknowns.len()];
        for (unknown, span) in system.unknowns.iter().enumerate() {
            let (root, offset) = self.find(unknown);
            spans[root] = spans[root].meet(span.plus(offset.saturating_neg()));
        }
        (!spans.iter().any(|span| span.is_empty())).then_some(spans)
    }

    fn translated(&mut self, row: &Row) -> (Vec<(usize, i64)>, Span) {
        let mut constant = 0_i64;
        let mut terms: Vec<(usize, i64)> = row
            .terms
            .iter()
            .map(|&(unknown, factor)| {
                let (root, offset) = self.find(unknown);
                constant = constant.saturating_add(factor.saturating_mul(offset));
                (root, factor)
            })
            .collect();
        tidy(&mut terms);
        (terms, row.span.plus(constant.saturating_neg()))
    }
}

/// Adds a row: to the bounds when it has one unknown, else to the row with the same terms. `None` when it cannot hold.
fn add(
    rows: &mut BTreeMap<Vec<(usize, i64)>, Span>,
    spans: &mut [Span],
    terms: Vec<(usize, i64)>,
    span: Span,
) -> Option<()> {
    if terms.is_empty() {
        return span.holds(0).then_some(());
    }
    let (terms, by) = normalised(terms);
    let (lo, hi) = if by > 0 { (span.lo, span.hi) } else { (span.hi, span.lo) };
    let span = Span { lo: lo.map(|lo| ceil(lo, by)), hi: hi.map(|hi| floor(hi, by)) };
    let kept = match terms[..] {
        [(unknown, _)] => &mut spans[unknown],
        _ => rows.entry(terms).or_insert(Span { lo: None, hi: None }),
    };
    *kept = kept.meet(span);
    (!kept.is_empty()).then_some(())
}

/// A row without its fixed unknowns.
fn substituted(row: &Row, spans: &[Span]) -> (Vec<(usize, i64)>, Span) {
    let mut constant = 0_i64;
    let mut terms = row.terms.clone();
    terms.retain(|&(unknown, factor)| match fixed(spans[unknown]) {
        Some(value) => {
            constant = constant.saturating_add(factor.saturating_mul(value));
            false
        }
        None => true,
    });
    (terms, row.span.plus(constant.saturating_neg()))
}

/// A system of bounds and the rows that these do not imply.
fn joined(spans: Vec<Span>, rows: BTreeMap<Vec<(usize, i64)>, Span>) -> System {
    let mut system = System::new();
    for span in spans {
        system.add(span);
    }
    for (terms, span) in rows {
        let own = range(&terms, &system.unknowns);
        if own.meet(span) != own {
            system.push(Row { group: 0, terms, span });
        }
    }
    system
}

/// Terms divided by their greatest common divisor, the first positive; and the divisor with its sign.
fn normalised(mut terms: Vec<(usize, i64)>) -> (Vec<(usize, i64)>, i64) {
    let divisor = terms.iter().fold(0, |divisor, &(_, factor)| gcd(divisor, factor.saturating_abs())).max(1);
    let by = if terms.first().is_some_and(|&(_, factor)| factor < 0) { -divisor } else { divisor };
    for (_, factor) in &mut terms {
        *factor /= by;
    }
    (terms, by)
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn fixed(span: Span) -> Option<i64> {
    span.lo.filter(|_| span.lo == span.hi)
}
