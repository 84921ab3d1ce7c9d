//! Charts of figures over time, drawn in units of half a pixel.

use chrono::NaiveDate;
use maud::Markup;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{AXIS, Alt, At, BAND, BREAK, Brush, FIGURE, GRID, INK, MUTED, PROVISIONAL, draw};
use super::format;
use super::scale;
use super::series::{Point, runs};
use crate::indicators::Break;

/// Measures of a chart, in units.
pub(super) struct Look {
    size: At,
    /// Room left, right, above and below.
    margins: [i32; 4],
    font: u32,
    steps: i64,
    most_labels: usize,
    line: u32,
    /// Whether each point has a marker, and each break its number.
    detailed: bool,
}

/// As wide as the page.
pub(super) const WIDE: Look = Look {
    size: (2080, 620),
    margins: [110, 130, 60, 56],
    font: 26,
    steps: 5,
    most_labels: 12,
    line: 5,
    detailed: true,
};

/// For a telephone.
pub(super) const NARROW: Look =
    Look { size: (700, 520), margins: [96, 24, 60, 52], font: 24, steps: 5, most_labels: 5, line: 4, detailed: true };

/// One of many.
pub(super) const SMALL: Look =
    Look { size: (350, 230), margins: [64, 14, 18, 38], font: 21, steps: 3, most_labels: 3, line: 4, detailed: false };

/// From the top of a break's line to its number: room for a line that leads there.
const LEAD: i32 = 16;

/// With this much room on the right, the current value stands there.
const ROOM_FOR_VALUE: i32 = 100;

struct Frame<'a> {
    look: &'a Look,
    /// Days of a period.
    days: i64,
    first: NaiveDate,
    last: NaiveDate,
    top: i64,
    step: i64,
}

impl<'a> Frame<'a> {
    fn of(look: &'a Look, points: &[Point]) -> Option<Self> {
        let (first, last) = (points.first()?.periode.begin(), points.last()?.periode.last_day());
        let reach = points.iter().filter_map(|point| point.range()).map(|(_, high)| high.ceil() as i64).max();
        let reach = reach.unwrap_or(0).max(1);
        let step = scale::step(reach, look.steps);
        let days = i64::from(points.last()?.periode.days());
        Some(Self { look, days, first, last, top: (reach + step - 1) / step * step, step })
    }

    fn left(&self) -> i32 {
        self.look.margins[0]
    }

    fn right(&self) -> i32 {
        self.look.size.0 - self.look.margins[1]
    }

    fn upper(&self) -> i32 {
        self.look.margins[2]
    }

    fn lower(&self) -> i32 {
        self.look.size.1 - self.look.margins[3]
    }

    fn x(&self, day: NaiveDate) -> i32 {
        let (days, all) = ((day - self.first).num_days(), (self.last - self.first).num_days().max(1));
        self.left() + (i64::from(self.right() - self.left()) * days / all) as i32
    }

    fn y(&self, value: f64) -> i32 {
        let height = f64::from(self.lower() - self.upper());
        self.lower() - (height * value / self.top as f64).round() as i32
    }

    /// The middle of a period, at a value.
    fn at(&self, point: &Point, value: f64) -> At {
        let middle = point.periode.begin() + chrono::Days::new(u64::from(point.periode.days() / 2));
        (self.x(middle), self.y(value))
    }

    fn axes(&self, brush: &mut Brush<'_>) {
        let font = self.look.font;
        for value in (0..=self.top).step_by(self.step as usize) {
            let y = self.y(value as f64);
            brush.line((self.left(), y), (self.right(), y), if value == 0 { AXIS } else { GRID }, 2);
            let label = format::count(value);
            brush.text(&label, (self.left() - 10, y), (HPos::Right, VPos::Center), font, MUTED);
        }
        let half = font as i32;
        for (day, label) in scale::months(self.first, self.last, self.look.most_labels) {
            let x = self.x(day);
            brush.line((x, self.lower()), (x, self.lower() + 8), AXIS, 2);
            let x = x.clamp(self.left() + half / 2, self.look.size.0 - half);
            brush.text(&label, (x, self.lower() + 14), (HPos::Center, VPos::Top), font, MUTED);
        }
    }

    fn breaks(&self, brush: &mut Brush<'_>, breaks: &[(usize, &Break)]) {
        let font = self.look.font;
        let lines: Vec<i32> = breaks.iter().map(|(_, found)| self.x(found.datum)).collect();
        let from = self.upper() - if self.look.detailed { 6 } else { 10 };
        for &x in &lines {
            brush.line((x, from), (x, self.lower()), BREAK, 3);
        }
        if !self.look.detailed {
            return;
        }
        // All numbers stand above all lines, so that no line runs through one.
        for ((number, _), (x, at)) in breaks.iter().zip(lines.iter().zip(spread(&lines, font as i32, self.right()))) {
            brush.line((*x, from), (at, from - LEAD), BREAK, 3);
            brush.text(&number.to_string(), (at, from - LEAD - 3), (HPos::Center, VPos::Bottom), font - 2, BREAK);
        }
    }

    fn band(&self, brush: &mut Brush<'_>, run: &[Point]) {
        let ranges: Vec<(&Point, (f64, f64))> = run.iter().filter_map(|point| Some((point, point.range()?))).collect();
        if let [(point, (low, high))] = ranges[..] {
            brush.line(self.at(point, low), self.at(point, high), BAND, 8);
            return;
        }
        let low = ranges.iter().map(|(point, (low, _))| self.at(point, *low));
        let high = ranges.iter().rev().map(|(point, (_, high))| self.at(point, *high));
        brush.area(&low.chain(high).collect::<Vec<_>>(), BAND);
    }

    /// The line through points that follow each other; dashed where one of two is provisional.
    fn line(&self, brush: &mut Brush<'_>, run: &[Point]) {
        let dashed = |pair: &[Point]| pair.iter().any(Point::is_provisional);
        let pairs: Vec<&[Point]> = run.windows(2).collect();
        for group in pairs.chunk_by(|one, next| dashed(one) == dashed(next)) {
            let points = group.iter().map(|pair| &pair[0]).chain(group.last().map(|pair| &pair[1]));
            let path: Vec<At> = points.filter_map(|point| Some(self.at(point, point.value()?))).collect();
            let colour = if dashed(group[0]) { PROVISIONAL } else { FIGURE };
            brush.path(&path, colour, self.look.line);
        }
    }

    /// Markers that do not touch their neighbours.
    fn radius(&self) -> u32 {
        let periods = (self.last - self.first).num_days().max(1) / self.days.max(1);
        let room = i64::from(self.right() - self.left()) / periods.max(1) / 2 - 1;
        u32::try_from(room.clamp(3, 6)).unwrap_or(3)
    }

    fn markers(&self, brush: &mut Brush<'_>, run: &[Point], current: bool) {
        for (place, point) in run.iter().enumerate() {
            let is_current = current && place + 1 == run.len();
            if let Some(value) = point.value()
                && (self.look.detailed || is_current || run.len() == 1)
            {
                let radius = if is_current { 8 } else { self.radius() };
                brush.marker(self.at(point, value), radius, point.is_provisional());
            }
        }
    }

    /// The current value beside its marker.
    fn current(&self, brush: &mut Brush<'_>, point: &Point) {
        let Some(value) = point.value() else { return };
        let at = self.at(point, value);
        let text = format::count(value.round() as i64);
        brush.text(&text, (at.0 + 16, at.1), (HPos::Left, VPos::Center), self.look.font + 2, INK);
    }
}

/// Places in rising order, moved so far that each is at least `gap` from the next and none beyond `last` where there is room.
fn spread(places: &[i32], gap: i32, last: i32) -> Vec<i32> {
    let mut moved = places.to_vec();
    for place in 1..moved.len() {
        moved[place] = moved[place].max(moved[place - 1] + gap);
    }
    let mut limit = last;
    for place in moved.iter_mut().rev() {
        *place = (*place).min(limit);
        limit = *place - gap;
    }
    moved
}

/// The chart of an area's figures; the last point is that of the snapshot's own period.
pub(super) fn chart(look: &Look, alt: &Alt<'_>, points: &[Point], breaks: &[(usize, &Break)]) -> Markup {
    draw(alt, look.size, |brush| {
        let Some(frame) = Frame::of(look, points) else { return };
        frame.axes(brush);
        frame.breaks(brush, breaks);
        let runs = runs(points);
        let last = points.last().map(|point| point.periode);
        for run in &runs {
            frame.band(brush, run);
        }
        for run in &runs {
            frame.line(brush, run);
            frame.markers(brush, run, run.last().map(|point| point.periode) == last);
        }
        if let (true, Some(point)) = (look.margins[1] > ROOM_FOR_VALUE, points.last()) {
            frame.current(brush, point);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_breaks_keep_their_distance_and_their_order() {
        assert_eq!(spread(&[10, 100, 200], 26, 500), [10, 100, 200]);
        assert_eq!(spread(&[100, 104, 110], 26, 500), [100, 126, 152]);
        assert_eq!(spread(&[440, 490, 495], 26, 500), [440, 474, 500]);
        assert_eq!(spread(&[], 26, 500), Vec::<i32>::new());
    }
}
