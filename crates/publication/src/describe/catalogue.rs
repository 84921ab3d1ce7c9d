//! `catalogus.jsonld`: the store as a DCAT-AP catalogue, with its own context, so that nothing is fetched to read it.
//!
//! All addresses are relative to the file: the catalogue holds wherever the store stands.

mod dataset;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use vt_domain::PeriodKind;
use vt_domain::snapshot::{InputEntry, Issue};

use super::node::Node;
use super::{PUBLISHER, SUBJECT, licence};
use crate::shelf::Shelf;

/// The file's name in the store.
pub const CATALOGUE_FILE: &str = "catalogus.jsonld";

const LANGUAGE: &str = "http://publications.europa.eu/resource/authority/language/NLD";
const COUNTRY: &str = "http://publications.europa.eu/resource/authority/country/NLD";
const THEME: &str = "http://publications.europa.eu/resource/authority/data-theme/SOCI";
const FREQUENCY: &str = "http://publications.europa.eu/resource/authority/frequency/";

const CONTEXT: [(&str, &str); 10] = [
    ("adms", "http://www.w3.org/ns/adms#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dct", "http://purl.org/dc/terms/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// The catalogue of a store.
pub fn catalogue(shelf: &Shelf) -> Vec<u8> {
    let mut graph = vec![of_catalogue(shelf)];
    graph.extend(concepts());
    graph.extend(kinds(shelf).into_iter().map(series));
    for (issue, found) in &shelf.snapshots {
        graph.extend(dataset::nodes(shelf, *issue, &found.content));
    }
    graph.extend(deliveries(shelf));
    let context = Node::Object(CONTEXT.into_iter().map(|(prefix, iri)| (prefix.to_owned(), iri.into())).collect());
    // One resource a line: ten thousand of them can stand in it.
    let lines: Vec<String> = graph.iter().map(Node::to_line).collect();
    format!("{{\"@context\":{},\n\"@graph\":[\n{}\n]}}\n", context.to_line(), lines.join(",\n")).into_bytes()
}

fn reference(iri: impl Into<Node>) -> Node {
    Node::object([("@id", iri.into())])
}

fn named(iri: impl Into<Node>, kind: &str) -> Node {
    reference(iri).with("@type", kind)
}

fn in_language(text: &str, language: &str) -> Node {
    Node::object([("@value", text.into()), ("@language", language.into())])
}

fn dutch(text: &str) -> Node {
    in_language(text, "nl")
}

fn typed(value: String, kind: &str) -> Node {
    Node::object([("@value", value.into()), ("@type", kind.into())])
}

fn instant(at: DateTime<Utc>) -> Node {
    typed(at.to_rfc3339_opts(SecondsFormat::Secs, true), "xsd:dateTime")
}

fn dataset_iri(issue: Issue) -> String {
    format!("{}/", issue.folder())
}

fn series_iri(kind: PeriodKind) -> String {
    format!("#reeks-{kind}")
}

fn delivery_iri(input: &InputEntry) -> String {
    format!("#levering-{}-{}-{}", input.regio, input.maand, input.levering_nr)
}

fn kinds(shelf: &Shelf) -> BTreeSet<PeriodKind> {
    shelf.snapshots.keys().map(|issue| issue.periode.kind()).collect()
}

fn of_catalogue(shelf: &Shelf) -> Node {
    let issued = shelf.snapshots.values().map(|found| found.content.gepubliceerd_op);
    let corrected = shelf.errata.values().map(|found| found.content.gepubliceerd_op);
    let series = kinds(shelf).into_iter().map(|kind| reference(series_iri(kind)));
    let issues = shelf.snapshots.keys().map(|issue| reference(dataset_iri(*issue)));
    let node = named(CATALOGUE_FILE, "dcat:Catalog")
        .with("dct:title", vec![dutch("Monitor Veilig Thuis"), in_language("Veilig Thuis monitor", "en")])
        .with("dct:description", dutch(SUBJECT))
        .with("dct:publisher", reference("#uitgever"))
        .with("dct:language", reference(LANGUAGE))
        .with("dct:license", reference(licence::PATH))
        .with("dct:spatial", reference(COUNTRY))
        .with("foaf:homepage", reference("index.html"))
        .with_some("dct:modified", issued.chain(corrected).max().map(instant));
    node.with("dcat:dataset", Node::List(series.chain(issues).collect()))
}

/// What the others refer to.
fn concepts() -> Vec<Node> {
    vec![
        named("#uitgever", "foaf:Agent").with("foaf:name", dutch(PUBLISHER)),
        named("#contact", "vcard:Organization").with("vcard:fn", "vt-monitor"),
        named(licence::PATH, "dct:LicenseDocument").with("dct:title", dutch(licence::TITLE)),
        named(LANGUAGE, "dct:LinguisticSystem"),
        named(COUNTRY, "dct:Location").with("skos:prefLabel", dutch("Nederland")),
        named(THEME, "skos:Concept").with("skos:prefLabel", dutch("Bevolking en samenleving")),
        named("index.html", "foaf:Document"),
    ]
}

/// What all issues of a cadence have in common.
fn common(node: Node) -> Node {
    node.with("dct:publisher", reference("#uitgever"))
        .with("dcat:contactPoint", reference("#contact"))
        .with("dct:language", reference(LANGUAGE))
        .with("dct:license", reference(licence::PATH))
        .with("dct:spatial", reference(COUNTRY))
        .with("dcat:theme", reference(THEME))
}

fn series(kind: PeriodKind) -> Node {
    let (words, frequency) = match kind {
        PeriodKind::Week => ("per week", "WEEKLY"),
        PeriodKind::TwoWeeks => ("per twee weken", "BIWEEKLY"),
        // The vocabulary has no word for every four weeks.
        PeriodKind::FourWeeks => ("per vier weken", "OTHER"),
        PeriodKind::IsoYear => ("per ISO-jaar", "ANNUAL"),
    };
    let title = format!("Monitor Veilig Thuis, {words}");
    let node = named(series_iri(kind), "dcat:DatasetSeries")
        .with("dct:title", dutch(&title))
        .with("dct:description", dutch(SUBJECT))
        .with("dct:identifier", kind.name())
        .with("dct:accrualPeriodicity", reference(format!("{FREQUENCY}{frequency}")));
    common(node)
}

/// The deliveries that issues were made from: once each, however many issues used them.
fn deliveries(shelf: &Shelf) -> Vec<Node> {
    let mut marks: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for input in shelf.snapshots.values().flat_map(|found| &found.content.invoer) {
        marks.entry(delivery_iri(input)).or_default().insert(&input.kenmerk);
    }
    let node = |(iri, marks): (String, BTreeSet<&str>)| {
        let title = iri.trim_start_matches("#levering-").to_owned();
        named(iri, "prov:Entity")
            .with("dct:title", format!("Levering {title}"))
            .with("dct:identifier", Node::list(marks))
    };
    marks.into_iter().map(node).collect()
}
