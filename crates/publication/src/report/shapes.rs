//! The outlines of the Veilig Thuis regions of 2020 (CBS/Kadaster, CC BY 4.0), projected to whole units.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::LazyLock;

use serde::Deserialize;

/// Width and height of the map, in units.
pub(super) const SIZE: (i32, i32) = (1500, 1740);

/// Western and northern edge, in degrees, with some room.
const WEST: f64 = 3.33;
const NORTH: f64 = 53.59;
/// Units of a degree of latitude.
const SCALE: f64 = 608.0;
/// A degree of longitude in degrees of latitude: the cosine of 52.2°, as a constant, so that it is the same on any machine.
const LONGITUDE: f64 = 0.612_907;

type At = (i32, i32);

/// Where the values of regions stand that would touch a neighbour's or a border in the middle of their region.
const BY_HAND: [(&str, At); 4] =
    [("VT06", (786, 1037)), ("VT12", (489, 724)), ("VT18", (354, 1038)), ("VT24", (464, 1100))];

/// The outline of a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// The path of its borders.
    pub(super) path: String,
    /// A place well inside it, for its value.
    pub(super) label: At,
}

#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    id: String,
    geometry: Geometry,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Polygon(Vec<Vec<(f64, f64)>>),
    MultiPolygon(Vec<Vec<Vec<(f64, f64)>>>),
}

#[derive(Deserialize)]
struct Composed {
    regio: String,
    delen: String,
}

/// The outline of a region; nothing for a region that is not on the map.
pub(super) fn shape(code: &str) -> Option<&'static Shape> {
    static SHAPES: LazyLock<BTreeMap<String, Shape>> = LazyLock::new(shapes);
    SHAPES.get(code)
}

fn shapes() -> BTreeMap<String, Shape> {
    // Unwrap safety: a test reads the built-in file.
    let read: Collection =
        serde_json::from_str(include_str!("../../data/kaart/veiligthuisregio_2020.geojson")).unwrap();
    let mut rings: BTreeMap<String, Vec<Vec<At>>> =
        read.features.into_iter().map(|feature| (feature.id, feature.geometry.rings())).collect();
    for (code, parts) in composed() {
        let joined: Vec<Vec<At>> = parts.iter().filter_map(|part| rings.get(part)).flatten().cloned().collect();
        rings.insert(code, without_inner_borders(&joined));
    }
    let by_hand = |code: &str| BY_HAND.iter().find(|(found, _)| *found == code).map(|(_, at)| *at);
    let shape = |code: &str, rings: &[Vec<At>]| Shape {
        path: path(rings),
        label: by_hand(code).unwrap_or_else(|| inside(rings)),
    };
    rings.into_iter().map(|(code, rings)| (code.clone(), shape(&code, &rings))).collect()
}

/// Regions that are made of others.
fn composed() -> Vec<(String, Vec<String>)> {
    let text = include_str!("../../data/kaart/samengesteld.csv");
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let rows = reader.deserialize::<Composed>().filter_map(Result::ok);
    rows.map(|row| (row.regio, row.delen.split('|').map(str::to_owned).collect())).collect()
}

/// Rings without the stretches that two of them share, in opposite directions.
fn without_inner_borders(rings: &[Vec<At>]) -> Vec<Vec<At>> {
    let edges = |ring: &Vec<At>| -> Vec<(At, At)> { ring.windows(2).map(|pair| (pair[0], pair[1])).collect() };
    let all: BTreeSet<(At, At)> = rings.iter().flat_map(edges).collect();
    let outer = all.iter().filter(|(from, to)| !all.contains(&(*to, *from)));
    let mut next: BTreeMap<At, At> = outer.copied().collect();
    let mut joined = Vec::new();
    while let Some((start, mut at)) = next.pop_first() {
        let mut ring = vec![start, at];
        while let Some(to) = next.remove(&at) {
            ring.push(to);
            at = to;
        }
        joined.push(ring);
    }
    joined
}

impl Geometry {
    fn rings(self) -> Vec<Vec<At>> {
        let polygons = match self {
            Self::Polygon(rings) => vec![rings],
            Self::MultiPolygon(polygons) => polygons,
        };
        let project = |(longitude, latitude): (f64, f64)| {
            let x = ((longitude - WEST) * LONGITUDE * SCALE).round() as i32;
            (x, ((NORTH - latitude) * SCALE).round() as i32)
        };
        polygons.into_iter().flatten().map(|ring| ring.into_iter().map(project).collect()).collect()
    }
}

fn path(rings: &[Vec<At>]) -> String {
    let mut path = String::new();
    for ring in rings {
        let mut last = (0, 0);
        for (place, &(x, y)) in ring.iter().take(ring.len().saturating_sub(1)).enumerate() {
            let (dx, dy) = (x - last.0, y - last.1);
            // Unwrap safety: writing to a string does not fail.
            write!(path, "{}{dx},{dy}", if place == 0 { "M" } else { "l" }).unwrap();
            last = (x, y);
        }
        path.push('Z');
    }
    // Each ring begins at an absolute place, and goes on relative to it.
    path
}

/// The middle of the widest stretch across the largest ring near its own middle.
fn inside(rings: &[Vec<At>]) -> At {
    let Some(ring) = rings.iter().max_by_key(|ring| area(ring).abs()) else { return (0, 0) };
    let (low, high) = ring.iter().fold((i32::MAX, i32::MIN), |(low, high), &(_, y)| (low.min(y), high.max(y)));
    let at = |share: i32| low + (high - low) * share / 20;
    let stretches = (6..=14).filter_map(|share| Some((share, at(share), widest(ring, at(share))?)));
    // A place nearer to the middle wins over one that is a bit wider.
    let best = stretches.max_by_key(|(share, _, (from, to))| (to - from) * (30 - (share - 10).abs()));
    best.map_or((0, 0), |(_, y, (from, to))| ((from + to) / 2, y))
}

/// Twice the area of a ring.
fn area(ring: &[At]) -> i64 {
    let cross = |pair: &[At]| i64::from(pair[0].0) * i64::from(pair[1].1) - i64::from(pair[1].0) * i64::from(pair[0].1);
    ring.windows(2).map(cross).sum()
}

/// The widest stretch of a ring at a height.
fn widest(ring: &[At], y: i32) -> Option<At> {
    let crosses = |pair: &[At]| {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        ((y0 <= y) != (y1 <= y)).then(|| x0 + (x1 - x0) * (y - y0) / (y1 - y0))
    };
    let mut places: Vec<i32> = ring.windows(2).filter_map(crosses).collect();
    places.sort_unstable();
    places.chunks_exact(2).map(|pair| (pair[0], pair[1])).max_by_key(|(from, to)| to - from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vt_domain::register::Register;

    #[test]
    fn every_region_that_ever_was_is_on_the_map() {
        for day in ["2019-01-01", "2020-07-01", "2023-01-01", "2026-01-01"] {
            for region in Register::builtin().vt_regions(day.parse().unwrap()) {
                let shape = shape(&region.code.to_string()).unwrap();
                assert!(shape.path.starts_with('M') && shape.path.ends_with('Z'));
                let (x, y) = shape.label;
                assert!(0 < x && x < SIZE.0 && 0 < y && y < SIZE.1, "{}", region.code);
            }
        }
        assert_eq!(shape("VT99"), None);
    }

    #[test]
    fn values_on_the_map_do_not_touch() {
        // Of two digits with a comma, in the page's largest letters, with the halo around them.
        let (width, height) = (92, 52);
        for day in ["2019-01-01", "2020-07-01", "2023-01-01", "2026-01-01"] {
            let regions = Register::builtin().vt_regions(day.parse().unwrap());
            let labels: Vec<(String, At)> = regions
                .iter()
                .map(|region| (region.code.to_string(), shape(&region.code.to_string()).unwrap().label))
                .collect();
            for (place, (code, (x, y))) in labels.iter().enumerate() {
                for (other, (x2, y2)) in &labels[place + 1..] {
                    assert!((x - x2).abs() >= width || (y - y2).abs() >= height, "{day}: {code} touches {other}");
                }
            }
        }
    }

    #[test]
    fn regions_that_are_joined_have_no_border_between_them() {
        let left = vec![(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)];
        let right = vec![(1, 0), (2, 0), (2, 1), (1, 1), (1, 0)];
        let joined = without_inner_borders(&[left, right]);
        assert_eq!(joined, [[(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1), (0, 0)]]);
        assert_eq!(shape("VT27").unwrap().path.matches('M').count(), 1);
    }

    #[test]
    fn a_label_stands_inside_its_region() {
        let square = vec![(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)];
        assert_eq!(inside(std::slice::from_ref(&square)), (50, 50));
        assert_eq!(path(&[square]), "M0,0l100,0l0,100l-100,0Z");
    }
}
