//! The catalogue: complete, strict, and equal to its page.

use vt_domain::finding::Severity;

use super::*;

const TEXT: &str = include_str!("../../data/controles.toml");

fn planted(from: &str, to: &str) -> String {
    assert!(TEXT.contains(from), "{from}");
    Catalogue::from_toml(&TEXT.replacen(from, to, 1)).unwrap_err().to_string()
}

#[test]
fn the_built_in_catalogue_has_every_check_once() {
    let ids: Vec<&str> = Catalogue::builtin().iter().map(|spec| spec.check.id()).collect();
    assert_eq!(ids, Check::ALL.iter().map(|check| check.id()).collect::<Vec<_>>());
    assert!(ids.is_sorted_by_key(|id| ("BRLS".find(&id[..1]), &id[1..])));
}

#[test]
fn mistakes_in_a_catalogue_are_named() {
    insta::assert_snapshot!(planted("id = \"R001\"", "id = \"R002\""), @"controles.toml, controle `R002`: stands twice");
    insta::assert_snapshot!(planted("id = \"R001\"", "id = \"R999\""), @"controles.toml, controle `R999`: is unknown to this version of the program");
    insta::assert_snapshot!(planted("waarde = 0.5", "waarde = 0"), @"controles.toml, controle `L014`: `drempel.waarde` must be greater than 0");
    insta::assert_snapshot!(planted("drempel = { waarde = 0.5, eenheid = \"procent\" }", ""), @"controles.toml, controle `L014`: has a `drempel` where it should have none, or the other way round");
    insta::assert_snapshot!(planted("naam = \"UTF-8\"", "naam = \"\""), @"controles.toml, controle `B009`: `naam`, `melding` and `herstel` must be filled");
    let weaker = TEXT.split_once("[[controle]]\nid = \"B002\"").unwrap();
    let weaker = format!(
        "{}[[controle]]\nid = \"B002\"{}",
        weaker.0.replace("ernst = \"fout\"", "ernst = \"signaal\""),
        weaker.1
    );
    let error = Catalogue::from_toml(&weaker).unwrap_err().to_string();
    insta::assert_snapshot!(error, @"controles.toml, controle `B001`: must be a `fout` without exceptions");
    let without = TEXT.split_once("[[controle]]\nid = \"B002\"").unwrap().1;
    let error = Catalogue::from_toml(&format!("[[controle]]\nid = \"B002\"{without}")).unwrap_err().to_string();
    insta::assert_snapshot!(error, @"controles.toml: controle `B001` is missing");
}

#[test]
fn thresholds_and_severities_can_be_set() {
    let text = TEXT.replace("waarde = 0.5,", "waarde = 2,");
    let catalogue = Catalogue::from_toml(&text).unwrap();
    assert_eq!(catalogue.check("L014").unwrap().drempel.as_ref().unwrap().to_string(), "2%");
    assert_eq!(Catalogue::builtin().check("L014").unwrap().drempel.as_ref().unwrap().to_string(), "0,5%");
    assert_eq!(catalogue.check("R019").unwrap().severity, Severity::Fout);
}

#[test]
fn every_message_is_as_agreed() {
    let messages: Vec<String> = Catalogue::builtin()
        .iter()
        .map(|spec| {
            format!("{} {:?} {}\n    {}\n    {}", spec.check.id(), spec.severity, spec.naam, spec.melding, spec.herstel)
        })
        .collect();
    insta::assert_snapshot!("messages", messages.join("\n"));
}

#[test]
fn no_message_repeats_the_content_of_a_field() {
    let filled_in = [
        "aantal",
        "veld",
        "grens",
        "plaatsen",
        "formaat",
        "gevonden",
        "beloofd",
        "gelezen",
        "drempel",
        "verwacht",
        "soort",
        "bestand",
        "geweigerd",
    ];
    for spec in Catalogue::builtin().iter() {
        for place in spec.melding.split('{').skip(1).chain(spec.herstel.split('{').skip(1)) {
            let name = place.split('}').next().unwrap();
            assert!(filled_in.contains(&name), "{}: {name}", spec.check.id());
        }
    }
}

/// Writes the page anew with `VT_WRITE_DOCS=1 cargo test -p vt-intake the_page`.
#[test]
fn the_page_for_suppliers_is_made_from_the_catalogue() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/levering/controles.md");
    let page = Catalogue::builtin().to_markdown();
    if std::env::var_os("VT_WRITE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page, "{path} is out of date");
}
