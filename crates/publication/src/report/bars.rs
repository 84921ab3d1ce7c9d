//! Bars per category: the label above its bar, so that nothing is cut on a narrow screen.

use maud::Markup;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Alt, Brush, FIGURE, GRID, INK, MUTED, draw};
use super::format;

/// Measures, in units.
const WIDTH: i32 = 720;
const ROW: i32 = 66;
const FONT: u32 = 26;
const LABEL: i32 = 30;
const THICK: i32 = 20;

/// A category with its value.
pub(super) struct Bar<'a> {
    /// Its label.
    pub(super) label: &'a str,
    /// Its value; nothing when it is empty.
    pub(super) value: Option<i64>,
    /// What stands in the place of the value when it is empty.
    pub(super) reason: &'static str,
}

/// The bars, against the largest.
pub(super) fn chart(alt: &Alt<'_>, bars: &[Bar<'_>]) -> Markup {
    let most = bars.iter().filter_map(|bar| bar.value).max().unwrap_or(0).max(1);
    let height = ROW * i32::try_from(bars.len()).unwrap_or(0);
    draw(alt, (WIDTH, height), |brush| {
        let mut top = 0;
        for bar in bars {
            row(brush, bar, top, most);
            top += ROW;
        }
    })
}

fn row(brush: &mut Brush<'_>, bar: &Bar<'_>, top: i32, most: i64) {
    let baseline = top + LABEL / 2 + 2;
    brush.text(bar.label, (0, baseline), (HPos::Left, VPos::Center), FONT, INK);
    let (text, colour) = match bar.value {
        Some(value) => (format::count(value), INK),
        None => (bar.reason.to_owned(), MUTED),
    };
    brush.text(&text, (WIDTH, baseline), (HPos::Right, VPos::Center), FONT, colour);
    let from = top + LABEL + 2;
    brush.bar((0, from), (WIDTH, from + THICK), GRID);
    if let Some(value) = bar.value {
        let length = (i64::from(WIDTH) * value / most) as i32;
        brush.bar((0, from), (length, from + THICK), FIGURE);
    }
}
