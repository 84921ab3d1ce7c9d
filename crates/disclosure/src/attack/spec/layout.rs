//! Which unknown counts the tables are made of: the cross product of the atoms, with what no table tells apart together.

use std::collections::HashMap;

use super::dimension::Dimension;
use super::error::SpecError;

/// Most unknown counts of a problem.
const MOST_UNKNOWNS: usize = 2_000_000;
/// Most places where an unknown stands in a cell.
const MOST_TERMS: usize = 20_000_000;

/// A cell's code per dimension; `None` is the total over it.
pub(super) type Key = Vec<Option<String>>;

/// Atom cells, merged, and the cells over them.
pub(super) struct Layout {
    /// Merged atom cells, alike in every snapshot.
    pub(super) merged: Vec<Merged>,
    /// Number of snapshots; 1 without them.
    pub(super) snapshots: usize,
    /// The cells that were asked for, in their order.
    pub(super) cells: Vec<Members>,
    /// Classes of atoms of each dimension; those of the snapshots' dimension are not used.
    classes: Vec<Vec<Vec<usize>>>,
    snapshot_dim: Option<usize>,
}

/// Atom cells that are in the same cells.
pub(super) struct Merged {
    /// The first of the combinations of classes.
    combination: usize,
    /// Number of atom cells.
    pub(super) weight: i64,
    /// Per snapshot, whether it is a structural zero.
    pub(super) zero: Vec<bool>,
}

/// What a cell consists of.
pub(super) struct Members {
    /// Place of its snapshot.
    pub(super) snapshot: usize,
    /// Indices of merged atom cells, ascending, structural zeros left out.
    pub(super) merged: Vec<usize>,
}

/// What a layout is made for.
pub(super) struct Plan<'a> {
    pub(super) dims: &'a [Dimension],
    pub(super) snapshot_dim: Option<usize>,
    pub(super) cells: &'a [Key],
    /// Structural zeros: codes per dimension; none is every atom.
    pub(super) zeros: &'a [Vec<Vec<String>>],
    /// Keeps every atom cell by itself.
    pub(super) apart: bool,
}

impl Layout {
    pub(super) fn new(plan: &Plan<'_>) -> Result<Self, SpecError> {
        let snapshots = plan.snapshot_dim.map_or(1, |dim| plan.dims[dim].atoms.len());
        let classes: Vec<Vec<Vec<usize>>> = (0..plan.dims.len()).map(|dim| plan.classes(dim)).collect();
        let radix: Vec<usize> = (0..plan.dims.len())
            .map(|dim| if Some(dim) == plan.snapshot_dim { 1 } else { classes[dim].len() })
            .collect();
        let product = radix.iter().try_fold(snapshots, |product, &size| product.checked_mul(size));
        let product = product.filter(|&product| product <= MOST_UNKNOWNS).ok_or_else(|| {
            let sizes: Vec<String> = classes.iter().map(|classes| classes.len().to_string()).collect();
            SpecError::Explosion { what: format!("{} combinations", sizes.join(" × ")), limit: MOST_UNKNOWNS }
        })?;
        let mut layout =
            Self { merged: Vec::new(), snapshots, cells: Vec::new(), classes, snapshot_dim: plan.snapshot_dim };
        let mut cells_of: Vec<Vec<usize>> = vec![Vec::new(); product / snapshots];
        let mut places = 0;
        for (cell, key) in plan.cells.iter().enumerate() {
            let lists: Vec<Vec<usize>> =
                plan.dims.iter().zip(key).map(|(dim, code)| dim_atoms(dim, code.as_slice())).collect();
            let (snapshot, combinations) = (layout.snapshot(&lists), layout.combinations(&lists, &radix));
            places += combinations.len();
            if places > MOST_TERMS {
                let what = format!("{} cells over {product} combinations", plan.cells.len());
                return Err(SpecError::Explosion { what, limit: MOST_TERMS });
            }
            for combination in combinations {
                cells_of[combination].push(cell);
            }
            layout.cells.push(Members { snapshot, merged: Vec::new() });
        }
        let zero = layout.zeros(plan, &radix, product / snapshots);
        layout.merge(plan, cells_of, &zero);
        Ok(layout)
    }

    /// Per combination and snapshot, whether it is a structural zero; empty without structural zeros.
    fn zeros(&self, plan: &Plan<'_>, radix: &[usize], combinations: usize) -> Vec<Vec<bool>> {
        if plan.zeros.is_empty() {
            return Vec::new();
        }
        let mut zero = vec![vec![false; self.snapshots]; combinations];
        for pattern in plan.zeros {
            let lists: Vec<Vec<usize>> =
                plan.dims.iter().zip(pattern).map(|(dim, codes)| dim_atoms(dim, codes)).collect();
            for combination in self.combinations(&lists, radix) {
                match self.snapshot_dim {
                    Some(dim) => lists[dim].iter().for_each(|&snapshot| zero[combination][snapshot] = true),
                    None => zero[combination][0] = true,
                }
            }
        }
        zero
    }

    /// Merges combinations that are in the same cells and zero in the same snapshots; leaves out those in no cell.
    fn merge(&mut self, plan: &Plan<'_>, cells_of: Vec<Vec<usize>>, zero: &[Vec<bool>]) {
        let nowhere = vec![false; self.snapshots];
        let mut places: HashMap<(Vec<usize>, &[bool]), usize> = HashMap::new();
        for (combination, cells) in cells_of.into_iter().enumerate() {
            let zero = zero.get(combination).unwrap_or(&nowhere).as_slice();
            if cells.is_empty() && !plan.apart {
                continue;
            }
            let weight = self.weight(combination);
            let found = if plan.apart { None } else { places.get(&(cells.clone(), zero)).copied() };
            if let Some(place) = found {
                self.merged[place].weight += weight;
                continue;
            }
            let place = self.merged.len();
            self.merged.push(Merged { combination, weight, zero: zero.to_vec() });
            for &cell in &cells {
                let members = &mut self.cells[cell];
                if !zero[members.snapshot] {
                    members.merged.push(place);
                }
            }
            if !plan.apart {
                places.insert((cells, zero), place);
            }
        }
    }

    /// Place of the snapshot of a cell with these atoms per dimension.
    fn snapshot(&self, lists: &[Vec<usize>]) -> usize {
        self.snapshot_dim.and_then(|dim| lists[dim].first().copied()).unwrap_or(0)
    }

    /// Combinations of classes within the given atoms per dimension, ascending.
    fn combinations(&self, lists: &[Vec<usize>], radix: &[usize]) -> Vec<usize> {
        let mut all = vec![0];
        for (dim, atoms) in lists.iter().enumerate().filter(|&(dim, _)| Some(dim) != self.snapshot_dim) {
            // The classes are made of the same codes: a class is within the atoms when its first one is.
            let classes = self.classes[dim].iter().enumerate();
            let within: Vec<usize> =
                classes.filter(|(_, class)| atoms.binary_search(&class[0]).is_ok()).map(|(class, _)| class).collect();
            all = all.iter().flat_map(|&head| within.iter().map(move |&class| head * radix[dim] + class)).collect();
        }
        all
    }

    /// The class of each dimension in a combination; `None` for the dimension of the snapshots.
    fn classes_of(&self, combination: usize) -> Vec<Option<&[usize]>> {
        let mut rest = combination;
        let mut found = vec![None; self.classes.len()];
        for (dim, classes) in self.classes.iter().enumerate().rev().filter(|&(dim, _)| Some(dim) != self.snapshot_dim) {
            found[dim] = Some(classes[rest % classes.len()].as_slice());
            rest /= classes.len();
        }
        found
    }

    fn weight(&self, combination: usize) -> i64 {
        let sizes = self.classes_of(combination).into_iter().flatten().map(|class| class.len() as i64);
        sizes.product()
    }

    /// Codes of an atom cell, in a snapshot. Only where every atom cell was kept apart.
    pub(super) fn atom_key(&self, dims: &[Dimension], merged: usize, snapshot: usize) -> Key {
        let classes = self.classes_of(self.merged[merged].combination).into_iter().zip(dims);
        classes.map(|(class, dim)| Some(dim.atoms[class.map_or(snapshot, |class| class[0])].clone())).collect()
    }

    /// A name for a merged atom cell: the same for the same tables.
    pub(super) fn name(&self, dims: &[Dimension], merged: usize) -> String {
        let classes = self.classes_of(self.merged[merged].combination).into_iter().zip(dims);
        let parts = classes.filter_map(|(class, dim)| {
            let class = class?;
            let more = if class.len() > 1 { format!(" (and {} more)", class.len() - 1) } else { String::new() };
            Some(format!("{}={}{more}", dim.name, dim.atoms[class[0]]))
        });
        parts.collect::<Vec<_>>().join(", ")
    }
}

impl Plan<'_> {
    fn classes(&self, dim: usize) -> Vec<Vec<usize>> {
        if self.apart {
            return (0..self.dims[dim].atoms.len()).map(|atom| vec![atom]).collect();
        }
        let codes = self.cells.iter().filter_map(|key| key[dim].as_deref());
        let zeros = self.zeros.iter().flat_map(|pattern| pattern[dim].iter().map(String::as_str));
        self.dims[dim].classes(codes.chain(zeros))
    }
}

/// Atoms of some codes, ascending; of no code, all.
fn dim_atoms(dim: &Dimension, codes: &[String]) -> Vec<usize> {
    if codes.is_empty() {
        return (0..dim.atoms.len()).collect();
    }
    let mut atoms: Vec<usize> = codes.iter().flat_map(|code| dim.atoms_of(code).unwrap_or_default()).copied().collect();
    atoms.sort_unstable();
    atoms.dedup();
    atoms
}

#[cfg(test)]
mod tests {
    use super::super::form::DimensionSpec;
    use super::*;

    fn dims(sizes: &[usize]) -> Vec<Dimension> {
        let dimension = |(dim, &size): (usize, &usize)| {
            let atoms = Some((0..size).map(|atom| format!("{dim}.{atom}")).collect());
            Dimension::new(&format!("d{dim}"), &DimensionSpec { atoms, ..DimensionSpec::default() }, &[]).unwrap()
        };
        sizes.iter().enumerate().map(dimension).collect()
    }

    fn layout(dims: &[Dimension], cells: &[Key], apart: bool) -> Result<Layout, SpecError> {
        Layout::new(&Plan { dims, snapshot_dim: None, cells, zeros: &[], apart })
    }

    #[test]
    fn what_no_cell_tells_apart_is_one_unknown() {
        let dims = dims(&[3, 1_000]);
        let code = |code: &str| Some(code.to_owned());
        let cells = [vec![None, None], vec![code("0.0"), None], vec![code("0.0"), code("1.7")]];
        let layout = layout(&dims, &cells, false).unwrap();
        let weights: Vec<i64> = layout.merged.iter().map(|merged| merged.weight).collect();
        assert_eq!(weights, [999, 1, 2_000], "0.0 without 1.7, 0.0 with it, and the others");
        assert_eq!(layout.cells[1].merged, [0, 1]);
    }

    #[test]
    fn too_many_unknowns_are_refused_before_they_are_made() {
        let dims = dims(&[2_000, 2_000]);
        let error = layout(&dims, &[vec![None, None]], true).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("2000 × 2000 combinations") && error.contains("more than 2000000"), "{error}");
        assert!(layout(&dims, &[vec![None, None]], false).is_ok(), "merged, they are one");
    }
}
