//! Atoms: the overlay of Veilig Thuis regions and veiligheidsregio's, and the published areas as sets of them (DESIGN §7).
//!
//! Computed from the register, never typed in. Every record counts in exactly one atom; every published area is a sum of atoms.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::register::{Register, is_code};

/// An atom's code: the VT and the veiligheidsregio, such as `VT06-VR08`, or `VT06-VR00` when the veiligheidsregio is unknown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtomCode([u8; 9]);

/// A text that is no atom code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no atom: write VT06-VR08, or VT06-VR00 when the veiligheidsregio is unknown")]
pub struct AtomCodeError(String);

impl AtomCode {
    /// The code for an unknown veiligheidsregio in a VT that lies in several.
    pub const VR_UNKNOWN: &'static str = "VR00";

    /// The atom of a VT code and a VR code; nothing when either is malformed.
    pub fn new(vt: &str, vr: &str) -> Option<Self> {
        if !is_code(vt, "VT", 2) || !(vr == Self::VR_UNKNOWN || is_code(vr, "VR", 2)) {
            return None;
        }
        let mut code = *b"VT00-VR00";
        code[..4].copy_from_slice(vt.as_bytes());
        code[5..].copy_from_slice(vr.as_bytes());
        Some(Self(code))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        // Unwrap safety: `new` admits ASCII letters and digits only.
        str::from_utf8(&self.0).unwrap()
    }

    /// The Veilig Thuis region.
    pub fn vt(&self) -> &str {
        &self.as_str()[..4]
    }

    /// The veiligheidsregio, `VR00` when unknown.
    pub fn vr(&self) -> &str {
        &self.as_str()[5..]
    }

    /// Whether the veiligheidsregio is unknown.
    pub fn vr_unknown(&self) -> bool {
        self.vr() == Self::VR_UNKNOWN
    }
}

impl fmt::Display for AtomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for AtomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AtomCode {
    type Err = AtomCodeError;

    fn from_str(text: &str) -> Result<Self, AtomCodeError> {
        let error = || AtomCodeError(text.chars().take(20).collect());
        let (vt, vr) = text.split_once('-').ok_or_else(error)?;
        Self::new(vt, vr).ok_or_else(error)
    }
}

impl Serialize for AtomCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AtomCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One atom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Atom {
    /// Its code.
    pub code: AtomCode,
    /// The Veilig Thuis region it lies in.
    pub vt: String,
    /// The veiligheidsregio it lies in, `VR00` when unknown.
    pub vr: String,
}

/// The kind of a published area: `regio_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AreaKind {
    /// The country.
    Nl,
    /// A Veilig Thuis region.
    Vt,
    /// A veiligheidsregio, VR00 among them.
    Vr,
}

impl AreaKind {
    /// The value of `regio_type`: NL, VT, VR.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nl => "NL",
            Self::Vt => "VT",
            Self::Vr => "VR",
        }
    }
}

/// A published area as a set of atoms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AreaDef {
    /// Country, VT or VR.
    pub kind: AreaKind,
    /// `regio_code`: NL01, VT07, VR14, VR00.
    pub code: String,
    /// `regio`: the name in Dutch.
    pub naam: String,
    /// Indices into [`AtomLayout::atoms`], ascending, never empty.
    pub atoms: Vec<usize>,
}

/// The atoms of a day and the areas that are published from them.
///
/// Atoms are sorted by code. Areas are sorted by kind and code: NL01, the VTs, then the VRs with VR00 first. The atoms of
/// all VTs together are those of NL, each once, and so are those of all VRs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AtomLayout {
    /// The atoms, by code. In 2020: 29, and the VR00 of the three VTs that lie in two veiligheidsregio's.
    pub atoms: Vec<Atom>,
    /// The areas. In 2020: NL01, 26 VTs, 25 VRs and VR00.
    pub areas: Vec<AreaDef>,
}

impl AtomLayout {
    /// The layout of a day.
    pub fn on(register: &Register, date: NaiveDate) -> Self {
        let atoms = atoms(register, date);
        let mut areas = vec![area(&atoms, AreaKind::Nl, "NL01", "Nederland", |_| true)];
        for region in register.vt_regions(date) {
            areas.push(area(&atoms, AreaKind::Vt, &region.code, &region.naam, |atom| atom.vt == region.code));
        }
        if atoms.iter().any(|atom| atom.vr == AtomCode::VR_UNKNOWN) {
            let unknown = |atom: &Atom| atom.vr == AtomCode::VR_UNKNOWN;
            areas.push(area(&atoms, AreaKind::Vr, AtomCode::VR_UNKNOWN, "Veiligheidsregio onbekend", unknown));
        }
        for region in register.vr_regions(date) {
            areas.push(area(&atoms, AreaKind::Vr, &region.code, &region.naam, |atom| atom.vr == region.code));
        }
        Self { atoms, areas }
    }

    /// The index of an atom.
    pub fn atom_index(&self, code: AtomCode) -> Option<usize> {
        self.atoms.binary_search_by_key(&code, |atom| atom.code).ok()
    }

    /// The area with a code.
    pub fn area(&self, code: &str) -> Option<&AreaDef> {
        self.areas.iter().find(|area| area.code == code)
    }
}

fn atoms(register: &Register, date: NaiveDate) -> Vec<Atom> {
    let mut codes: BTreeSet<AtomCode> =
        register.gemeenten(date).filter_map(|gemeente| AtomCode::new(&gemeente.vt, &gemeente.vr)).collect();
    // What lies in no known gemeente needs an atom of its own only where the VT lies in several veiligheidsregio's.
    codes.extend(register.vt_regions(date).into_iter().filter_map(|region| register.atom_of(&region.code, None, date)));
    codes.into_iter().map(|code| Atom { code, vt: code.vt().to_owned(), vr: code.vr().to_owned() }).collect()
}

fn area(atoms: &[Atom], kind: AreaKind, code: &str, naam: &str, inside: impl Fn(&Atom) -> bool) -> AreaDef {
    let atoms = atoms.iter().enumerate().filter(|(_, atom)| inside(atom)).map(|(index, _)| index).collect();
    AreaDef { kind, code: code.to_owned(), naam: naam.to_owned(), atoms }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;
    use proptest::prelude::*;

    fn layout(on: &str) -> AtomLayout {
        AtomLayout::on(Register::builtin(), on.parse().unwrap())
    }

    fn codes(layout: &AtomLayout, area: &str) -> Vec<String> {
        layout.area(area).unwrap().atoms.iter().map(|atom| layout.atoms[*atom].code.to_string()).collect()
    }

    #[test]
    fn in_2020_there_are_32_atoms_and_53_areas() {
        let layout = layout("2020-01-01");
        assert_eq!(layout.atoms.iter().filter(|atom| !atom.code.vr_unknown()).count(), 29);
        let unknown: Vec<String> =
            layout.atoms.iter().filter(|atom| atom.code.vr_unknown()).map(|atom| atom.code.to_string()).collect();
        assert_eq!(unknown, ["VT06-VR00", "VT15-VR00", "VT17-VR00"]);
        let of = |kind| layout.areas.iter().filter(|area| area.kind == kind).count();
        assert_eq!((of(AreaKind::Nl), of(AreaKind::Vt), of(AreaKind::Vr), layout.areas.len()), (1, 26, 26, 53));
    }

    #[test]
    fn areas_come_in_a_fixed_order_with_names() {
        let layout = layout("2020-01-01");
        let codes: Vec<&str> = layout.areas.iter().map(|area| area.code.as_str()).collect();
        assert_eq!(
            (codes[0], codes[1], codes[26], codes[27], codes[28], codes[52]),
            ("NL01", "VT01", "VT26", "VR00", "VR01", "VR25")
        );
        assert!(layout.areas.is_sorted_by_key(|area| (area.kind, &area.code)));
        assert_eq!(layout.area("NL01").unwrap().naam, "Nederland");
        assert_eq!(layout.area("VT07").unwrap().naam, "Gooi en Vechtstreek");
        assert_eq!(layout.area("VR00").unwrap().naam, "Veiligheidsregio onbekend");
        assert_eq!(serde_json::to_string(&AreaKind::Vt).unwrap(), format!("\"{}\"", AreaKind::Vt.name()));
    }

    #[test]
    fn regions_that_do_not_nest_share_atoms() {
        let layout = layout("2020-01-01");
        assert_eq!(codes(&layout, "VR20"), ["VT15-VR20", "VT21-VR20"]);
        assert_eq!(codes(&layout, "VR21"), ["VT15-VR21", "VT16-VR21"]);
        assert_eq!(codes(&layout, "VR23"), ["VT06-VR23", "VT13-VR23"]);
        assert_eq!(codes(&layout, "VR12"), ["VT12-VR12", "VT17-VR12"]);
        assert_eq!(codes(&layout, "VT06"), ["VT06-VR00", "VT06-VR08", "VT06-VR23"]);
        assert_eq!(codes(&layout, "VT07"), ["VT07-VR14"]);
        assert_eq!(codes(&layout, "VR00"), ["VT06-VR00", "VT15-VR00", "VT17-VR00"]);
    }

    #[test]
    fn the_layout_changes_with_vt27_and_not_with_the_other_herindelingen() {
        let before = layout("2020-01-01");
        assert_eq!(layout("2019-01-01"), before);
        assert_eq!(layout("2018-12-31"), before);
        assert_eq!(layout("2022-12-31"), before);
        let after = layout("2023-01-01");
        assert_eq!(codes(&after, "VT27"), ["VT27-VR00", "VT27-VR21", "VT27-VR22"]);
        assert!(after.area("VT16").is_none() && after.area("VT26").is_none());
        assert_eq!((after.atoms.len(), after.areas.len()), (33, 52));
    }

    #[test]
    fn codes_are_read_as_they_are_written() {
        let code: AtomCode = "VT06-VR08".parse().unwrap();
        assert_eq!((code.vt(), code.vr(), code.vr_unknown()), ("VT06", "VR08", false));
        assert!("VT06-VR00".parse::<AtomCode>().unwrap().vr_unknown());
        assert_eq!(serde_json::from_str::<AtomCode>("\"VT06-VR08\"").unwrap(), code);
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"VT06-VR08\"");
        for text in ["VT06", "VT06-", "VT06VR08", "VT00-VR08", "VT6-VR08", "VR08-VT06", "VT06-VR08-", "VT06-VR0é", ""]
        {
            assert!(text.parse::<AtomCode>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn vts_and_vrs_each_partition_the_country(offset in 0..5000u64) {
            let on = NaiveDate::from_ymd_opt(2016, 1, 1).unwrap() + Days::new(offset);
            let layout = AtomLayout::on(Register::builtin(), on);
            let all: Vec<usize> = (0..layout.atoms.len()).collect();
            for kind in [AreaKind::Nl, AreaKind::Vt, AreaKind::Vr] {
                let areas: Vec<&AreaDef> = layout.areas.iter().filter(|area| area.kind == kind).collect();
                prop_assert!(areas.iter().all(|area| !area.atoms.is_empty() && area.atoms.is_sorted()));
                let mut atoms: Vec<usize> = areas.iter().flat_map(|area| area.atoms.iter().copied()).collect();
                atoms.sort_unstable();
                prop_assert_eq!(&atoms, &all, "{:?}", kind);
            }
            for (index, atom) in layout.atoms.iter().enumerate() {
                prop_assert_eq!(layout.atom_index(atom.code), Some(index));
                prop_assert_eq!(AtomCode::new(&atom.vt, &atom.vr), Some(atom.code));
            }
        }

        #[test]
        fn every_record_counts_in_an_atom_of_the_layout(gm in "GM[0-9]{4}", offset in 0..5000u64) {
            let on = NaiveDate::from_ymd_opt(2016, 1, 1).unwrap() + Days::new(offset);
            let register = Register::builtin();
            let layout = AtomLayout::on(register, on);
            for vt in register.vt_regions(on) {
                let atom = register.atom_of(&vt.code, Some(&gm), on).unwrap();
                prop_assert!(layout.atom_index(atom).is_some(), "{}", atom);
            }
            for gemeente in register.gemeenten(on) {
                let atom = register.atom_of(&gemeente.vt, Some(&gemeente.code), on).unwrap();
                prop_assert!(layout.atom_index(atom).is_some_and(|index| !layout.atoms[index].code.vr_unknown()));
            }
        }
    }
}
