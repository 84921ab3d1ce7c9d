//! What the other engines need to know, from the product itself: fields, code lists, gemeenten, atoms, measures.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use chrono::NaiveDate;
use serde_json::{Value, json};
use vt_domain::codes::{Code, CodeLists, LISTS};
use vt_domain::contract::{Field, FieldKind, RecordType};
use vt_domain::measure::Maat;
use vt_domain::register::Register;
use vt_domain::{Month, Period, PeriodKind};

/// The periods that a benchmark counts: the four-week periods in which a day of the month lies.
pub fn periods(maand: Month) -> Vec<Period> {
    let first = Period::containing(PeriodKind::FourWeeks, maand.first_day());
    std::iter::successors(Some(first), |period| Some(period.next()))
        .take_while(|period| period.begin() <= maand.last_day())
        .collect()
}

/// Writes `contract.json` for one region and month.
pub fn export(vt: &str, maand: Month, folder: &Path) -> anyhow::Result<()> {
    let register = Register::builtin();
    let (first, next) = (maand.first_day(), maand.next().first_day());
    let rows = register.atom_rows(first, next);
    let rows = rows.iter().filter(|row| row.vt == vt);
    let mut places = BTreeMap::new();
    let mut fallback = None;
    for row in rows {
        anyhow::ensure!((row.van, row.tot) == (first, next), "take a month in which no gemeente changes");
        match &row.gm {
            Some(gm) => drop(places.insert(gm.clone(), row.atom.to_string())),
            None => fallback = Some(row.atom.to_string()),
        }
    }
    let gemeenten: Vec<&str> = register.gemeenten(first).map(|gemeente| gemeente.code.as_str()).collect();
    let contract = json!({
        "first_day": first,
        "last_day": maand.last_day(),
        "records": by_record(|record| record.fields().iter().map(field).collect()),
        "lists": LISTS.iter().map(|name| (*name, codes(name, maand))).collect::<BTreeMap<_, _>>(),
        "gemeenten": gemeenten,
        "places": places,
        "fallback_atom": fallback.with_context(|| format!("{vt} is no region in {maand}"))?,
        "periods": periods(maand).into_iter().map(period).collect::<Vec<_>>(),
        "measures": Maat::ALL.into_iter().map(measure).collect::<Vec<_>>(),
    });
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("contract.json"), serde_json::to_vec_pretty(&contract)?)?;
    Ok(())
}

fn by_record(of: impl Fn(RecordType) -> Vec<Value>) -> BTreeMap<&'static str, Vec<Value>> {
    RecordType::ALL.into_iter().map(|record| (record.name(), of(record))).collect()
}

fn field(field: &Field) -> Value {
    let kind = match field.kind {
        FieldKind::Id => "id",
        FieldKind::Date => "date",
        FieldKind::Code(_) => "code",
        FieldKind::Codes(_) => "codes",
        FieldKind::Bool => "bool",
        FieldKind::Count => "count",
        FieldKind::Gemeente => "gemeente",
    };
    json!({ "name": field.name, "kind": kind, "list": field.kind.list(), "required": field.required })
}

/// The codes that may be delivered on every day of the month.
fn codes(list: &str, maand: Month) -> Vec<Value> {
    let valid = |code: &&Code| code.valid_on(maand.first_day()) && code.valid_on(maand.last_day());
    let codes = CodeLists::builtin().list(list).deliverable().filter(valid);
    codes.map(|code| json!({ "code": code.code, "exclusive": code.exclusive })).collect()
}

fn period(period: Period) -> Value {
    let (van, tot): (NaiveDate, NaiveDate) = (period.begin(), period.end());
    json!({ "code": period.to_string(), "van": van, "tot": tot })
}

fn measure(maat: Maat) -> Value {
    let dimensions: serde_json::Map<String, Value> =
        maat.dimensies().iter().map(|dimensie| (dimensie.code().to_owned(), dimensie.field().into())).collect();
    let several = maat.dimensies().iter().filter(|dimensie| dimensie.multi_valued());
    json!({
        "code": maat.code(),
        "record": maat.record(),
        "date": maat.date_field(),
        "soort": maat.dienst_soort(),
        "dimensions": dimensions,
        "multi_valued": several.map(|dimensie| dimensie.code()).collect::<Vec<_>>(),
    })
}
