//! A system of integer unknowns: their bounds, and rows that tie them.

/// An integer unknown of a [`System`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unknown(pub(super) usize);

/// A source of rows, such as a published table or a link, that can be named as the cause of a narrow interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(pub(super) usize);

/// Least and greatest value; `None` is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) lo: Option<i64>,
    pub(super) hi: Option<i64>,
}

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) group: usize,
    /// Each unknown once, in order, no coefficient 0.
    pub(super) terms: Vec<(usize, i64)>,
    pub(super) span: Span,
}

/// All that a reader knows of the true counts: integer unknowns within bounds, and rows `lo ≤ Σ coefficient·unknown ≤ hi`.
///
/// Bounds derived from others saturate at the ends of `i64`; points are checked without.
#[derive(Clone, Debug, Default)]
pub struct System {
    pub(super) unknowns: Vec<Span>,
    pub(super) rows: Vec<Row>,
    groups: Vec<String>,
    /// Rows of each unknown, with its coefficient there.
    pub(super) uses: Vec<Vec<(usize, i64)>>,
}

impl Span {
    pub(super) fn holds(self, value: i64) -> bool {
        self.lo.is_none_or(|lo| lo <= value) && self.hi.is_none_or(|hi| value <= hi)
    }

    /// How far a value is beyond the span: negative below, positive above, 0 within.
    pub(super) fn beyond(self, value: i64) -> i64 {
        match (self.lo, self.hi) {
            (Some(lo), _) if value < lo => value.saturating_sub(lo),
            (_, Some(hi)) if value > hi => value.saturating_sub(hi),
            _ => 0,
        }
    }

    pub(super) fn is_empty(self) -> bool {
        matches!((self.lo, self.hi), (Some(lo), Some(hi)) if lo > hi)
    }

    pub(super) fn meet(self, other: Self) -> Self {
        let tighter = |a: Option<i64>, b: Option<i64>, pick: fn(i64, i64) -> i64| match (a, b) {
            (Some(a), Some(b)) => Some(pick(a, b)),
            (one, other) => one.or(other),
        };
        Self { lo: tighter(self.lo, other.lo, i64::max), hi: tighter(self.hi, other.hi, i64::min) }
    }

    pub(super) fn plus(self, by: i64) -> Self {
        let moved = |end: Option<i64>| end.map(|end| end.saturating_add(by));
        Self { lo: moved(self.lo), hi: moved(self.hi) }
    }

    pub(super) fn times(self, by: i64) -> Self {
        let scaled = |end: Option<i64>| end.map(|end| end.saturating_mul(by));
        match by {
            0 => Self { lo: Some(0), hi: Some(0) },
            1.. => Self { lo: scaled(self.lo), hi: scaled(self.hi) },
            _ => Self { lo: scaled(self.hi), hi: scaled(self.lo) },
        }
    }
}

impl System {
    /// A system without unknowns, which is met.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an unknown with `lo ≤ unknown ≤ hi`; `None` leaves it open above.
    pub fn unknown(&mut self, lo: i64, hi: Option<i64>) -> Unknown {
        self.add(Span { lo: Some(lo), hi })
    }

    pub(super) fn add(&mut self, span: Span) -> Unknown {
        self.unknowns.push(span);
        self.uses.push(Vec::new());
        Unknown(self.unknowns.len() - 1)
    }

    /// Adds a source of rows.
    pub fn group(&mut self, name: impl Into<String>) -> Group {
        self.groups.push(name.into());
        Group(self.groups.len() - 1)
    }

    /// Demands `lo ≤ Σ coefficient·unknown ≤ hi`; `None` leaves a side open. An unknown may stand there more than once.
    ///
    /// # Panics
    /// When an unknown is of another, larger system.
    pub fn row(&mut self, group: Group, terms: &[(Unknown, i64)], lo: Option<i64>, hi: Option<i64>) {
        let terms = merged(terms);
        for &(unknown, coefficient) in &terms {
            self.uses[unknown].push((self.rows.len(), coefficient));
        }
        self.rows.push(Row { group: group.0, terms, span: Span { lo, hi } });
    }

    /// Name of a group, as given to [`System::group`].
    pub fn name(&self, group: Group) -> &str {
        self.groups.get(group.0).map_or("", String::as_str)
    }

    /// Every group, in the order they were added.
    pub fn groups(&self) -> impl Iterator<Item = Group> + use<> {
        (0..self.groups.len()).map(Group)
    }

    /// Every unknown, in the order they were added; a point has a value for each, in this order.
    pub fn unknowns(&self) -> impl Iterator<Item = Unknown> + use<> {
        (0..self.unknowns.len()).map(Unknown)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Whether a point, a value for each unknown in their order, meets every bound and row, in exact integers.
    pub fn admits(&self, point: &[i64]) -> bool {
        point.len() == self.unknowns.len()
            && self.unknowns.iter().zip(point).all(|(span, &value)| span.holds(value))
            && self.rows.iter().all(|row| row.span.holds(value_at(&row.terms, point)))
    }

    /// A point with the values of its rows, from which shifts are checked cheaply; `None` when the system does not
    /// admit it, or when a row of open ends is beyond half of `i64`.
    pub fn standing(&self, point: Vec<i64>) -> Option<Standing<'_>> {
        if !self.admits(&point) {
            return None;
        }
        let values: Vec<i64> = self.rows.iter().map(|row| value_at(&row.terms, &point)).collect();
        // So large a value may have been cut off, and shifts of it would be inexact.
        let exact = values.iter().all(|value| value.saturating_abs() < i64::MAX / 2);
        exact.then_some(Standing { system: self, point, values })
    }

    /// The same unknowns and groups, with the rows of some groups only.
    pub(super) fn with_groups(&self, keep: &[bool]) -> Self {
        let mut some = Self { unknowns: self.unknowns.clone(), groups: self.groups.clone(), ..Self::default() };
        some.uses = vec![Vec::new(); self.unknowns.len()];
        for row in self.rows.iter().filter(|row| keep[row.group]) {
            some.push(row.clone());
        }
        some
    }

    pub(super) fn push(&mut self, row: Row) {
        for &(unknown, coefficient) in &row.terms {
            self.uses[unknown].push((self.rows.len(), coefficient));
        }
        self.rows.push(row);
    }
}

/// An admissible point of a system.
#[derive(Clone, Debug)]
pub struct Standing<'s> {
    pub(super) system: &'s System,
    pub(super) point: Vec<i64>,
    /// Value of each row at the point.
    pub(super) values: Vec<i64>,
}

impl Standing<'_> {
    /// The point: a value for each unknown.
    pub fn point(&self) -> &[i64] {
        &self.point
    }

    /// Whether the system admits the point plus a shift. Looks only at the rows of the unknowns that are shifted.
    pub fn admits_shift(&self, shift: &[(Unknown, i64)]) -> bool {
        let shift = merged(shift);
        let mut rows: Vec<(usize, i128)> = Vec::new();
        for &(unknown, by) in &shift {
            let Some(value) = self.point.get(unknown) else { return false };
            if !self.system.unknowns[unknown].holds(value.saturating_add(by)) {
                return false;
            }
            let by = i128::from(by);
            rows.extend(self.system.uses[unknown].iter().map(|&(row, factor)| (row, i128::from(factor) * by)));
        }
        rows.sort_unstable();
        rows.chunk_by(|a, b| a.0 == b.0).all(|row| {
            let by: i128 = row.iter().map(|(_, by)| by).sum();
            self.system.rows[row[0].0].span.holds(clamped(i128::from(self.values[row[0].0]) + by))
        })
    }
}

/// Value of an expression at a point, exact unless it is beyond `i64`.
pub(super) fn value_at(terms: &[(usize, i64)], point: &[i64]) -> i64 {
    let value: i128 = terms.iter().map(|&(unknown, factor)| i128::from(factor) * i128::from(point[unknown])).sum();
    clamped(value)
}

fn clamped(value: i128) -> i64 {
    value.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// Terms with each unknown once, in order, without coefficients 0.
pub(super) fn merged(terms: &[(Unknown, i64)]) -> Vec<(usize, i64)> {
    let mut terms: Vec<(usize, i64)> = terms.iter().map(|&(unknown, factor)| (unknown.0, factor)).collect();
    tidy(&mut terms);
    terms
}

pub(super) fn tidy(terms: &mut Vec<(usize, i64)>) {
    terms.sort_unstable_by_key(|&(unknown, _)| unknown);
    terms.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
    terms.retain(|&(_, factor)| factor != 0);
}
