//! Registrations one by one, so that a delivery can be corrected: characteristics change, records are added.

use vt_disclosure::{BlockKind, BlockSpec, CategorySpec};

use crate::support::{Blocks, Rng, Shape, geography, weights};

/// One record: its atom and its categories in each breakdown.
#[derive(Clone)]
struct Registration {
    atom: usize,
    categories: Vec<Vec<usize>>,
}

/// The registrations of one measure in a period.
#[derive(Clone)]
pub struct Registrations {
    measure: &'static str,
    shapes: Vec<Shape>,
    weights: Vec<u64>,
    records: Vec<Registration>,
}

impl Registrations {
    /// About `records` records, spread over atoms and categories as in real deliveries.
    pub fn new(rng: &mut Rng, measure: &'static str, shapes: &[Shape], records: u64) -> Self {
        let mut all = Self { measure, shapes: shapes.to_vec(), weights: weights(rng), records: Vec::new() };
        for _ in 0..records {
            let atom = rng.pick(&all.weights);
            all.add(rng, atom);
        }
        all
    }

    fn add(&mut self, rng: &mut Rng, atom: usize) {
        let categories = self.shapes.iter().map(|shape| draw(rng, *shape)).collect();
        self.records.push(Registration { atom, categories });
    }

    /// Corrects the records of some VTs: of a thousand, `changed` get other characteristics and `added` come in late.
    pub fn correct(&mut self, rng: &mut Rng, vts: &[String], changed: u64, added: u64) {
        let atoms = geography().atoms;
        let is_theirs = |atom: usize| vts.iter().any(|vt| atoms[atom].starts_with(&format!("{vt}.")));
        let mut late = Vec::new();
        for index in 0..self.records.len() {
            let atom = self.records[index].atom;
            if !is_theirs(atom) {
                continue;
            }
            if rng.below(1_000) < changed {
                self.records[index].categories = self.shapes.iter().map(|shape| draw(rng, *shape)).collect();
            }
            if rng.below(1_000) < added {
                late.push(atom);
            }
        }
        for atom in late {
            self.add(rng, atom);
        }
    }

    /// Only the records of VTs that have delivered.
    pub fn of(&self, vts: &[String]) -> Self {
        let atoms = geography().atoms;
        let is_theirs = |atom: usize| vts.iter().any(|vt| atoms[atom].starts_with(&format!("{vt}.")));
        let records = self.records.iter().filter(|record| is_theirs(record.atom)).cloned().collect();
        Self { records, ..self.clone() }
    }

    /// The tables of the measure.
    pub fn blocks(&self) -> Blocks {
        let atoms = self.weights.len();
        let mut blocks = vec![(BlockSpec::total(self.measure), vec![vec![0]; atoms])];
        for &(dimension, kind, categories, exclusive) in &self.shapes {
            let specs = (0..categories).map(|category| CategorySpec {
                code: format!("{dimension}_{category}"),
                exclusive: category + exclusive >= categories,
                structural_zero: false,
            });
            let spec = BlockSpec::breakdown(self.measure, dimension, kind, specs.collect());
            let spec = if dimension == "besluit" { spec.national_only() } else { spec };
            blocks.push((spec, vec![vec![0; categories]; atoms]));
        }
        for record in &self.records {
            blocks[0].1[record.atom][0] += 1;
            for ((_, counts), categories) in blocks[1..].iter_mut().zip(&record.categories) {
                for &category in categories {
                    counts[record.atom][category] += 1;
                }
            }
        }
        blocks
    }
}

fn draw(rng: &mut Rng, (_, kind, categories, exclusive): Shape) -> Vec<usize> {
    let weights: Vec<u64> = (0..categories).map(|category| 3_000_000 >> (category * 2 / 3)).collect();
    let first = rng.pick(&weights);
    let mut all = vec![first];
    if kind == BlockKind::Multi && first + exclusive < categories {
        all.extend((0..categories - exclusive).filter(|&other| other != first && rng.below(6) == 0));
    }
    all
}
