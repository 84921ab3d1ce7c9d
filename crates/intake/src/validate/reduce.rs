//! Values to registrations: only the columns that the cells need, ids as keyed hashes, empty optional fields as `onbekend`.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, FixedSizeBinaryArray, RecordBatch, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::SchemaRef;
use vt_domain::codes::ONBEKEND;
use vt_vault::registration_schema;

use super::hasher::HASH_BYTES;
use super::tally::Tally;
use crate::checks::code_table::CodeTable;
use crate::checks::columns::Column;
use crate::checks::rules::{Links, RecordRules};
use crate::checks::{day, gemeente_table};

/// Where a column of the registrations comes from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    /// A hashed id; 0 the record's own, 1 the melding of a service.
    Hash(usize),
    /// A field of the contract.
    Field(usize),
}

/// Makes record batches of the schema [`registration_schema`].
pub(crate) struct Reducer {
    schema: SchemaRef,
    origins: Vec<Origin>,
    /// By field: sets of codes as they are written.
    sets: Vec<HashMap<u64, String>>,
}

impl Reducer {
    pub fn new(rules: &RecordRules) -> Self {
        let schema = registration_schema(rules.record);
        let origin = |name: &str| match name {
            "id" => Origin::Hash(0),
            "melding" => Origin::Hash(1),
            // Unwrap safety: every other column is named as its field; a test reduces every record type.
            name => Origin::Field(rules.place(name).unwrap()),
        };
        let origins = schema.fields().iter().map(|field| origin(field.name())).collect();
        Self { schema, origins, sets: vec![HashMap::new(); rules.fields.len()] }
    }

    /// The registrations of the rows that were not dropped; nothing when there are none.
    ///
    /// Also counts, of the kept rows, those of the police and those without known gemeente.
    pub fn reduce(
        &mut self,
        columns: &[Column],
        hashes: [&[[u8; HASH_BYTES]]; 2],
        dropped: &[bool],
        kept: usize,
        tally: &mut Tally,
        rules: &RecordRules,
    ) -> Option<RecordBatch> {
        if let Links::Melding { role, police: (_, Some(police)), .. } = rules.links {
            let organisations = columns[role.organisation].small().iter().zip(dropped);
            tally.police = organisations.filter(|(code, dropped)| **code == police && !**dropped).count() as u64;
        }
        if kept == 0 {
            return None;
        }
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.origins.len());
        for (origin, target) in self.origins.iter().zip(self.schema.fields()) {
            arrays.push(match origin {
                Origin::Hash(which) => Arc::new(hash_array(hashes[*which], dropped, kept)),
                Origin::Field(place) => match &columns[*place] {
                    Column::Date(days) => Arc::new(day_array(days, dropped, kept, target.is_nullable())),
                    Column::Gemeente(codes) => {
                        let happened = columns[rules.links.date()].days();
                        let (array, unknown) = gemeente_array(codes, happened, dropped, kept, rules);
                        tally.unknown[*place] = unknown;
                        Arc::new(array)
                    }
                    Column::Codes(sets) => {
                        let cache = &mut self.sets[*place];
                        set_array(sets, dropped, kept, rules.codes[*place].as_ref()?, cache)
                    }
                    column => code_array(column.small(), dropped, kept, rules.codes[*place].as_ref()?),
                },
            });
        }
        // Unwrap safety: each array was made for its column of the schema, with one value for each kept row.
        Some(RecordBatch::try_new(Arc::clone(&self.schema), arrays).unwrap())
    }
}

fn rows<'a, T: Copy>(values: &'a [T], dropped: &'a [bool]) -> impl Iterator<Item = T> + 'a {
    values.iter().zip(dropped).filter(|(_, dropped)| !**dropped).map(|(value, _)| *value)
}

fn hash_array(hashes: &[[u8; HASH_BYTES]], dropped: &[bool], kept: usize) -> FixedSizeBinaryArray {
    let mut bytes = Vec::with_capacity(kept * HASH_BYTES);
    rows(hashes, dropped).for_each(|hash| bytes.extend_from_slice(&hash));
    FixedSizeBinaryArray::new(HASH_BYTES as i32, Buffer::from_vec(bytes), None)
}

fn day_array(days: &[i32], dropped: &[bool], kept: usize, nullable: bool) -> Date32Array {
    let mut values = Vec::with_capacity(kept);
    values.extend(rows(days, dropped).map(|day| if day == day::EMPTY { 0 } else { day::arrow(day) }));
    let nulls = nullable.then(|| NullBuffer::from_iter(rows(days, dropped).map(|day| day != day::EMPTY)));
    Date32Array::new(ScalarBuffer::from(values), nulls)
}

fn code_array(codes: &[u8], dropped: &[bool], kept: usize, table: &CodeTable) -> ArrayRef {
    let mut text = Text::new(kept);
    rows(codes, dropped).for_each(|code| {
        // An empty optional field is the list's category for it.
        text.push(table.names.get(usize::from(code)).map_or(ONBEKEND, String::as_str).as_bytes());
    });
    Arc::new(text.finish(None))
}

fn set_array(
    sets: &[u64],
    dropped: &[bool],
    kept: usize,
    table: &CodeTable,
    cache: &mut HashMap<u64, String>,
) -> ArrayRef {
    let mut text = Text::new(kept);
    for set in rows(sets, dropped) {
        let set = if set == 0 { table.unknown.map_or(0, |place| 1 << place) } else { set };
        if set.is_power_of_two() {
            text.push(table.names[set.trailing_zeros() as usize].as_bytes());
        } else {
            text.push(cache.entry(set).or_insert_with(|| table.joined(set)).as_bytes());
        }
    }
    Arc::new(text.finish(None))
}

/// Codes of this region's gemeenten, null for others; and how many are null.
fn gemeente_array(
    codes: &[u16],
    happened: &[i32],
    dropped: &[bool],
    kept: usize,
    rules: &RecordRules,
) -> (StringArray, u64) {
    let mut text = Text::new(kept);
    let mut valid = Vec::with_capacity(kept);
    for (code, day) in rows(codes, dropped).zip(rows(happened, dropped)) {
        let counts_as = match code {
            gemeente_table::EMPTY => gemeente_table::EMPTY,
            code => rules.gemeenten.meaning(code, day).counts_as,
        };
        valid.push(counts_as != gemeente_table::EMPTY);
        if counts_as == gemeente_table::EMPTY {
            text.push(b"");
        } else {
            text.push(&gemeente_table::written(counts_as));
        }
    }
    let nulls = NullBuffer::from(valid);
    let unknown = nulls.null_count() as u64;
    (text.finish(Some(nulls)), unknown)
}

/// Builds a string array.
struct Text {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Text {
    fn new(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, bytes: Vec::with_capacity(rows * 12) }
    }

    #[inline]
    fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        // A block is smaller than 2 GiB, and so is a column of it.
        self.offsets.push(self.bytes.len() as i32);
    }

    fn finish(self, nulls: Option<NullBuffer>) -> StringArray {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        StringArray::new(offsets, Buffer::from_vec(self.bytes), nulls)
    }
}
