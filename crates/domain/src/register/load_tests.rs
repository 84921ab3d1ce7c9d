//! Planted mistakes: each is refused with its file, line, field and rule.

use super::tests::day;
use super::*;

fn source() -> RegisterSource {
    RegisterSource::builtin()
}

fn text<'s>(source: &'s mut RegisterSource, file: &str) -> &'s mut String {
    match file {
        "vt_regions.csv" => &mut source.vt_regions,
        "vr_regions.csv" => &mut source.vr_regions,
        "gemeenten.csv" => &mut source.gemeenten,
        "herindelingen.csv" => &mut source.herindelingen,
        "inwoners.csv" => &mut source.inwoners,
        other => panic!("no file {other}"),
    }
}

/// Replaces the one place where `old` stands; `new` may hold line ends. Gives the message without the line, which is checked
/// to be that of the first line that contains `at`.
fn planted_at(file: &str, old: &str, new: &str, at: (&str, &str)) -> String {
    let mut source = source();
    let place = text(&mut source, file);
    assert_eq!(place.matches(old).count(), 1, "`{old}` must stand once in {file}");
    *place = place.replace(old, new);
    let error = Register::from_source(&source).unwrap_err();
    assert_eq!(error.file, at.0);
    let line =
        text(&mut source, at.0).lines().position(|line| !line.starts_with('#') && line.contains(at.1)).unwrap() + 1;
    assert_eq!(error.line, line as u64, "{error}");
    error.to_string().replacen(&format!("line {line}, "), "", 1)
}

fn planted(file: &str, old: &str, new: &str) -> String {
    let at = new.lines().last().unwrap();
    planted_at(file, old, new, (file, at))
}

#[test]
fn the_builtin_files_load_and_say_their_version() {
    let register = Register::from_source(&source()).unwrap();
    assert_eq!(register.version(), Register::builtin().version());
    let (year, digest) = register.version().split_once('-').unwrap();
    assert_eq!(year, "2020");
    assert!(digest.len() == 12 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
}

#[test]
fn the_version_follows_the_data_and_nothing_else() {
    let version = |edit: &dyn Fn(&mut RegisterSource)| {
        let mut source = source();
        edit(&mut source);
        Register::from_source(&source).unwrap().version().to_owned()
    };
    let same = version(&|_| ());
    assert_eq!(version(&|source| source.gemeenten = source.gemeenten.replace('\n', "\r\n")), same);
    assert_eq!(version(&|source| source.inwoners.insert_str(0, "\u{feff}# note\n")), same);
    assert_eq!(
        version(&|source| {
            let lines: Vec<&str> = source.vr_regions.lines().filter(|line| !line.starts_with('#')).collect();
            let reversed: Vec<&str> = lines[..1].iter().chain(lines[1..].iter().rev()).copied().collect();
            source.vr_regions = reversed.join("\n");
        }),
        same
    );
    assert_ne!(
        version(&|source| source.inwoners = source.inwoners.replace("GM0003,2020,11523", "GM0003,2020,11524")),
        same
    );
    assert_ne!(version(&|source| source.vt_regions = source.vt_regions.replace("West-brabant", "West-Brabant")), same);
}

#[test]
fn files_are_replaced_one_by_one_under_the_builtin_names() {
    let builtin = source();
    let replaced = RegisterSource::from_files(|name| {
        assert!(RegisterSource::FILES.contains(&name));
        (name == "inwoners.csv").then(|| "gm_code,jaar,inwoners\nGM0363,2020,1\n".to_owned())
    });
    assert_eq!(replaced.gemeenten, builtin.gemeenten);
    let register = Register::from_source(&replaced).unwrap();
    assert_eq!(register.population(AreaRef::Gm("GM0363"), 2020).unwrap().value, 1);
    assert_eq!(register.population(AreaRef::Nl, 2020), None);
}

#[test]
fn cbss_border_of_2020_can_be_put_in_from_outside() {
    let mut cbs = source();
    for (code, name) in [("GM0457", "Weesp"), ("GM1696", "Wijdemeren")] {
        let row = format!("{code},{name},PV27,VR14,VT");
        assert!(cbs.gemeenten.contains(&format!("{row}07,")));
        cbs.gemeenten = cbs.gemeenten.replace(&format!("{row}07,"), &format!("{row}20,"));
    }
    let cbs = Register::from_source(&cbs).unwrap();
    let atom = |vt, gm| cbs.atom_of(vt, gm, day("2020-01-01")).unwrap().to_string();
    assert_eq!(atom("VT20", Some("GM0457")), "VT20-VR14");
    assert_eq!(atom("VT20", None), "VT20-VR00");
    assert_eq!(cbs.population(AreaRef::Vt("VT07"), 2020).unwrap().value, 258_248 - 44_633);
    assert_ne!(cbs.version(), Register::builtin().version());
}

#[test]
fn a_register_without_herindelingen_is_allowed_when_nothing_changes() {
    let files = |name: &str| {
        Some(match name {
            "vt_regions.csv" => "vt_code,naam,organisatie,van,tot\nVT01,A,Veilig Thuis A,2015-01-01,\n".to_owned(),
            "vr_regions.csv" => "vr_code,naam,van,tot\nVR01,R,2015-01-01,\n".to_owned(),
            "gemeenten.csv" => {
                "gm_code,naam,pv_code,vr_code,vt_code,van,tot\nGM0001,\"Een, twee\",PV20,VR01,VT01,2015-01-01,\n"
                    .to_owned()
            }
            "herindelingen.csv" => "datum,van_gm,naar_gm,soort\n".to_owned(),
            _ => "gm_code,jaar,inwoners\nGM0001,2016,7\n".to_owned(),
        })
    };
    let register = Register::from_source(&RegisterSource::from_files(files)).unwrap();
    assert_eq!(register.first_day(), day("2015-01-01"));
    assert_eq!(register.gemeenten(day("2015-01-01")).next().unwrap().naam, "Een, twee");
    assert!(register.change_days().is_empty());
    assert!(register.version().starts_with("2016-"));
}

#[test]
fn lines_are_counted_with_comments_empty_lines_and_both_line_ends() {
    let text = "# one\nvr_code,naam,van,tot\n\n# four\nVR01,R,2015-01-01,\n# six\n# seven\nVR2,S,2015-01-01,\n";
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let mut source = source();
        source.vr_regions = text;
        assert_eq!(Register::from_source(&source).unwrap_err().line, 8);
        source.vr_regions = source.vr_regions.replace("VR01,R,", "VR01,R,S,");
        assert_eq!(Register::from_source(&source).unwrap_err().line, 5);
    }
}

#[test]
fn refuses_another_header() {
    let message = planted("vr_regions.csv", "vr_code,naam,van,tot", "vr_code,name,van,tot");
    assert_eq!(message, "vr_regions.csv, field `*`: the header must be `vr_code,naam,van,tot`");
}

#[test]
fn refuses_a_file_that_is_empty_or_has_no_rows() {
    let mut empty = source();
    empty.inwoners.clear();
    let message = Register::from_source(&empty).unwrap_err().to_string();
    assert_eq!(message, "inwoners.csv, line 1, field `*`: the header must be `gm_code,jaar,inwoners`");
    empty.inwoners = "gm_code,jaar,inwoners\n".to_owned();
    assert_eq!(Register::from_source(&empty).unwrap_err().to_string(), "inwoners.csv, line 1, field `*`: has no rows");
}

#[test]
fn refuses_a_row_with_another_number_of_fields() {
    let message = planted("inwoners.csv", "GM0003,2020,11523", "GM0003,2020");
    assert_eq!(message, "inwoners.csv, field `*`: cannot be read as CSV with 3 columns");
}

#[test]
fn refuses_malformed_codes() {
    for (old, new, field) in [
        ("GM0003,Appingedam,", "GM003,Appingedam,", "gm_code"),
        ("GM0003,Appingedam,PV20,", "GM0003,Appingedam,P20,", "pv_code"),
        ("GM0003,Appingedam,PV20,VR01,", "GM0003,Appingedam,PV20,VR00,", "vr_code"),
        ("GM0003,Appingedam,PV20,VR01,VT08,", "GM0003,Appingedam,PV20,VR01,VT8,", "vt_code"),
    ] {
        let message = planted("gemeenten.csv", old, new);
        assert!(
            message.starts_with(&format!("gemeenten.csv, field `{field}`: `")) && message.contains("is no code: write"),
            "{message}"
        );
    }
    let message = planted("gemeenten.csv", "GM0003,Appingedam,", "GM00é3,Appingedam,");
    assert_eq!(message, "gemeenten.csv, field `gm_code`: `GM00é3` is no code: write GM and 4 digits, not all zero");
}

#[test]
fn refuses_blank_names_and_what_is_no_date_or_number() {
    let message = planted("vr_regions.csv", "VR09,Utrecht,", "VR09, Utrecht,");
    assert_eq!(message, "vr_regions.csv, field `naam`: must be filled, without spaces around it");
    let message = planted("vr_regions.csv", "VR09,Utrecht,2019-01-01,", "VR09,Utrecht,2019-1-01,");
    assert_eq!(message, "vr_regions.csv, field `van`: `2019-1-01` is no date: write 2022-03-24");
    let message = planted("vr_regions.csv", "VR09,Utrecht,2019-01-01,", "VR09,Utrecht,2019-01-01,2019-01-01");
    assert_eq!(message, "vr_regions.csv, field `tot`: must lie after van (2019-01-01)");
    let message = planted("inwoners.csv", "GM0003,2020,11523", "GM0003,2020,-1");
    assert_eq!(message, "inwoners.csv, field `inwoners`: `-1` is no whole number from 1 to 10000000");
    let message = planted("inwoners.csv", "GM0003,2020,11523", "GM0003,1920,11523");
    assert_eq!(message, "inwoners.csv, field `jaar`: `1920` is no whole number from 2000 to 2100");
}

#[test]
fn refuses_a_region_twice() {
    let message =
        planted("vr_regions.csv", "VR09,Utrecht,2019-01-01,", "VR09,Utrecht,2019-01-01,\nVR09,Utrecht bis,2030-01-01,");
    assert_eq!(message, "vr_regions.csv, field `vr_code`: VR09 stands twice");
    let message = planted("vt_regions.csv", "VT20,Utrecht,", "VT19,Utrecht,");
    assert_eq!(message, "vt_regions.csv, field `vt_code`: VT19 stands twice");
}

#[test]
fn refuses_a_gemeente_in_two_regions_on_a_day() {
    let old = "GM0014,Groningen,PV20,VR01,VT08,2019-01-01,";
    let message = planted("gemeenten.csv", old, &format!("{old}\nGM0014,Groningen,PV20,VR03,VT02,2020-05-01,"));
    assert_eq!(
        message,
        "gemeenten.csv, field `van`: GM0014 is already in force on 2020-05-01: two rows of a gemeente may not overlap"
    );
    let message =
        planted("gemeenten.csv", old, &format!("{old}2020-06-01\nGM0014,Groningen,PV20,VR03,VT02,2020-05-01,"));
    assert!(message.contains("GM0014 is already in force on 2020-05-01"), "{message}");
}

#[test]
fn refuses_a_gemeente_in_no_region_for_a_while() {
    let old = "GM0014,Groningen,PV20,VR01,VT08,2019-01-01,";
    let message =
        planted("gemeenten.csv", old, &format!("{old}2020-05-01\nGM0014,Groningen,PV20,VR01,VT08,2020-05-02,"));
    assert_eq!(
        message,
        "gemeenten.csv, field `van`: GM0014 is in no region from 2020-05-01 until 2020-05-02: rows of a gemeente must join"
    );
}

#[test]
fn refuses_a_gemeente_in_an_unknown_region() {
    let message = planted("gemeenten.csv", "GM0014,Groningen,PV20,VR01,VT08,", "GM0014,Groningen,PV20,VR26,VT08,");
    assert_eq!(message, "gemeenten.csv, field `vr_code`: VR26 is not in vr_regions.csv");
    let message = planted("gemeenten.csv", "GM0014,Groningen,PV20,VR01,VT08,", "GM0014,Groningen,PV20,VR01,VT28,");
    assert_eq!(message, "gemeenten.csv, field `vt_code`: VT28 is not in vt_regions.csv");
}

#[test]
fn refuses_a_gemeente_in_a_region_that_is_not_in_force() {
    let at = ("gemeenten.csv", ",VT27,");
    let message = planted_at(
        "vt_regions.csv",
        "Veilig Thuis Oost-Brabant,2023-01-01,",
        "Veilig Thuis Oost-Brabant,2023-01-02,",
        at,
    );
    assert_eq!(message, "gemeenten.csv, field `vt_code`: VT27 is not in force on 2023-01-01");
    let at = ("gemeenten.csv", ",VR14,");
    let message = planted_at(
        "vr_regions.csv",
        "VR14,Gooi en Vechtstreek,2019-01-01,",
        "VR14,Gooi en Vechtstreek,2019-01-01,2025-01-01",
        at,
    );
    assert_eq!(message, "gemeenten.csv, field `vr_code`: VR14 is not in force on 2025-01-01");
}

#[test]
fn refuses_a_register_that_begins_after_2019() {
    let mut late = source();
    late.gemeenten = late.gemeenten.replace(",2019-01-01,", ",2019-01-02,");
    let error = Register::from_source(&late).unwrap_err();
    assert_eq!((error.file, error.field), ("gemeenten.csv", "van"));
    assert_eq!(error.rule.to_string(), "the register must begin on 2019-01-01 or before");
}

#[test]
fn refuses_a_gemeente_that_ends_without_successor() {
    let row = "2022-03-24,GM0457,GM0363,toevoeging\n";
    let message = planted_at("herindelingen.csv", row, "", ("gemeenten.csv", "GM0457,Weesp"));
    assert_eq!(
        message,
        "gemeenten.csv, field `tot`: GM0457 ends, but no row of herindelingen.csv says where it went on that day"
    );
}

#[test]
fn refuses_a_gemeente_that_begins_from_nothing() {
    let new = "GM0015,Nieuw,PV20,VR01,VT08,2020-01-01,";
    let old = "GM0014,Groningen,PV20,VR01,VT08,2019-01-01,";
    let message = planted("gemeenten.csv", old, &format!("{old}\n{new}"));
    assert_eq!(
        message,
        "gemeenten.csv, field `van`: GM0015 begins after the register's first day, but no row of herindelingen.csv says from what"
    );
}

#[test]
fn refuses_herindelingen_of_unknown_gemeenten() {
    let message = planted("herindelingen.csv", "2022-03-24,GM0457,GM0363,", "2022-03-24,GM0458,GM0363,");
    assert_eq!(message, "herindelingen.csv, field `van_gm`: GM0458 is not in gemeenten.csv");
    let message = planted("herindelingen.csv", "2022-03-24,GM0457,GM0363,", "2022-03-24,GM0457,GM0364,");
    assert_eq!(message, "herindelingen.csv, field `naar_gm`: GM0364 is not in gemeenten.csv");
}

#[test]
fn refuses_herindelingen_on_another_day_or_to_a_gemeente_that_is_gone() {
    let message = planted("herindelingen.csv", "2022-03-24,GM0457,GM0363,", "2022-03-25,GM0457,GM0363,");
    assert_eq!(message, "herindelingen.csv, field `datum`: GM0457 does not end on that day");
    let message = planted("herindelingen.csv", "2022-03-24,GM0457,GM0363,", "2022-03-24,GM0457,GM0003,");
    assert_eq!(message, "herindelingen.csv, field `naar_gm`: GM0003 is not in force on 2022-03-24");
}

#[test]
fn refuses_a_herindeling_of_the_wrong_kind() {
    let file = "herindelingen.csv";
    let row = "2022-03-24,GM0457,GM0363,toevoeging";
    let message = planted(file, row, "2022-03-24,GM0457,GM0363,opheffing");
    assert_eq!(
        message,
        "herindelingen.csv, field `soort`: `opheffing` is unknown: write fusie, toevoeging or splitsing"
    );
    let message = planted(file, row, "2022-03-24,GM0457,GM0363,splitsing");
    assert_eq!(
        message,
        "herindelingen.csv, field `soort`: GM0457 goes to one gemeente only: that is a fusie or toevoeging"
    );
    let message = planted_at(file, row, &format!("{row}\n2022-03-24,GM0457,GM0402,toevoeging"), (file, row));
    assert_eq!(message, "herindelingen.csv, field `soort`: GM0457 goes to more than one gemeente: that is a splitsing");
    let message = planted(file, row, "2022-03-24,GM0457,GM0363,fusie");
    assert!(message.ends_with(
        "a fusie goes to a gemeente that begins on that day, a toevoeging to one that was there; GM0363 is not so"
    ));
    let message = planted(file, "2021-01-01,GM0003,GM1979,fusie", "2021-01-01,GM0003,GM1979,toevoeging");
    assert!(message.ends_with("GM1979 is not so"), "{message}");
    let split = "2021-01-01,GM0788,GM0757,splitsing";
    let message = planted_at(
        file,
        split,
        &format!("{split}\n# the same again\n2021-01-01,GM0788,GM0757,splitsing "),
        (file, "splitsing "),
    );
    assert_eq!(message, "herindelingen.csv, field `soort`: must be filled, without spaces around it");
    let mut twice = source();
    twice.herindelingen.push_str("2021-01-01,GM0788,GM0757,splitsing\n");
    let error = Register::from_source(&twice).unwrap_err();
    assert_eq!(error.line as usize, twice.herindelingen.lines().count());
    assert_eq!((error.field, error.rule.to_string().as_str()), ("naar_gm", "GM0788 to GM0757 stands twice"));
}

#[test]
fn refuses_a_region_without_gemeente() {
    let old = "VT27,Oost-Brabant,Veilig Thuis Oost-Brabant,2023-01-01,";
    let message = planted("vt_regions.csv", old, &format!("{old}\nVT28,Leeg,Veilig Thuis Leeg,2019-01-01,"));
    assert_eq!(message, "vt_regions.csv, field `vt_code`: VT28 has no gemeente on 2019-01-01");
    let old = "VR25,Flevoland,2019-01-01,";
    let message = planted("vr_regions.csv", old, &format!("{old}\nVR26,Leeg,2024-06-01,"));
    assert_eq!(message, "vr_regions.csv, field `vr_code`: VR26 has no gemeente on 2024-06-01");
}

#[test]
fn refuses_inwoners_of_a_gemeente_that_is_not_there() {
    let message = planted("inwoners.csv", "GM0003,2020,11523", "GM9999,2020,11523");
    assert_eq!(message, "inwoners.csv, field `gm_code`: GM9999 is not in gemeenten.csv");
    let message = planted("inwoners.csv", "GM0003,2020,11523", "GM0003,2021,11523");
    assert_eq!(message, "inwoners.csv, field `jaar`: GM0003 is not in force on 2021-01-01");
    let message = planted("inwoners.csv", "GM0003,2020,11523", "GM0003,2020,11523\nGM0003,2020,11524");
    assert_eq!(message, "inwoners.csv, field `gm_code`: GM0003 in 2020 stands twice");
}
