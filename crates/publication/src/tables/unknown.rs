//! `regio_onbekend`: a veiligheidsregio is empty when too much of a VT that it draws on has an unknown veiligheidsregio (DESIGN §6).
//!
//! What is unknown follows from published values. VTs and VRs that overlap form groups (VT06 and VT13, VR08 and VR23); what the
//! VTs of a group count more than its VRs is what VR00 counts of them. Where a member of the group is absent, VR00 less what the
//! other groups account for is an upper bound.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vt_domain::atoms::AtomCode;
use vt_domain::measure::Maat;

/// How much of the VTs that a veiligheidsregio draws on has an unknown veiligheidsregio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownShare {
    /// At most the threshold, or so little in all that rounding weighs more: given.
    Within,
    /// More than the threshold; `exact` when it follows from the group's own values, else from an upper bound.
    Above {
        /// Whether it is no mere bound.
        exact: bool,
    },
    /// It cannot be said, as too many values are absent: not given.
    Undetermined,
}

impl UnknownShare {
    /// Whether the veiligheidsregio's counts may be given.
    pub fn publishable(self) -> bool {
        self == Self::Within
    }
}

/// Thresholds of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownRule {
    /// Above this percentage of the VT, its veiligheidsregio's are empty.
    pub above_percent: u32,
    /// Below this count of the VTs an unknown count within `bound` is left to the rounding.
    pub least_base: u32,
    /// The most that rounding explains.
    pub bound: u32,
}

/// Per measure and veiligheidsregio that draws on a VT lying in several: its unknown share. Others have no entry.
pub fn unknown_shares(
    atoms: &BTreeSet<AtomCode>,
    rule: UnknownRule,
    value: impl Fn(Maat, &str) -> Option<i64>,
) -> BTreeMap<(Maat, Arc<str>), UnknownShare> {
    let groups = groups(atoms);
    let mut all = BTreeMap::new();
    for maat in Maat::ALL {
        let value = |code: &str| value(maat, code);
        let known: Vec<Option<i64>> = groups.iter().map(|group| group.unknown(&value)).collect();
        for (index, group) in groups.iter().enumerate() {
            let others = known.iter().enumerate().filter(|(other, _)| *other != index);
            let accounted: i64 = others.filter_map(|(_, unknown)| *unknown).sum();
            let bound = || Some(value(AtomCode::VR_UNKNOWN)? - accounted);
            let share = group.share(rule, known[index], bound, &value);
            for vr in &group.affected {
                all.insert((maat, Arc::from(*vr)), share);
            }
        }
    }
    all
}

/// VTs and VRs that overlap, with at least one VT that lies in several VRs.
struct Group<'a> {
    vts: BTreeSet<&'a str>,
    vrs: BTreeSet<&'a str>,
    /// The VTs that lie in several VRs.
    split: BTreeSet<&'a str>,
    /// The VRs that draw on one of those.
    affected: BTreeSet<&'a str>,
}

impl Group<'_> {
    /// What the group's VTs count more than its VRs; nothing when one of them is absent.
    fn unknown(&self, value: &impl Fn(&str) -> Option<i64>) -> Option<i64> {
        let sum = |codes: &BTreeSet<&str>| codes.iter().try_fold(0, |sum, code| Some(sum + value(code)?));
        Some(sum(&self.vts)? - sum(&self.vrs)?)
    }

    fn share(
        &self,
        rule: UnknownRule,
        exact: Option<i64>,
        bound: impl Fn() -> Option<i64>,
        value: &impl Fn(&str) -> Option<i64>,
    ) -> UnknownShare {
        let base: i64 = self.split.iter().filter_map(|vt| value(vt)).sum();
        // Of a small count a few per cent are within the rounding: only what the rounding can't explain counts.
        let explained = |unknown: i64| base < rule.least_base.into() && unknown <= rule.bound.into();
        let above = |unknown: i64| !explained(unknown) && unknown * 100 > i64::from(rule.above_percent) * base;
        match exact.map(above).or_else(|| bound().map(above)) {
            Some(true) => UnknownShare::Above { exact: exact.is_some() },
            Some(false) => UnknownShare::Within,
            None if base < rule.least_base.into() => UnknownShare::Within,
            None => UnknownShare::Undetermined,
        }
    }
}

fn groups(atoms: &BTreeSet<AtomCode>) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for atom in atoms.iter().filter(|atom| !atom.vr_unknown()) {
        let (vt, vr) = (atom.vt(), atom.vr());
        let mut merged = Group {
            vts: BTreeSet::from([vt]),
            vrs: BTreeSet::from([vr]),
            split: BTreeSet::new(),
            affected: BTreeSet::new(),
        };
        groups.retain_mut(|group| {
            let joins = group.vts.contains(vt) || group.vrs.contains(vr);
            if joins {
                merged.vts.append(&mut group.vts);
                merged.vrs.append(&mut group.vrs);
            }
            !joins
        });
        groups.push(merged);
    }
    let split: BTreeSet<&str> = atoms.iter().filter(|atom| atom.vr_unknown()).map(AtomCode::vt).collect();
    for group in &mut groups {
        group.split = group.vts.intersection(&split).copied().collect();
        let drawn = atoms.iter().filter(|atom| !atom.vr_unknown() && group.split.contains(atom.vt()));
        group.affected = drawn.map(AtomCode::vr).collect();
    }
    groups.retain(|group| !group.split.is_empty());
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use vt_domain::atoms::AtomLayout;
    use vt_domain::register::Register;

    const RULE: UnknownRule = UnknownRule { above_percent: 5, least_base: 100, bound: 9 };

    fn atoms() -> BTreeSet<AtomCode> {
        let layout = AtomLayout::on(Register::builtin(), "2020-07-01".parse().unwrap());
        layout.atoms.iter().map(|atom| atom.code).collect()
    }

    /// Values such that `unknown` of VT06's 300 have no VR; `absent` areas have none.
    fn shares(unknown: i64, absent: &'static [&'static str]) -> BTreeMap<(Maat, Arc<str>), UnknownShare> {
        unknown_shares(&atoms(), RULE, move |_, code| {
            let value = match code {
                "VT06" => 300,
                "VT13" => 200,
                "VR08" => 280 - unknown,
                "VR23" => 220,
                "VT15" | "VT21" | "VT16" | "VT17" | "VT12" => 200,
                "VR20" => 390,
                "VR21" => 205,
                "VR10" => 190,
                "VR12" => 205,
                "VR00" => unknown + 10,
                _ => 100,
            };
            (!absent.contains(&code)).then_some(value)
        })
    }

    fn of(shares: &BTreeMap<(Maat, Arc<str>), UnknownShare>, vr: &str) -> Option<UnknownShare> {
        shares.get(&(Maat::OntvangenMeldingen, Arc::from(vr))).copied()
    }

    #[test]
    fn the_share_of_a_vt_follows_from_the_values_around_it() {
        let (few, many) = (shares(15, &[]), shares(20, &[]));
        assert_eq!(of(&few, "VR08"), Some(UnknownShare::Within));
        assert_eq!(of(&many, "VR08"), Some(UnknownShare::Above { exact: true }));
        assert_eq!(of(&many, "VR23"), Some(UnknownShare::Above { exact: true }));
    }

    #[test]
    fn other_veiligheidsregios_are_not_touched() {
        let many = shares(50, &[]);
        assert_eq!(of(&many, "VR14"), None);
        assert_eq!(of(&many, "VR20"), Some(UnknownShare::Within));
        let affected: BTreeSet<&str> = many.keys().map(|(_, vr)| &**vr).collect();
        assert_eq!(affected, BTreeSet::from(["VR08", "VR10", "VR12", "VR20", "VR21", "VR23"]));
    }

    #[test]
    fn what_other_groups_leave_of_vr00_bounds_a_group_with_an_absent_member() {
        let absent = &["VT13", "VR23"];
        assert_eq!(of(&shares(15, absent), "VR08"), Some(UnknownShare::Within));
        assert_eq!(of(&shares(20, absent), "VR08"), Some(UnknownShare::Above { exact: false }));
    }

    #[test]
    fn without_vr00_and_without_the_group_nothing_can_be_said() {
        let absent = &["VT13", "VR23", "VR00"];
        assert_eq!(of(&shares(5, absent), "VR08"), Some(UnknownShare::Undetermined));
        assert_eq!(of(&shares(5, absent), "VR20"), Some(UnknownShare::Within));
    }

    /// Services at the start of a series: of most, the melding and so the gemeente was never delivered.
    #[test]
    fn a_small_count_is_judged_on_what_rounding_cannot_explain() {
        let shares = |unknown: i64| {
            unknown_shares(&atoms(), RULE, move |_, code| match code {
                "VT06" => Some(65),
                "VT13" | "VR23" => Some(20),
                "VR08" => Some(65 - unknown),
                "VR00" => Some(unknown),
                _ => Some(0),
            })
        };
        let vr08 = |unknown| shares(unknown)[&(Maat::AfgerondeVoorwaardenVervolg, Arc::from("VR08"))];
        assert_eq!(vr08(50), UnknownShare::Above { exact: true });
        assert_eq!(vr08(5), UnknownShare::Within);
    }
}
