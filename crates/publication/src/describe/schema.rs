//! JSON Schema (2020-12) of every JSON document: strict, so that a field too many or a code that does not exist is refused.

use vt_domain::snapshot::{Column, ColumnKind, Language, PERIOD_PATTERN, SnapshotTable};

use super::fields::{DOCUMENTS, FieldNote, Object, Shape};
use super::node::Node;
use super::words::explain;

/// The folder within a snapshot's folder.
pub const SCHEMA_FOLDER: &str = "schema";

/// The media type in the manifest.
pub const SCHEMA_MEDIATYPE: &str = "application/schema+json";

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The name of a document's schema within the snapshot's folder: `schema/kerncijfers.schema.json`.
pub fn schema_file(document: &str) -> String {
    format!("{SCHEMA_FOLDER}/{document}.schema.json")
}

/// All schemas by name within the snapshot's folder: of the five tables, `toelichting.json`, manifest, `latest.json` and errata.
pub fn schemas() -> Vec<(String, Vec<u8>)> {
    let tables = SnapshotTable::ALL.into_iter().map(|table| (schema_file(table.name()), table_schema(table)));
    let documents = DOCUMENTS.into_iter().map(|(_, object)| (schema_file(object.name), document_schema(object)));
    let mut all: Vec<(String, Vec<u8>)> =
        tables.chain(documents).map(|(name, schema)| (name, schema.to_pretty())).collect();
    all.sort();
    all
}

fn head(title: &str) -> Node {
    Node::object([("$schema", DIALECT.into()), ("title", title.into())])
}

/// A strict object: the fields and no others.
fn strict(head: Node, required: Vec<Node>, properties: Vec<(String, Node)>) -> Node {
    head.with("type", "object")
        .with("required", required)
        .with("additionalProperties", false)
        .with("properties", Node::Object(properties))
}

fn table_schema(table: SnapshotTable) -> Node {
    let columns = table.columns();
    let names = columns.iter().map(|column| column.name.into()).collect();
    let properties = columns.iter().map(|column| (column.name.to_owned(), column_schema(column))).collect();
    let row = strict(Node::object([]), names, properties);
    // Of a change the earlier or the later value can be absent without a reason: the figure was not there.
    let row = if table == SnapshotTable::Wijzigingen { row } else { reasoned(table, row) };
    let head = head(table.title()).with("description", table.title_en());
    let properties = vec![
        ("periode".to_owned(), Node::object([("type", "string".into()), ("pattern", PERIOD_PATTERN.into())])),
        ("tabel".to_owned(), Node::object([("const", table.name().into())])),
        ("rijen".to_owned(), Node::object([("type", "array".into()), ("items", row)])),
    ];
    strict(head, ["periode", "tabel", "rijen"].map(Node::from).to_vec(), properties)
}

/// A value is absent exactly when there is a reason for it.
fn reasoned(table: SnapshotTable, row: Node) -> Node {
    if table.column("reden_leeg").is_none() || table.column("waarde").is_none() {
        return row;
    }
    let null = || Node::object([("type", "null".into())]);
    let given = |kind: &str| Node::object([("type", kind.into())]);
    let properties = |entries: Node| Node::object([("properties", entries)]);
    row.with("if", properties(Node::object([("waarde", null())])))
        .with("then", properties(Node::object([("reden_leeg", given("string")), ("marge", null())])))
        .with("else", properties(Node::object([("reden_leeg", null()), ("marge", given("number"))])))
}

fn column_schema(column: &Column) -> Node {
    let kind = match column.kind {
        ColumnKind::Text | ColumnKind::Day | ColumnKind::Instant => "string",
        ColumnKind::Int => "integer",
        ColumnKind::Float => "number",
    };
    let types: Node = if column.nullable { Node::list([kind, "null"]) } else { kind.into() };
    let said = explain(column, Language::Nl);
    let bare = Node::object([("title", column.title.into())])
        .with_some("description", (!said.is_empty()).then_some(said))
        .with("type", types)
        .with_some("format", (column.kind == ColumnKind::Day).then_some("date"))
        .with_some("minimum", column.minimum)
        .with_some("maximum", column.maximum)
        .with_some("multipleOf", column.multiple_of)
        .with_some("pattern", column.pattern);
    let text = column.kind == ColumnKind::Text && column.pattern.is_none();
    match column.listed() {
        Some(codes) => {
            let mut all: Vec<Node> = codes.iter().map(|code| code.code.into()).collect();
            all.extend(column.nullable.then_some(Node::Null));
            bare.with("enum", all)
        }
        None => bare.with_some("minLength", text.then_some(1)),
    }
}

fn document_schema(object: &'static Object) -> Node {
    let family = object.family();
    let parts = family.iter().skip(1).map(|part| (part.name.to_owned(), object_schema(part, None)));
    let definitions: Vec<(String, Node)> = parts.collect();
    let schema = object_schema(object, Some(head(object.title.nl).with("description", object.title.en)));
    if definitions.is_empty() { schema } else { schema.with("$defs", Node::Object(definitions)) }
}

fn object_schema(object: &Object, head: Option<Node>) -> Node {
    let head = head.unwrap_or_else(|| Node::object([("title", object.title.nl.into())]));
    let required = object.fields.iter().filter(|field| field.required).map(|field| field.name.into()).collect();
    let properties = object.fields.iter().map(|field| (field.name.to_owned(), field_schema(field))).collect();
    strict(head, required, properties)
}

fn field_schema(field: &FieldNote) -> Node {
    let described = Node::object([("description", field.meaning.nl.into())]);
    let Node::Object(shape) = shape_schema(field.shape) else { return described };
    shape.into_iter().fold(described, |node, (key, value)| node.with(&key, value))
}

fn reference(object: &Object) -> Node {
    Node::object([("$ref", format!("#/$defs/{}", object.name).into())])
}

fn typed(kind: &str) -> Node {
    Node::object([("type", kind.into())])
}

fn shape_schema(shape: Shape) -> Node {
    match shape {
        Shape::Text => typed("string").with("minLength", 1),
        Shape::Day => typed("string").with("format", "date"),
        Shape::Instant => typed("string").with("format", "date-time"),
        Shape::Bool => typed("boolean"),
        Shape::Number(minimum) => typed("integer").with("minimum", minimum),
        Shape::Constant(value) => Node::object([("const", value.into())]),
        Shape::Pattern(pattern) => typed("string").with("pattern", pattern),
        Shape::Codes(codes) => typed("string").with("enum", Node::list(codes())),
        Shape::Object(object) => reference(object),
        Shape::OneOf(objects) => {
            Node::object([("oneOf", Node::List(objects.iter().map(|object| reference(object)).collect()))])
        }
        Shape::List(inner) => typed("array").with("items", shape_schema(*inner)),
        Shape::Map(keys, object) => {
            let properties = keys().into_iter().map(|key| (key, reference(object))).collect();
            typed("object").with("additionalProperties", false).with("properties", Node::Object(properties))
        }
        Shape::Nullable(inner) => {
            Node::object([("anyOf", Node::List(vec![shape_schema(*inner), Node::object([("type", "null".into())])]))])
        }
    }
}
