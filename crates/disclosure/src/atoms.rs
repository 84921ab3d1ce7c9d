//! Areas over atoms: which areas are the same set, and what a cell is called.

use crate::cell::{BlockScope, Geography};

/// The distinct atom sets that are published. Areas with equal sets (VT01 and VR13) are one region: one variable, one
/// draw, one value.
pub(crate) struct Regions {
    sets: Vec<Region>,
    /// Region of each area of the geography.
    of_area: Vec<usize>,
}

/// One distinct atom set.
pub(crate) struct Region {
    /// Atom indices, ascending.
    pub(crate) atoms: Vec<usize>,
    /// Codes of the atoms, sorted: the set's name in a cell's identity, whatever the order of the geography.
    pub(crate) codes: Vec<String>,
    /// Whether tables of [`BlockScope::NationalOnly`] are published for it.
    national: bool,
}

impl Regions {
    pub(crate) fn of(geography: &Geography) -> Self {
        let mut sets: Vec<Region> = Vec::new();
        let mut of_area = Vec::with_capacity(geography.areas.len());
        for area in &geography.areas {
            let mut atoms = area.atoms.clone();
            atoms.sort_unstable();
            let index = sets.iter().position(|region| region.atoms == atoms).unwrap_or_else(|| {
                let mut codes: Vec<String> = atoms.iter().map(|&atom| geography.atoms[atom].clone()).collect();
                codes.sort_unstable();
                sets.push(Region { atoms, codes, national: false });
                sets.len() - 1
            });
            sets[index].national |= BlockScope::NationalOnly.includes(area);
            of_area.push(index);
        }
        Self { sets, of_area }
    }

    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    pub(crate) fn get(&self, region: usize) -> &Region {
        &self.sets[region]
    }

    /// Region of the area with this index in the geography.
    pub(crate) fn of_area(&self, area: usize) -> usize {
        self.of_area[area]
    }

    /// Regions for which a table of this scope is published, in order.
    pub(crate) fn in_scope(&self, scope: BlockScope) -> impl Iterator<Item = usize> {
        (0..self.sets.len()).filter(move |&region| scope == BlockScope::AllAreas || self.sets[region].national)
    }
}

/// Canonical identity of a cell: measure, dimension, category and *atom set*, never the code of an area.
pub(crate) struct CellIdentity<'a> {
    pub(crate) measure: &'a str,
    /// `None` for a total.
    pub(crate) dimension: Option<&'a str>,
    pub(crate) category: &'a str,
    /// Sorted codes of the atoms.
    pub(crate) atoms: &'a [String],
}

impl CellIdentity<'_> {
    /// Unambiguous bytes: every text is preceded by its length.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        push_text(out, self.measure);
        match self.dimension {
            None => out.push(0),
            Some(dimension) => {
                out.push(1);
                push_text(out, dimension);
            }
        }
        push_text(out, self.category);
        out.extend_from_slice(&(self.atoms.len() as u64).to_be_bytes());
        for atom in self.atoms {
            push_text(out, atom);
        }
    }
}

/// Appends a text with its length in bytes before it.
pub(crate) fn push_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u64).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Area;

    fn geography(areas: &[(&str, &str, &[usize])]) -> Geography {
        let area = |&(kind, code, atoms): &(&str, &str, &[usize])| Area {
            kind: kind.into(),
            code: code.into(),
            atoms: atoms.to_vec(),
            withheld: false,
        };
        Geography { atoms: ["b", "a", "c"].map(str::to_owned).to_vec(), areas: areas.iter().map(area).collect() }
    }

    #[test]
    fn areas_with_the_same_atoms_are_one_region() {
        let regions =
            Regions::of(&geography(&[("VT", "VT01", &[0, 1]), ("VR", "VR13", &[1, 0]), ("NL", "NL01", &[0, 1, 2])]));
        assert_eq!(regions.of_area(0), regions.of_area(1));
        assert_ne!(regions.of_area(0), regions.of_area(2));
        assert_eq!(regions.in_scope(BlockScope::AllAreas).count(), 2);
    }

    #[test]
    fn a_region_is_named_by_its_sorted_atoms() {
        let regions = Regions::of(&geography(&[("VT", "VT01", &[0, 1])]));
        assert_eq!(regions.get(0).codes, ["a", "b"]);
        assert_eq!(regions.get(0).atoms, [0, 1]);
    }

    #[test]
    fn a_region_that_is_also_national_is_published_in_national_tables() {
        let regions =
            Regions::of(&geography(&[("VT", "VT01", &[0, 1, 2]), ("VR", "VR01", &[0]), ("NL", "NL01", &[2, 1, 0])]));
        assert_eq!(regions.in_scope(BlockScope::NationalOnly).collect::<Vec<_>>(), [0]);
    }
}
