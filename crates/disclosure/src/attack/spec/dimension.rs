//! Dimensions: atoms, and groups of them that may overlap and need not nest.

use std::collections::{BTreeMap, BTreeSet};

use super::error::SpecError;
use super::form::{DimensionSpec, GroupSpec};

/// A dimension with every code resolved.
pub(super) struct Dimension {
    pub(super) name: String,
    pub(super) atoms: Vec<String>,
    /// Atoms of every code, ascending.
    codes: BTreeMap<String, Vec<usize>>,
}

impl Dimension {
    /// Resolves a dimension; `seen` are the codes of the tables.
    pub(super) fn new(name: &str, spec: &DimensionSpec, seen: &[&str]) -> Result<Self, SpecError> {
        let path = format!("dimensions.{name}");
        let atoms = match &spec.atoms {
            Some(atoms) => atoms.clone(),
            None => seen.iter().filter(|code| !spec.groups.contains_key(**code)).map(|&code| code.to_owned()).collect(),
        };
        if atoms.is_empty() {
            return Err(SpecError::field(path, "has no atoms"));
        }
        let mut codes = BTreeMap::new();
        for (index, atom) in atoms.iter().enumerate() {
            if atom.is_empty() && spec.atoms.is_none() {
                return Err(SpecError::field(path, "a row has an empty code; name it as a group, or fill it in"));
            }
            if codes.insert(atom.clone(), vec![index]).is_some() {
                return Err(SpecError::field(format!("{path}.atoms"), format!("atom `{atom}` is there twice")));
            }
        }
        if let Some(code) = spec.groups.keys().find(|code| codes.contains_key(*code)) {
            return Err(SpecError::field(format!("{path}.groups.{code}"), "is the name of an atom too"));
        }
        let mut dimension = Self { name: name.to_owned(), atoms, codes };
        for code in spec.groups.keys() {
            dimension.resolve_group(spec, code, &mut Vec::new())?;
        }
        Ok(dimension)
    }

    /// Atoms of a group, resolving the groups in it first; `within` are the groups that are being resolved.
    fn resolve_group(&mut self, spec: &DimensionSpec, code: &str, within: &mut Vec<String>) -> Result<(), SpecError> {
        if self.codes.contains_key(code) {
            return Ok(());
        }
        let path = format!("dimensions.{}.groups.{code}", self.name);
        if within.iter().any(|outer| outer == code) {
            return Err(SpecError::field(path, format!("holds itself: {} → {code}", within.join(" → "))));
        }
        within.push(code.to_owned());
        let atoms = match &spec.groups[code] {
            GroupSpec::All(_) => (0..self.atoms.len()).collect(),
            GroupSpec::Members(members) => self.members(spec, &path, members, within)?,
        };
        within.pop();
        self.codes.insert(code.to_owned(), atoms);
        Ok(())
    }

    fn members(
        &mut self,
        spec: &DimensionSpec,
        path: &str,
        members: &[String],
        within: &mut Vec<String>,
    ) -> Result<Vec<usize>, SpecError> {
        let mut through: BTreeMap<usize, &str> = BTreeMap::new();
        for member in members {
            if spec.groups.contains_key(member) {
                self.resolve_group(spec, member, within)?;
            }
            let Some(atoms) = self.codes.get(member) else {
                let rule = format!("`{member}` is neither atom nor group; if no table has it, list it under `atoms`");
                return Err(SpecError::field(path, rule));
            };
            for &atom in atoms {
                if let Some(first) = through.insert(atom, member) {
                    let rule =
                        format!("overlapping atom: holds `{}` twice, by `{first}` and `{member}`", self.atoms[atom]);
                    return Err(SpecError::field(path, rule));
                }
            }
        }
        if through.is_empty() {
            return Err(SpecError::field(path, "has no atoms"));
        }
        Ok(through.into_keys().collect())
    }

    /// Atoms of a code.
    pub(super) fn atoms_of(&self, code: &str) -> Option<&[usize]> {
        self.codes.get(code).map(Vec::as_slice)
    }

    /// Atoms that the given codes do not tell apart, together; in order of their first.
    pub(super) fn classes<'a>(&self, codes: impl Iterator<Item = &'a str>) -> Vec<Vec<usize>> {
        let mut signatures: Vec<Vec<usize>> = vec![Vec::new(); self.atoms.len()];
        for (index, code) in codes.collect::<BTreeSet<_>>().into_iter().enumerate() {
            for &atom in self.atoms_of(code).unwrap_or_default() {
                signatures[atom].push(index);
            }
        }
        let mut place: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let mut classes: Vec<Vec<usize>> = Vec::new();
        for (atom, signature) in signatures.into_iter().enumerate() {
            let class = *place.entry(signature).or_insert_with(|| {
                classes.push(Vec::new());
                classes.len() - 1
            });
            classes[class].push(atom);
        }
        classes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dimension(text: &str, seen: &[&str]) -> Result<Dimension, String> {
        Dimension::new("r", &serde_json::from_str(text).unwrap(), seen).map_err(|error| error.to_string())
    }

    #[test]
    fn groups_hold_groups_and_overlap() {
        let text = r#"{"groups": {"NL": "*", "N": ["A", "B"], "M": ["B", "C"], "all": ["N", "C"]}}"#;
        let dimension = dimension(text, &["A", "B", "C", "N", "NL"]).unwrap();
        assert_eq!(dimension.atoms, ["A", "B", "C"]);
        for (code, atoms) in [("NL", &[0, 1, 2][..]), ("N", &[0, 1]), ("M", &[1, 2]), ("all", &[0, 1, 2]), ("B", &[1])]
        {
            assert_eq!(dimension.atoms_of(code), Some(atoms), "{code}");
        }
    }

    #[test]
    fn an_overlapping_atom_and_a_circle_are_refused() {
        let cases = [
            (r#"{"groups": {"N": ["A", "A"]}}"#, "dimensions.r.groups.N: overlapping atom: holds `A` twice"),
            (r#"{"groups": {"N": ["A", "B"], "M": ["N", "B"]}}"#, "dimensions.r.groups.M: overlapping atom"),
            (r#"{"atoms": ["A", "A"]}"#, "dimensions.r.atoms: atom `A` is there twice"),
            (r#"{"atoms": ["A", "B"], "groups": {"A": ["B"]}}"#, "dimensions.r.groups.A: is the name of an atom too"),
            (r#"{"groups": {"N": ["M"], "M": ["N"]}}"#, "holds itself"),
            (r#"{"groups": {"N": ["A", "Z"]}}"#, "`Z` is neither atom nor group"),
            (r#"{"groups": {"N": []}}"#, "has no atoms"),
        ];
        for (text, rule) in cases {
            let error = dimension(text, &["A", "B"]).map(|_| ()).unwrap_err();
            assert!(error.contains(rule), "{text}: {error}");
        }
    }

    #[test]
    fn atoms_that_no_code_tells_apart_are_one_class() {
        let text = r#"{"atoms": ["A", "B", "C", "D"], "groups": {"NL": "*", "N": ["A", "B"]}}"#;
        let dimension = dimension(text, &[]).unwrap();
        assert_eq!(dimension.classes(["NL", "N"].into_iter()), [vec![0, 1], vec![2, 3]]);
        assert_eq!(dimension.classes(["NL", "D"].into_iter()), [vec![0, 1, 2], vec![3]]);
    }
}
