//! The areas that are published, with their names, and what they draw on.

use std::collections::BTreeSet;
use std::sync::Arc;

use vt_disclosure::Geography;
use vt_domain::atoms::AtomCode;
use vt_domain::register::Register;

use crate::render::RenderError;

/// A published area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedArea {
    /// `NL`, `VT` or `VR`.
    pub regio_type: Arc<str>,
    /// `NL01`, `VT07`, `VR14`, `VR00`.
    pub code: Arc<str>,
    /// The name.
    pub naam: Arc<str>,
    /// The atoms that it is made of.
    pub atoms: Vec<AtomCode>,
    /// Left out of this counts, though bounded like the others.
    pub withheld: bool,
}

impl PublishedArea {
    /// The Veilig Thuis regions that it draws on.
    pub fn vts(&self) -> BTreeSet<&str> {
        self.atoms.iter().map(AtomCode::vt).collect()
    }

    /// Whether it is the country.
    pub fn is_nl(&self) -> bool {
        &*self.regio_type == "NL"
    }
}

/// The areas of a protected table, named by the register.
///
/// # Errors
/// [`RenderError::Inconsistent`] when an atom's or area's code is not one of the register.
pub fn areas(geography: &Geography, register: &Register) -> Result<Vec<PublishedArea>, RenderError> {
    let refuse = |rule: String| RenderError::Inconsistent(rule);
    let atoms: Result<Vec<AtomCode>, _> = geography.atoms.iter().map(|code| code.parse::<AtomCode>()).collect();
    let atoms = atoms.map_err(|error| refuse(error.to_string()))?;
    let areas = geography.areas.iter().map(|area| {
        let naam =
            name(register, &area.code).ok_or_else(|| refuse(format!("the register has no region {}", area.code)))?;
        Ok(PublishedArea {
            regio_type: area.kind.as_str().into(),
            code: area.code.as_str().into(),
            naam: naam.into(),
            atoms: area.atoms.iter().map(|&atom| atoms[atom]).collect(),
            withheld: area.withheld,
        })
    });
    areas.collect()
}

fn name<'r>(register: &'r Register, code: &str) -> Option<&'r str> {
    match code {
        "NL01" => Some("Nederland"),
        AtomCode::VR_UNKNOWN => Some("Veiligheidsregio onbekend"),
        _ => register.vt(code).map(|vt| vt.naam.as_str()).or_else(|| register.vr(code).map(|vr| vr.naam.as_str())),
    }
}
