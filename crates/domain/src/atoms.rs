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
    let mut codes: BTreeSet<AtomCode> = register.gemeenten(date).filter_map(|gemeente| AtomCode::new(&gemeente.vt, &gemeente.vr)).collect();
    // What lies in no known gemeente needs an atom of its own only where the VT lies in several veiligheidsregio's.
    codes.extend(register.vt_regions(date).into_iter().filter_map(|region| register.atom_of(&region.code, None, date)));
    codes.into_iter().map(|code| Atom { code, vt: code.vt().to_owned(), vr: code.vr().to_owned() }).collect()
}

fn area(atoms: &[Atom], kind: AreaKind, code: &str, naam: &str, inside: impl Fn(&Atom) -> bool) -> AreaDef {
    let atoms = atoms.iter().enumerate().filter(|(_, atom)| inside(atom)).map(|(index, _)| index).collect();
    AreaDef { kind, code: code.to_owned(), naam: naam.to_owned(), atoms }
}
