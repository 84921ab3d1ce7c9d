//! `datapackage.json` (Data Package 2): what stands in a snapshot's folder, for machines.

use vt_domain::snapshot::{Column, ColumnCode, ColumnCodes, ColumnKind, FileEntry, Form, Language, SnapshotTable};

use super::node::Node;
use super::schema::schema_file;
use super::words::explain;
use super::{PUBLISHER, SUBJECT, licence};
use crate::render::Contents;
use crate::render::explanation::{EXPLANATION_FILE, Explanation};

/// The file's name within the snapshot's folder.
pub const DATAPACKAGE_FILE: &str = "datapackage.json";

/// The media type in the manifest.
pub const DATAPACKAGE_MEDIATYPE: &str = "application/json";

const PROFILE: &str = "https://datapackage.org/profiles/2.0/datapackage.json";

/// Describes the data of a snapshot: the tables in their three forms and `toelichting.json`. `files` are the files of its folder,
/// with size and digest; schemas, report and workbook are among them and are no data of their own.
pub fn datapackage(contents: &Contents<'_>, files: &[FileEntry]) -> Vec<u8> {
    let explanation = contents.explanation;
    let issue = explanation.issue();
    let mut sorted: Vec<&FileEntry> = files.iter().collect();
    // CSV first: it is the form that carries the schema of its table.
    sorted.sort_by_key(|file| (table(file).is_none_or(|(_, form)| form != Form::Csv), file.naam.as_str()));
    let name = format!("vt-monitor-{}-{}", issue.periode, issue.uitgave).to_lowercase();
    let contributor = |title: &str, role: &str| Node::object([("title", title.into()), ("roles", Node::list([role]))]);
    Node::object([
        ("$schema", PROFILE.into()),
        ("name", name.into()),
        ("title", format!("Monitor Veilig Thuis, {}", explanation.label).into()),
        ("description", description(explanation).into()),
        ("version", issue.uitgave.to_string().into()),
        ("keywords", Node::list(["Veilig Thuis", "huiselijk geweld", "kindermishandeling", "veiligheidsregio"])),
        ("licenses", Node::List(vec![licences()])),
        ("sources", Node::List(sources(explanation))),
        (
            "contributors",
            Node::List(vec![
                contributor("Veilig Thuis-organisaties", "contributor"),
                contributor(PUBLISHER, "publisher"),
            ]),
        ),
        ("resources", Node::List(sorted.into_iter().filter_map(resource).collect())),
    ])
    .to_pretty()
}

fn licences() -> Node {
    Node::object([("name", licence::NAME.into()), ("path", licence::PATH.into()), ("title", licence::TITLE.into())])
}

fn description(explanation: &Explanation) -> String {
    let read: Vec<&str> = explanation.lees_dit.iter().map(String::as_str).collect();
    format!("{SUBJECT} Status: {}. {}", explanation.status, read.join(" "))
}

fn sources(explanation: &Explanation) -> Vec<Node> {
    let register = format!(
        "CBS: gebiedsindelingen en bevolking; register van regio's en gemeenten, versie {}",
        explanation.indeling.register
    );
    let titles = [
        "Leveringen van de Veilig Thuis-organisaties, na afronding".to_owned(),
        register,
        "CBS StatLine 84850NED en 84851NED: omschrijvingen".to_owned(),
    ];
    titles.into_iter().map(|title| Node::object([("title", title.into())])).collect()
}

/// The table of a file, and its form.
fn table(file: &FileEntry) -> Option<(SnapshotTable, Form)> {
    let all = SnapshotTable::ALL.into_iter().flat_map(|table| Form::ALL.map(|form| (table, form)));
    all.into_iter().find(|(table, form)| table.file(*form) == file.naam)
}

fn resource(file: &FileEntry) -> Option<Node> {
    match table(file) {
        Some((table, form)) => Some(table_resource(file, table, form)),
        None if file.naam == EXPLANATION_FILE => {
            let title = "Toelichting: definities, reeksbreuken, grenzen van de afronding";
            Some(located(file, "toelichting", title).with("jsonSchema", schema_file("toelichting")))
        }
        None => None,
    }
}

/// Name, path, size and digest.
fn located(file: &FileEntry, name: &str, title: &str) -> Node {
    let (mediatype, _) = file.mediatype.split_once(';').unwrap_or((&file.mediatype, ""));
    let format = file.naam.rsplit_once('.').map(|(_, extension)| extension);
    // Unwrap safety: a file is smaller than 8 exabytes.
    let bytes = i64::try_from(file.bytes).unwrap();
    Node::object([("name", name.into()), ("path", file.naam.as_str().into()), ("title", title.into())])
        .with_some("format", format)
        .with("mediatype", mediatype)
        .with("bytes", bytes)
        .with("hash", format!("sha256:{}", file.sha256))
}

fn table_resource(file: &FileEntry, table: SnapshotTable, form: Form) -> Node {
    let title = format!("{} ({})", table.title(), form.extension());
    match form {
        Form::Csv => {
            let dialect = Node::object([
                ("delimiter", ";".into()),
                ("lineTerminator", "\n".into()),
                ("quoteChar", "\"".into()),
                ("doubleQuote", true.into()),
                ("header", true.into()),
            ]);
            located(file, table.name(), &title)
                .with("type", "table")
                .with("encoding", "utf-8")
                .with("dialect", dialect)
                .with("schema", table_schema(table))
        }
        Form::Json => {
            let name = format!("{}-json", table.name());
            located(file, &name, &title).with("encoding", "utf-8").with("jsonSchema", schema_file(table.name()))
        }
        Form::Parquet => located(file, &format!("{}-parquet", table.name()), &title),
    }
}

fn table_schema(table: SnapshotTable) -> Node {
    let columns = table.columns();
    let keys = columns.iter().filter(|column| column.key).map(|column| column.name);
    Node::object([
        ("fields", Node::List(columns.iter().map(field).collect())),
        ("missingValues", Node::list([""])),
        ("primaryKey", Node::list(keys)),
    ])
}

fn field(column: &Column) -> Node {
    let kind = match column.kind {
        ColumnKind::Text => "string",
        ColumnKind::Day => "date",
        ColumnKind::Int => "integer",
        ColumnKind::Float => "number",
        ColumnKind::Instant => "datetime",
    };
    let said = described(column);
    let label = |code: &ColumnCode| {
        Node::object([("value", code.code.into()), ("label", code.meaning.of(Language::Nl).into())])
    };
    let categories = column.listed().map(|codes| Node::List(codes.iter().map(label).collect()));
    Node::object([("name", column.name.into()), ("title", column.title.into())])
        .with_some("description", (!said.is_empty()).then_some(said))
        .with("type", kind)
        .with("format", "default")
        .with_some("unit", column.unit)
        .with_some("categories", categories)
        .with("constraints", constraints(column))
}

/// Table Schema has no place for codes among free text: they stand in the description.
fn described(column: &Column) -> String {
    let said = explain(column, Language::Nl);
    let Some(ColumnCodes::Among(codes)) = column.codes else { return said };
    let codes = codes.iter().map(|code| format!("{}: {}.", code.code, code.meaning.of(Language::Nl)));
    std::iter::once(said).chain(codes).collect::<Vec<_>>().join(" ")
}

/// Table Schema knows no multiples: that one stands in the description.
fn constraints(column: &Column) -> Node {
    let codes = column.listed().map(|codes| Node::list(codes.iter().map(|code| code.code)));
    Node::object([("required", (!column.nullable).into())])
        .with_some("enum", codes)
        .with_some("minimum", column.minimum)
        .with_some("maximum", column.maximum)
        .with_some("pattern", column.pattern)
}
