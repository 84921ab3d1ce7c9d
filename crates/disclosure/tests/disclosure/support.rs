//! Realistic tables: the geography of 2020 (26 VT, 25 VR, 29 overlay atoms and three of VR00) and counts of records that
//! are drawn one by one, so that every table is realisable by construction.

use vt_disclosure::{
    Area, BlockKind, BlockSpec, CategorySpec, CellTable, Geography, Key, Past, Policy, Protection, protect,
};

/// VT, VR and inhabitants of 1-1-2020 in hundreds, of each overlay atom (`register`).
const OVERLAY: [(u32, u32, u64); 29] = [
    (1, 13, 10_674),
    (2, 3, 4_941),
    (3, 25, 4_261),
    (4, 2, 6_499),
    (5, 7, 6_987),
    (6, 8, 5_623),
    (6, 23, 79),
    (7, 14, 2_582),
    (8, 1, 5_840),
    (9, 15, 11_176),
    (10, 16, 8_114),
    (11, 4, 5_331),
    (12, 12, 5_378),
    (13, 23, 5_130),
    (14, 6, 8_294),
    (15, 20, 4_105),
    (15, 21, 449),
    (16, 21, 6_203),
    (17, 10, 6_646),
    (17, 12, 136),
    (18, 17, 13_251),
    (19, 5, 6_308),
    (20, 9, 13_579),
    (21, 20, 7_101),
    (22, 11, 3_397),
    (23, 19, 3_845),
    (24, 18, 4_604),
    (25, 24, 5_929),
    (26, 22, 7_814),
];

/// VTs that lie in more than one VR, and so have an atom of VR00: gemeente unknown.
const SPLIT: [u32; 3] = [6, 15, 17];

/// SplitMix64: a fixed sequence from a seed.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// An index, with the given weights.
    pub fn pick(&mut self, weights: &[u64]) -> usize {
        let mut at = self.below(weights.iter().sum());
        weights
            .iter()
            .position(|&weight| {
                let here = at < weight;
                at = at.saturating_sub(weight);
                here
            })
            .unwrap()
    }
}

/// Atoms, and the weight of each.
fn atoms() -> Vec<(String, u64)> {
    let overlay = OVERLAY.iter().map(|(vt, vr, weight)| (format!("VT{vt:02}.VR{vr:02}"), *weight));
    let unknown = SPLIT.iter().map(|vt| (format!("VT{vt:02}.VR00"), 60));
    overlay.chain(unknown).collect()
}

/// The geography of 2020.
pub fn geography() -> Geography {
    let atoms: Vec<String> = atoms().into_iter().map(|(code, _)| code).collect();
    let area = |kind: &str, code: String, part: String| Area {
        kind: kind.into(),
        code,
        atoms: (0..atoms.len()).filter(|&atom| atoms[atom].contains(&part)).collect(),
        withheld: false,
    };
    let mut areas = vec![area("NL", "NL01".into(), String::new())];
    areas.extend((1..=26).map(|vt| area("VT", format!("VT{vt:02}"), format!("VT{vt:02}."))));
    areas.extend((0..=25).map(|vr| area("VR", format!("VR{vr:02}"), format!(".VR{vr:02}"))));
    Geography { atoms, areas }
}

/// Shape of one breakdown: name, kind, number of categories, of which exclusive (the last ones).
pub type Shape = (&'static str, BlockKind, usize, usize);

pub const ADVIEZEN: [Shape; 5] = [
    ("kanaal", BlockKind::Single, 4, 0),
    ("organisatie", BlockKind::Single, 13, 0),
    ("aard", BlockKind::Multi, 8, 2),
    ("vorm", BlockKind::Multi, 12, 1),
    ("duur", BlockKind::Single, 7, 0),
];

pub const MELDINGEN: [Shape; 7] = [
    ("organisatie", BlockKind::Single, 13, 0),
    ("aard", BlockKind::Multi, 8, 2),
    ("vorm", BlockKind::Multi, 12, 1),
    ("duur", BlockKind::Single, 7, 0),
    ("veiligheidstaxatie", BlockKind::Multi, 4, 2),
    ("hermelding", BlockKind::Single, 5, 0),
    ("besluit", BlockKind::Single, 5, 0),
];

pub type Blocks = Vec<(BlockSpec, Vec<Vec<u32>>)>;

/// How many records each atom has, relative to the others.
pub fn weights(rng: &mut Rng) -> Vec<u64> {
    atoms().iter().map(|(_, weight)| weight * (60 + rng.below(100))).collect()
}

/// Tables of one measure with about `records` records, skewed over atoms and categories. `besluit` is national only.
pub fn measure(rng: &mut Rng, name: &str, shapes: &[Shape], records: u64) -> Blocks {
    let weights = weights(rng);
    let mut blocks = vec![(BlockSpec::total(name), vec![vec![0]; weights.len()])];
    for &(dimension, kind, categories, exclusive) in shapes {
        let specs = (0..categories).map(|category| CategorySpec {
            code: format!("{dimension}_{category}"),
            exclusive: category + exclusive >= categories,
            structural_zero: false,
        });
        let spec = BlockSpec::breakdown(name, dimension, kind, specs.collect());
        let spec = if dimension == "besluit" { spec.national_only() } else { spec };
        blocks.push((spec, vec![vec![0; categories]; weights.len()]));
    }
    for _ in 0..records {
        let atom = rng.pick(&weights);
        for (spec, counts) in &mut blocks {
            record(rng, spec, &mut counts[atom]);
        }
    }
    blocks
}

/// Adds one record to a row of counts.
fn record(rng: &mut Rng, spec: &BlockSpec, row: &mut [u32]) {
    // Shares fall by a third from one category to the next: the largest has hundreds of times the smallest.
    let weights: Vec<u64> = (0..row.len()).map(|category| 3_000_000 >> (category * 2 / 3)).collect();
    let first = rng.pick(&weights);
    row[first] += 1;
    if spec.kind == BlockKind::Multi && !spec.categories[first].exclusive {
        for (category, count) in row.iter_mut().enumerate() {
            if category != first && !spec.categories[category].exclusive && rng.below(6) == 0 {
                *count += 1;
            }
        }
    }
}

/// All tables of a period.
pub fn period(seed: u64, adviezen: u64, meldingen: u64) -> Blocks {
    let mut rng = Rng(seed);
    let mut blocks = measure(&mut rng, "gestarte_adviezen", &ADVIEZEN, adviezen);
    blocks.extend(measure(&mut rng, "ontvangen_meldingen", &MELDINGEN, meldingen));
    blocks.extend(measure(&mut rng, "afgeronde_onderzoeken", &[], meldingen / 10));
    blocks.extend(measure(&mut rng, "afgeronde_voorwaarden_vervolg", &[], meldingen / 8));
    blocks
}

pub fn key() -> Key {
    Key::from_bytes(std::array::from_fn(|byte| byte as u8 * 7 + 1))
}

/// Protects blocks over the geography of 2020.
pub fn protect_blocks(blocks: Blocks) -> Protection {
    let cells = CellTable::new("2020W407", geography(), blocks).unwrap();
    protect(cells, &Past::first(), &key(), &Policy::default()).unwrap()
}

/// An area as kind, code and atoms.
pub type SmallArea<'a> = (&'a str, &'a str, &'a [usize]);

/// A geography with atoms `a0`, `a1`, … and these areas.
pub fn small_geography(atoms: usize, areas: &[SmallArea<'_>]) -> Geography {
    let area = |&(kind, code, atoms): &SmallArea<'_>| Area {
        kind: kind.into(),
        code: code.into(),
        atoms: atoms.to_vec(),
        withheld: false,
    };
    Geography { atoms: (0..atoms).map(|atom| format!("a{atom}")).collect(), areas: areas.iter().map(area).collect() }
}

/// Totals of the measure `m`.
pub fn totals(counts: &[u32]) -> (BlockSpec, Vec<Vec<u32>>) {
    (BlockSpec::total("m"), counts.iter().map(|&count| vec![count]).collect())
}

/// A breakdown of the measure `m`, categories `c0`, `c1`, …, the last `exclusive` of them exclusive.
pub fn breakdown(
    dimension: &str,
    kind: BlockKind,
    exclusive: usize,
    counts: Vec<Vec<u32>>,
) -> (BlockSpec, Vec<Vec<u32>>) {
    let width = counts[0].len();
    let categories = (0..width).map(|category| CategorySpec {
        code: format!("c{category}"),
        exclusive: category + exclusive >= width,
        structural_zero: false,
    });
    (BlockSpec::breakdown("m", dimension, kind, categories.collect()), counts)
}

/// The record as a document: what a tester, or an intruder in the private store, can change.
pub fn document(protection: &Protection) -> serde_json::Value {
    serde_json::to_value(&protection.record).unwrap()
}

/// Truth of each published cell, as in the record, in the order of the values of its table: (table, area, category).
pub fn errors(protection: &Protection) -> Vec<(String, String, String, i64)> {
    let record = document(protection);
    let geography = protection.record.geography();
    let mut errors = Vec::new();
    for (block, spec) in record["blocks"].as_array().unwrap().iter().zip(protection.table.blocks()) {
        for (row, area) in geography.areas_in(spec.scope).enumerate() {
            for (column, category) in spec.categories.iter().enumerate() {
                let truth: i64 = area.atoms.iter().map(|&atom| block["truth"][atom][column].as_i64().unwrap()).sum();
                let value = block["published"][row][column].as_i64().unwrap();
                errors.push((spec.name(), area.code.clone(), category.code.clone(), value - truth));
            }
        }
    }
    errors
}
