//! Longer periods as sums of their published parts: errors that run on stay within the bound.

use vt_disclosure::{
    Area, BlockScope, CellTable, Geography, MemoryRecord, Past, Policy, ProtectError, Protection, SumOf, certify_all,
    protect, sum,
};

use crate::support::{Blocks, errors, geography, key, period, small_geography, totals};

fn part<'a>(name: &str, blocks: Blocks, sums: Vec<SumOf<'a>>) -> Protection {
    let past = Past { sums, ..Past::first() };
    protect(CellTable::new(name, geography(), blocks).unwrap(), &past, &key(), &Policy::default()).unwrap()
}

fn of<'a>(period: &str, bound: u32, others: impl IntoIterator<Item = &'a MemoryRecord>) -> SumOf<'a> {
    SumOf { period: period.to_owned(), bound, others: others.into_iter().collect() }
}

/// Without the running errors a year of thirteen periods drifts beyond 14; with them it does not.
#[test]
fn the_errors_of_a_year_stay_within_its_bound() {
    let tables = |index: u64| -> Blocks {
        period(index, 2_000, 2_000).into_iter().filter(|(spec, _)| spec.dimension.as_deref() != Some("vorm")).collect()
    };
    let mut bound: Vec<MemoryRecord> = Vec::new();
    let mut free: Vec<Protection> = Vec::new();
    for index in 0..13 {
        let name = format!("p{index}");
        let record = part(&name, tables(index), vec![of("year", 14, &bound)]).record;
        bound.push(record);
        free.push(part(&name, tables(index), Vec::new()));
    }
    let year = sum("year", 1, 14, &bound.iter().collect::<Vec<_>>()).unwrap();
    assert!(year.audit.max_error <= 14 && year.table.bound() == 14);
    let mut drift = vec![0; free[0].table.cells().count()];
    for part in &free {
        drift.iter_mut().zip(errors(part)).for_each(|(drift, (.., error))| *drift += error);
    }
    assert!(drift.iter().any(|drift: &i64| drift.abs() > 14), "the bound would hold by itself");
    let parts: Vec<&MemoryRecord> = free.iter().map(|part| &part.record).collect();
    assert!(matches!(sum("year", 1, 14, &parts), Err(ProtectError::Uncertified { .. })));

    bound.push(year.record);
    assert!(certify_all(&bound).iter().all(|(_, outcome)| outcome.passed()));
}

/// Values of the sum are the sums of the values: a reader who adds up finds what is published.
#[test]
fn weeks_add_up_to_four_weeks() {
    let mut weeks: Vec<MemoryRecord> = Vec::new();
    let mut tables = Vec::new();
    for week in 0..4 {
        let mut blocks = period(week, 600, 700);
        for (spec, _) in blocks.iter_mut().filter(|(spec, _)| spec.dimension.is_some()) {
            spec.scope = BlockScope::NationalOnly;
        }
        let pair = if week % 2 == 1 { &weeks[week as usize - 1..] } else { &[] };
        let protection = part(&format!("w{week}"), blocks, vec![of("two", 9, pair), of("four", 9, &weeks)]);
        weeks.push(protection.record);
        tables.push(protection.table);
    }
    let parts: Vec<&MemoryRecord> = weeks.iter().collect();
    for (parts, tables) in [(&parts[..2], &tables[..2]), (&parts[2..], &tables[2..]), (&parts[..], &tables[..])] {
        let longer = sum("longer", 1, 9, parts).unwrap();
        for cell in longer.table.cells() {
            let look = |table: &vt_disclosure::ProtectedTable| {
                table.lookup(cell.measure, cell.dimension, cell.category, cell.area_code).unwrap().value
            };
            assert_eq!(cell.value, tables.iter().map(look).sum::<u32>());
        }
        assert!(longer.audit.max_error <= 9);
        assert!(longer.table.blocks().all(|spec| spec.dimension.is_none() || spec.scope == BlockScope::NationalOnly));
    }
}

/// A region that came during the year (VT27 for VT16 and VT26) counts from its first part on.
#[test]
fn regions_may_change_between_parts() {
    let area = |code: &str, kind: &str, atoms: &[usize]| Area {
        kind: kind.into(),
        code: code.into(),
        atoms: atoms.to_vec(),
        withheld: false,
    };
    let before = Geography {
        atoms: vec!["VT16.VR21".into(), "VT26.VR22".into()],
        areas: vec![area("NL01", "NL", &[0, 1]), area("VT16", "VT", &[0]), area("VT26", "VT", &[1])],
    };
    let after = Geography {
        atoms: vec!["VT27.VR21".into(), "VT27.VR22".into()],
        areas: vec![area("NL01", "NL", &[0, 1]), area("VT27", "VT", &[0, 1])],
    };
    let make = |name: &str, geography: Geography, counts: &[u32], others: Vec<&MemoryRecord>| {
        let past = Past { sums: vec![SumOf { period: "year".into(), bound: 14, others }], ..Past::first() };
        let cells = CellTable::new(name, geography, vec![totals(counts)]).unwrap();
        protect(cells, &past, &key(), &Policy::default()).unwrap()
    };
    let old = make("p1", before, &[21, 33], Vec::new());
    let new = make("p2", after, &[11, 8], vec![&old.record]);
    let year = sum("year", 1, 14, &[&old.record, &new.record]).unwrap();
    let value = |protection: &Protection, area: &str| protection.table.lookup("m", None, "", area).unwrap().value;
    assert_eq!(value(&year, "NL01"), value(&old, "NL01") + value(&new, "NL01"));
    assert_eq!(value(&year, "VT16"), value(&old, "VT16"));
    assert_eq!(value(&year, "VT27"), value(&new, "VT27"));
    assert_eq!(year.record.parts().len(), 2);
}

#[test]
fn an_area_that_a_part_withholds_is_withheld_in_the_sum() {
    let make = |name: &str, withheld: bool| {
        let mut geography = small_geography(2, &[("NL", "NL", &[0, 1]), ("VT", "A", &[0]), ("VT", "B", &[1])]);
        geography.areas[2].withheld = withheld;
        let cells = CellTable::new(name, geography, vec![totals(&[12, 3])]).unwrap();
        protect(cells, &Past::first(), &key(), &Policy::default()).unwrap().record
    };
    let year = sum("year", 1, 14, &[&make("p1", false), &make("p2", true)]).unwrap();
    let withheld: Vec<&str> = year.table.cells().filter(|cell| cell.withheld).map(|cell| cell.area_code).collect();
    assert_eq!(withheld, ["B"]);
}

#[test]
fn what_cannot_be_added_up_is_refused() {
    let make = |name: &str, policy: &Policy| {
        let cells = CellTable::new(name, small_geography(1, &[("NL", "NL", &[0])]), vec![totals(&[12])]).unwrap();
        protect(cells, &Past::first(), &key(), policy).unwrap().record
    };
    let coarse = Policy { base: 6, ideal: 5, bound: 11, ..Policy::default() };
    let refused = sum("year", 1, 14, &[&make("p1", &Policy::default()), &make("p2", &coarse)]).unwrap_err();
    assert!(refused.to_string().contains("different bases or bounds"), "{refused}");
    assert!(sum("year", 1, 14, &[]).unwrap_err().to_string().contains("no parts"));
    let one = make("p1", &Policy::default());
    let twice = sum("year", 1, 14, &[&one, &one]).unwrap_err();
    assert!(twice.to_string().contains("summed twice"), "{twice}");
}
