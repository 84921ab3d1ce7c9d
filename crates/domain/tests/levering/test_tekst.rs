//! The texts: made ones are current, written ones name what the contract has, links lead somewhere.

use chrono::NaiveDate;
use vt_domain::codes::{CodeLists, LISTS};
use vt_domain::contract::RecordType;
use vt_domain::delivery::DeliveryKind;

use super::docs::{assert_current, first_difference, path, text};
use super::vorm::groepen;
use super::{codelijsten, velden};

const WRITTEN: [&str; 3] = ["README.md", "velden.md", "codelijsten.md"];

#[test]
fn velden_md_is_what_the_contract_says() {
    assert_current("velden.md", &velden::markdown());
}

#[test]
fn codelijsten_md_is_what_the_code_lists_say() {
    assert_current("codelijsten.md", &codelijsten::markdown());
}

#[test]
fn a_stale_file_is_told_by_its_first_line_that_differs() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(first_difference("a\nb\n", "a\nc\n").unwrap(), "line 2 has `b`, should have `c`");
    assert_eq!(first_difference("a\n", "a\n\n").unwrap(), "line 3 has the end, should have ``");
}

/// The rows of the table under a heading, as cells without their ticks.
fn table(markdown: &str, heading: &str) -> Vec<Vec<String>> {
    let start = markdown.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading `{heading}`"));
    let body = markdown[start + 1..].lines().skip(1).take_while(|line| !line.starts_with('#'));
    let rows = body.filter(|line| line.starts_with("| "));
    rows.skip(1)
        .map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('`', "")).collect())
        .collect()
}

#[test]
fn the_field_tables_list_every_field_in_order_with_its_list() {
    let text = text("velden.md").replace("\\|", "/");
    for record in RecordType::ALL {
        let rows = table(&text, &format!("### {record}"));
        assert_eq!(rows.len(), record.fields().len(), "{record}");
        for (row, field) in rows.iter().zip(record.fields()) {
            assert_eq!((row[0].as_str(), row[2] == "ja"), (field.name, field.required), "{record}");
            assert_eq!(field.kind.list(), row[3].split(&['[', ']'][..]).nth(1), "{record}.{}", field.name);
            assert!(velden::is_explained(field.kind), "{record}.{}: its kind is not in the table of kinds", field.name);
        }
    }
}

#[test]
fn the_code_tables_list_every_code_with_its_dates() {
    let text = text("codelijsten.md");
    let day = |cell: &str| (!cell.is_empty()).then(|| cell.parse::<NaiveDate>().unwrap());
    for name in LISTS {
        let rows = table(&text, &format!("## {name}"));
        let codes = CodeLists::builtin().list(name).codes();
        assert_eq!(rows.len(), codes.len(), "{name}");
        for (row, code) in rows.iter().zip(codes) {
            assert_eq!((&row[0], &row[1]), (&code.code, &code.label), "{name}");
            assert_eq!((day(&row[3]), day(&row[4])), (code.from, code.until), "{name}.{}", code.code);
            assert_eq!(row[5] != "niet leveren", code.deliverable, "{name}.{}", code.code);
            assert!(!row[6].is_empty(), "{name}.{}: no source", code.code);
        }
        assert!(!codelijsten::gebruik(name).is_empty(), "{name} is used by no field");
    }
}

#[test]
fn the_readme_names_every_file_header_field_and_kind_of_delivery() {
    let text = text("README.md");
    let named = |name: &str| assert!(text.contains(&format!("`{name}`")), "README.md does not name `{name}`");
    RecordType::ALL.into_iter().for_each(|record| named(record.name()));
    RecordType::ALL.into_iter().flat_map(RecordType::date_fields).for_each(|field| named(field));
    let header = groepen().into_iter().find(|groep| groep.naam == "DeliveryHeader").unwrap();
    header.velden.iter().for_each(|veld| named(veld.naam));
    let kinds = [DeliveryKind::Volledig, DeliveryKind::Tussentijds, DeliveryKind::Correctie];
    kinds.into_iter().for_each(|kind| named(kind.name()));
}

/// A file of the project, named from its root.
fn project_file(name: &str) -> String {
    std::fs::read_to_string(path("../..").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_numbers_in_the_readme_are_those_of_checks_and_configuration() {
    let text = text("README.md");
    let checks: toml::Table = project_file("crates/intake/data/controles.toml").parse().unwrap();
    let checks = checks["controle"].as_array().unwrap();
    let tolerance = checks.iter().find(|check| check["id"].as_str() == Some("L014")).unwrap();
    let percent = tolerance["drempel"]["waarde"].as_float().unwrap().to_string().replace('.', ",");
    assert!(text.contains(&format!("standaard {percent}% per bestand")), "the tolerance is {percent}%");
    assert!(
        text.contains("vijfde werkdag") && project_file("config/service.toml").contains("delivery_due_working_day = 5")
    );
}

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for file in WRITTEN {
        for target in text(file).split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            links += 1;
            let (page, heading) = target.split_once('#').unwrap_or((target, ""));
            assert!(path(page).exists(), "{file}: {target}");
            let headings = || {
                text(page).lines().map(|line| line.trim_start_matches('#').trim().to_lowercase()).collect::<Vec<_>>()
            };
            assert!(heading.is_empty() || headings().contains(&heading.to_owned()), "{file}: {target}");
        }
    }
    assert!(links > 20, "only {links} links found: is their form still known here?");
}
