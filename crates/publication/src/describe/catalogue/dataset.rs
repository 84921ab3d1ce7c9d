//! One issue: the dataset, how it came about, and its files.

use vt_domain::snapshot::{Erratum, FileEntry, Issue, Manifest, Status};

use super::super::licence;
use super::super::schema::schema_file;
use super::{LANGUAGE, common, dataset_iri, delivery_iri, dutch, instant, named, reference, series_iri, typed};
use crate::describe::SUBJECT;
use crate::describe::node::Node;
use crate::shelf::Shelf;

const STATUS: &str = "http://publications.europa.eu/resource/authority/dataset-status/";
const FILE_TYPE: &str = "http://publications.europa.eu/resource/authority/file-type/";
const MEDIA_TYPE: &str = "https://www.iana.org/assignments/media-types/";

/// The dataset of an issue, the activity that made it, and a distribution for each file.
pub(super) fn nodes(shelf: &Shelf, issue: Issue, manifest: &Manifest) -> Vec<Node> {
    let mut all = vec![dataset(shelf, issue, manifest), activity(issue, manifest)];
    all.extend(files(issue, manifest).map(|(path, file)| distribution(issue, manifest, &path, file)));
    all
}

/// The files of an issue with their paths in the store, those of the history too.
fn files(issue: Issue, manifest: &Manifest) -> impl Iterator<Item = (String, &FileEntry)> {
    let own = manifest.bestanden.iter().map(move |file| (issue.file(&file.naam), file));
    own.chain(manifest.historie.iter().map(|file| (file.naam.clone(), file)))
}

fn distribution_iri(path: &str) -> String {
    format!("{path}#distributie")
}

fn activity_iri(issue: Issue) -> String {
    format!("{}#publicatie", issue.manifest())
}

fn dataset(shelf: &Shelf, issue: Issue, manifest: &Manifest) -> Node {
    let day = |day: chrono::NaiveDate| typed(day.to_string(), "xsd:date");
    let temporal = Node::object([("@type", "dct:PeriodOfTime".into())])
        .with("dcat:startDate", day(manifest.begin))
        .with("dcat:endDate", day(manifest.eind));
    let title = format!("Monitor Veilig Thuis, {}, uitgave {}", issue.periode.label(), issue.uitgave);
    let files = files(issue, manifest).map(|(path, _)| reference(distribution_iri(&path)));
    let parts: Vec<Node> = manifest.delen.iter().map(|part| reference(dataset_iri(*part))).collect();
    let errata: Vec<Node> = shelf.errata_of(issue).map(|erratum| reference(erratum.path())).collect();
    let earlier = manifest.vorige.as_ref().and_then(|previous| Issue::of_manifest(&previous.pad)).map(dataset_iri);
    let node = named(dataset_iri(issue), "dcat:Dataset")
        .with("dct:title", dutch(&title))
        .with("dct:description", dutch(&description(manifest)))
        .with("dct:identifier", format!("{}/{}", issue.periode, issue.uitgave))
        .with("dcat:version", issue.uitgave.to_string())
        .with("adms:versionNotes", dutch(&notes(shelf, issue)))
        .with("adms:status", reference(format!("{STATUS}{}", status(shelf, issue, manifest))))
        .with("dct:issued", instant(manifest.gepubliceerd_op))
        .with("dct:temporal", temporal)
        .with("dcat:inSeries", reference(series_iri(issue.periode.kind())));
    common(node)
        .with_some("dcat:previousVersion", earlier.clone().map(reference))
        .with_some("prov:wasRevisionOf", earlier.map(reference))
        .with_some("prov:wasDerivedFrom", (!parts.is_empty()).then_some(parts))
        .with_some("dct:relation", (!errata.is_empty()).then_some(errata))
        .with("prov:wasGeneratedBy", reference(activity_iri(issue)))
        .with("dcat:distribution", Node::List(files.collect()))
}

fn description(manifest: &Manifest) -> String {
    let policy = &manifest.beleid;
    format!(
        "{SUBJECT} Status: {}. Elk aantal is een veelvoud van {} en verschilt ten hoogste {} van het geregistreerde aantal.",
        manifest.status, policy.veelvoud, policy.grens
    )
}

/// What a reader must know of this issue beside others of its period.
fn notes(shelf: &Shelf, issue: Issue) -> String {
    let first = match shelf.standing(issue.periode) {
        _ if shelf.is_retracted(issue) => "Ingetrokken: gebruik deze uitgave niet meer.".to_owned(),
        Some(standing) if standing.uitgave > issue.uitgave => format!("Vervangen door uitgave {}.", standing.uitgave),
        _ => "De geldende uitgave van deze periode.".to_owned(),
    };
    let said = |erratum: &Erratum| match erratum.retracts() {
        true => format!("Intrekking: {}", erratum.tekst),
        false => format!("Erratum: {}", erratum.tekst),
    };
    let all: Vec<String> = std::iter::once(first).chain(shelf.errata_of(issue).map(said)).collect();
    all.join(" ")
}

/// In the words of the EU's vocabulary of dataset statuses.
fn status(shelf: &Shelf, issue: Issue, manifest: &Manifest) -> &'static str {
    if shelf.is_retracted(issue) {
        "WITHDRAWN"
    } else if shelf.standing(issue.periode) != Some(issue) {
        "DEPRECATED"
    } else if manifest.status == Status::Definitief {
        "COMPLETED"
    } else {
        "DEVELOP"
    }
}

fn activity(issue: Issue, manifest: &Manifest) -> Node {
    let agent =
        Node::object([("@type", "prov:SoftwareAgent".into()), ("foaf:name", manifest.software.as_str().into())]);
    let register = Node::object([
        ("@type", "prov:Entity".into()),
        ("dct:title", format!("Register van regio's en gemeenten, versie {}", manifest.register).into()),
    ]);
    let mut used: Vec<Node> = manifest.invoer.iter().map(|input| reference(delivery_iri(input))).collect();
    used.extend(manifest.delen.iter().map(|part| reference(dataset_iri(*part))));
    used.push(register);
    named(activity_iri(issue), "prov:Activity")
        .with("prov:endedAtTime", instant(manifest.gepubliceerd_op))
        .with("prov:wasAssociatedWith", agent)
        .with("prov:used", used)
}

fn distribution(issue: Issue, manifest: &Manifest, path: &str, file: &FileEntry) -> Node {
    let (mediatype, _) = file.mediatype.split_once(';').unwrap_or((&file.mediatype, ""));
    let checksum = Node::object([("@type", "spdx:Checksum".into())])
        .with("spdx:algorithm", reference("spdx:checksumAlgorithm_sha256"))
        .with("spdx:checksumValue", typed(file.sha256.clone(), "xsd:hexBinary"));
    named(distribution_iri(path), "dcat:Distribution")
        .with("dct:title", dutch(&format!("{} ({})", file.naam, issue.periode)))
        .with("dcat:accessURL", reference(path))
        .with("dcat:downloadURL", reference(path))
        .with("dcat:mediaType", reference(format!("{MEDIA_TYPE}{mediatype}")))
        .with_some("dct:format", file_type(&file.naam).map(|kind| reference(format!("{FILE_TYPE}{kind}"))))
        .with("dcat:byteSize", typed(file.bytes.to_string(), "xsd:nonNegativeInteger"))
        .with("spdx:checksum", checksum)
        .with("dct:license", reference(licence::PATH))
        .with("dct:language", reference(LANGUAGE))
        .with_some("dct:conformsTo", schema_of(issue, manifest, file).map(reference))
}

/// The schema of a JSON document, where the issue has it.
fn schema_of(issue: Issue, manifest: &Manifest, file: &FileEntry) -> Option<String> {
    let schema = schema_file(file.naam.strip_suffix(".json")?);
    manifest.file(&schema).map(|found| issue.file(&found.naam))
}

/// In the words of the EU's vocabulary of file types; it has none that we can name for Parquet.
fn file_type(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    match extension {
        "csv" => Some("CSV"),
        "json" => Some("JSON"),
        "xlsx" => Some("XLSX"),
        "html" => Some("HTML"),
        _ => None,
    }
}
