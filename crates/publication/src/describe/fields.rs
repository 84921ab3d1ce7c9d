//! The fields of the JSON documents beside the tables, as data: name, shape and meaning. JSON Schemas and data dictionary are made
//! from it; a test holds it against real documents.

mod explanation;
mod store;

use vt_domain::snapshot::Words;

pub use explanation::EXPLANATION;
pub use store::{ERRATUM, LATEST, MANIFEST};

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A text that is not empty.
    Text,
    /// A day: `2020-07-31`.
    Day,
    /// An instant with its time zone, RFC 3339.
    Instant,
    /// True or false.
    Bool,
    /// A whole number of at least this.
    Number(i64),
    /// Exactly this number.
    Constant(i64),
    /// A text that matches a regular expression as a whole.
    Pattern(&'static str),
    /// One of these codes.
    Codes(fn() -> Vec<String>),
    /// Another document.
    Object(&'static Object),
    /// One of these.
    OneOf(&'static [&'static Object]),
    /// A list.
    List(&'static Self),
    /// An object that has a key for each of some codes.
    Map(fn() -> Vec<String>, &'static Object),
    /// This, or null.
    Nullable(&'static Self),
}

/// A field of a document.
#[derive(Debug, Clone, Copy)]
pub struct FieldNote {
    /// The key.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Whether it is always there.
    pub required: bool,
    /// What it means.
    pub meaning: Words,
}

/// A document, or a part of one.
#[derive(Debug, Clone, Copy)]
pub struct Object {
    /// The name: of the file without its extension, or of the part.
    pub name: &'static str,
    /// The title.
    pub title: Words,
    /// The fields, in order.
    pub fields: &'static [FieldNote],
}

/// The documents that have a schema, with the name of the file.
pub const DOCUMENTS: [(&str, &Object); 4] = [
    ("toelichting.json", &EXPLANATION),
    ("manifests/*/*/*.json", &MANIFEST),
    ("latest.json", &LATEST),
    ("errata/*.json", &ERRATUM),
];

const fn field(name: &'static str, shape: Shape, nl: &'static str, en: &'static str) -> FieldNote {
    FieldNote { name, shape, required: true, meaning: Words::new(nl, en) }
}

const fn optional(field: FieldNote) -> FieldNote {
    FieldNote { required: false, ..field }
}

/// A SHA-256.
const SHA256: Shape = Shape::Pattern("^[0-9a-f]{64}$");
/// A Veilig Thuis region.
const VT: Shape = Shape::Pattern("^VT[0-9]{2}$");
/// A month.
const MONTH: Shape = Shape::Pattern("^[0-9]{4}-(0[1-9]|1[0-2])$");
/// A Veilig Thuis region and a veiligheidsregio.
const ATOM: Shape = Shape::Pattern("^VT[0-9]{2}-VR[0-9]{2}$");

impl Shape {
    /// The objects that it leads to.
    pub fn objects(self) -> Vec<&'static Object> {
        match self {
            Self::Object(object) | Self::Map(_, object) => vec![object],
            Self::OneOf(objects) => objects.to_vec(),
            Self::List(inner) | Self::Nullable(inner) => inner.objects(),
            _ => Vec::new(),
        }
    }
}

impl Object {
    /// This object and those that it leads to, each once, in the order of first mention.
    pub fn family(&'static self) -> Vec<&'static Self> {
        let mut all: Vec<&'static Self> = vec![self];
        let mut place = 0;
        while let Some(object) = all.get(place).copied() {
            for found in object.fields.iter().flat_map(|field| field.shape.objects()) {
                if all.iter().all(|known| known.name != found.name) {
                    all.push(found);
                }
            }
            place += 1;
        }
        all
    }
}
