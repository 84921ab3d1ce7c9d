//! Why a store is not safe, in a few words.

use vt_domain::Period;

use super::report::AuditReport;

/// Every reason; none when the store is safe. A store in which there is nothing to attack is never safe.
pub(super) fn reasons(report: &AuditReport, period: Option<Period>) -> Vec<String> {
    let mut reasons = Vec::new();
    if report.snapshots == 0 {
        reasons.push(match period {
            Some(period) => format!("there is no snapshot of {period} in this store to audit"),
            None => "there is no snapshot in this store to audit".to_owned(),
        });
    }
    let mut add = |number: usize, one: &str, of: &str| match number {
        0 => {}
        1 => reasons.push(format!("1 {one}{of}")),
        _ => reasons.push(format!("{number} {one}s{of}")),
    };
    let measures = &report.outsider.measures;
    add(report.files.len(), "finding", " in the files (verify)");
    add(usize::from(report.not_attacked.is_some()), "fault", " kept the files from being attacked");
    add(
        measures.iter().filter(|found| found.no_witness.is_some()).count(),
        "measure",
        " without a witness behind its values (contradiction)",
    );
    add(measures.iter().map(|found| found.unsafe_targets.len()).sum(), "target", " not safe");
    add(measures.iter().map(|found| found.unchecked.len()).sum(), "target", " not decided");
    add(report.outsider.longer.iter().map(|year| year.findings.len()).sum(), "finding", " in sums of periods");
    add(report.private.iter().map(|own| own.findings.len()).sum(), "finding", " in the private store (certificate)");
    let (targets, _) = report.outsider.targets();
    if targets == 0 && report.snapshots > 0 && report.not_attacked.is_none() {
        reasons.push("no figure is published: there is nothing to attack".to_owned());
    }
    // Whatever the parts count, what they do not call safe is not.
    let passed = report.outsider.passed() && report.private.as_ref().is_none_or(super::PrivateReport::passed);
    if reasons.is_empty() && !passed {
        reasons.push("the attack or the certificate did not pass".to_owned());
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::super::FamilyReport;
    use super::*;
    use vt_disclosure::attack::store::MeasureAttack;

    fn safe() -> AuditReport {
        let attack = MeasureAttack {
            family: "2020W407".to_owned(),
            measure: "ontvangen_meldingen".to_owned(),
            no_witness: None,
            targets: 3,
            proven: 3,
            by_moves: 3,
            unsafe_targets: Vec::new(),
            unchecked: Vec::new(),
            narrowest: None,
            intervals: Vec::new(),
            solves: 0,
        };
        let outsider = FamilyReport { measures: vec![attack], longer: Vec::new() };
        AuditReport { snapshots: 1, outsider, ..AuditReport::default() }
    }

    #[test]
    fn what_has_targets_and_no_fault_is_safe() {
        assert!(reasons(&safe(), None).is_empty());
    }

    #[test]
    fn nothing_to_attack_is_never_safe() {
        let none = AuditReport { outsider: FamilyReport::default(), ..safe() };
        assert_eq!(reasons(&none, None), ["no figure is published: there is nothing to attack"]);
        let empty = AuditReport { snapshots: 0, ..none };
        assert_eq!(reasons(&empty, None), ["there is no snapshot in this store to audit"]);
        let period = Some("2018W405".parse().unwrap());
        assert_eq!(reasons(&empty, period), ["there is no snapshot of 2018W405 in this store to audit"]);
    }

    #[test]
    fn each_fault_is_a_reason_of_its_own() {
        let mut report = safe();
        report.outsider.measures[0].no_witness = Some("the published values do not add up".to_owned());
        assert_eq!(reasons(&report, None), ["1 measure without a witness behind its values (contradiction)"]);
        report.files.push("latest.json: it is missing".to_owned());
        report.not_attacked = Some("a file is missing".to_owned());
        assert_eq!(
            reasons(&report, None),
            [
                "1 finding in the files (verify)",
                "1 fault kept the files from being attacked",
                "1 measure without a witness behind its values (contradiction)"
            ]
        );
    }
}
