//! Drawing with plotters' SVG backend, in whole units of half a pixel: the same bytes on any machine.

use maud::{Markup, PreEscaped, html};
use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, TextStyle};

/// Text.
pub(super) const INK: RGBColor = RGBColor(0x1b, 0x27, 0x33);
/// Less important text; contrast 7.1 on white.
pub(super) const MUTED: RGBColor = RGBColor(0x4a, 0x5a, 0x68);
/// Lines that help to read.
pub(super) const GRID: RGBColor = RGBColor(0xdd, 0xe4, 0xea);
/// Axes.
pub(super) const AXIS: RGBColor = RGBColor(0x7d, 0x8c, 0x99);
/// Figures; contrast 7.4 on white.
pub(super) const FIGURE: RGBColor = RGBColor(0x0b, 0x5a, 0x8a);
/// The margin around figures; contrast 3 on white.
pub(super) const BAND: RGBColor = RGBColor(0x6b, 0x97, 0xb5);
/// Provisional lines: looks like [`FIGURE`], and is dashed by its own name.
pub(super) const PROVISIONAL: RGBColor = RGBColor(0x0b, 0x5a, 0x8b);
/// Breaks in a series; dashed by its own name.
pub(super) const BREAK: RGBColor = RGBColor(0x9a, 0x4b, 0x00);
/// The inside of hollow markers.
pub(super) const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// plotters writes a font's size divided by this.
const FONT_RATIO: f64 = 1.24;

/// Colours whose lines are dashed: plotters can't dash a path.
const DASHED: [(&str, &str); 2] = [("stroke=\"#0B5A8B\"", "8 6"), ("stroke=\"#9A4B00\"", "6 6")];

/// What plotters repeats at each mark, and the page says once or needs not say.
const NEEDLESS: [&str; 5] =
    [" opacity=\"1\"", " font-family=\"sans-serif\"", " stroke=\"none\"", " stroke-width=\"1\"", "\n"];

/// A point, in units from the upper left corner.
pub(super) type At = (i32, i32);

/// How a picture is named for those who don't see it.
pub(super) struct Alt<'a> {
    /// Unique in the page.
    pub(super) id: &'a str,
    /// What it is.
    pub(super) title: &'a str,
    /// What it shows.
    pub(super) description: &'a str,
}

impl Alt<'_> {
    /// The opening tag of a picture, with its names.
    pub(super) fn open(&self, width: i32, height: i32) -> String {
        let (title, description) = (format!("{}-t", self.id), format!("{}-d", self.id));
        let named = html! {
            title #(title) { (self.title) }
            desc #(description) { (self.description) }
        };
        format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{title} {description}\">{}",
            named.into_string()
        )
    }
}

/// Draws on the backend.
pub(super) struct Brush<'a>(SVGBackend<'a>);

/// Draws a picture of a size in units.
pub(super) fn draw(alt: &Alt<'_>, (width, height): At, paint: impl FnOnce(&mut Brush<'_>)) -> Markup {
    let mut svg = String::new();
    {
        let mut brush = Brush(SVGBackend::with_string(&mut svg, (width.unsigned_abs(), height.unsigned_abs())));
        paint(&mut brush);
        // Unwrap safety: writing to a string does not fail.
        brush.0.present().unwrap();
    }
    let body = svg.split_once('>').map_or("", |(_, body)| body);
    PreEscaped(alt.open(width, height) + &tidied(body))
}

/// Without what is needless, and with dashes where they are meant. Texts hold no quotation marks but as entities.
fn tidied(body: &str) -> String {
    let short = NEEDLESS.iter().fold(body.to_owned(), |text, needless| text.replace(needless, ""));
    DASHED
        .iter()
        .fold(short, |text, (colour, dashes)| text.replace(colour, &format!("{colour} stroke-dasharray=\"{dashes}\"")))
}

impl Brush<'_> {
    /// A line through points.
    pub(super) fn path(&mut self, points: &[At], colour: RGBColor, width: u32) {
        // Unwrap safety: writing to a string does not fail.
        self.0.draw_path(points.iter().copied(), &colour.stroke_width(width)).unwrap();
    }

    /// A line.
    pub(super) fn line(&mut self, from: At, to: At, colour: RGBColor, width: u32) {
        // Unwrap safety: writing to a string does not fail.
        self.0.draw_line(from, to, &colour.stroke_width(width)).unwrap();
    }

    /// A filled shape.
    pub(super) fn area(&mut self, points: &[At], colour: RGBColor) {
        // Unwrap safety: writing to a string does not fail.
        self.0.fill_polygon(points.iter().copied(), &colour.filled()).unwrap();
    }

    /// A filled rectangle.
    pub(super) fn bar(&mut self, from: At, to: At, colour: RGBColor) {
        // Unwrap safety: writing to a string does not fail.
        self.0.draw_rect(from, to, &colour.filled(), true).unwrap();
    }

    /// A marker: filled, or hollow.
    pub(super) fn marker(&mut self, at: At, radius: u32, hollow: bool) {
        let inside = if hollow { PAPER } else { FIGURE };
        // Unwrap safety: writing to a string does not fail.
        self.0.draw_circle(at, radius, &inside.filled(), true).unwrap();
        if hollow {
            // Unwrap safety: writing to a string does not fail.
            self.0.draw_circle(at, radius, &FIGURE.stroke_width(3), false).unwrap();
        }
    }

    /// A text of a size in units.
    pub(super) fn text(
        &mut self,
        text: &str,
        at: At,
        (horizontal, vertical): (HPos, VPos),
        size: u32,
        colour: RGBColor,
    ) {
        let font = ("sans-serif", f64::from(size) * FONT_RATIO).into_font();
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(horizontal, vertical));
        // Unwrap safety: writing to a string does not fail.
        self.0.draw_text(text, &style, at).unwrap();
    }
}
