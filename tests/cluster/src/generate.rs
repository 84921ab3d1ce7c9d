//! Registrations by the million, written into a private store as the checks would: the same ones each time.

use std::sync::Arc;

use anyhow::Result;
use arrow::array::{ArrayRef, Date32Builder, FixedSizeBinaryBuilder, RecordBatch, StringBuilder};
use arrow::datatypes::Date32Type;
use futures::{StreamExt, TryStreamExt, stream};
use vt_domain::Month;
use vt_domain::codes::CodeLists;
use vt_domain::contract::{FieldKind, LIST_SEPARATOR, RecordType};
use vt_domain::delivery::{DeliveryHeader, DeliveryId, DeliveryKind};
use vt_domain::register::Register;
use vt_vault::{DeliveryRecord, Vault, Verdict, registration_schema};

const BATCH_ROWS: u64 = 65_536;
/// Files that are written at once.
const AT_ONCE: usize = 2;

/// Months such as `2020-06`, from the first through the last.
///
/// # Errors
/// When one is written otherwise.
pub fn months(first: &str, last: &str) -> Result<Vec<Month>> {
    Ok(first.parse::<Month>()?.through(last.parse()?).collect())
}

/// Deliveries of all regions for these months with so many registrations in all, or a few less: of twenty, eight adviezen, nine meldingen
/// and three services after a melding of their month. Writes the registrations; gives the verdicts.
///
/// # Errors
/// When the store fails.
pub async fn generate(vault: &Vault, months: &[Month], registrations: u64) -> Result<Vec<DeliveryRecord>> {
    let register = Register::builtin();
    let mut records = Vec::new();
    for &month in months {
        records.extend(register.vt_regions(month.first_day()).into_iter().map(|region| verdict(&region.code, month)));
    }
    let each = registrations / records.len() as u64;
    let files = records
        .iter()
        .enumerate()
        .flat_map(|(number, record)| RecordType::ALL.map(|kind| (number as u64, record.id(), kind)));
    let written = stream::iter(files.collect::<Vec<_>>()).map(|(number, id, kind)| {
        let vault = vault.clone();
        async move { tokio::spawn(write(vault, number, id, kind, each)).await? }
    });
    let () = written.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(records)
}

fn verdict(vt: &str, maand: Month) -> DeliveryRecord {
    let made = maand.next().first_day().and_hms_opt(8, 0, 0).unwrap_or_default().and_utc();
    DeliveryRecord {
        formaat: 1,
        kop: DeliveryHeader {
            protocol_versie: "1".into(),
            vt_code: vt.into(),
            leveringsmaand: maand,
            levering_nr: 1,
            soort: DeliveryKind::Volledig,
            tot_en_met: maand.last_day(),
            aangemaakt_op: made,
            bronsysteem: "Regas".into(),
        },
        verdict: Verdict::Geaccepteerd,
        bestanden: Vec::new(),
        kenmerk: format!("kenmerk-{vt}-{maand}"),
        beoordeeld_op: made,
        bevindingen: Vec::new(),
        samenvatting: None,
    }
}

async fn write(vault: Vault, delivery: u64, id: DeliveryId, kind: RecordType, each: u64) -> Result<()> {
    let rows = match kind {
        RecordType::Advies => each * 8 / 20,
        RecordType::Melding => meldingen(each),
        RecordType::Vervolgdienst => each * 3 / 20,
    };
    let choices = Choices::of(&id, kind);
    let mut writer = vault.registrations(&id, kind)?;
    let mut from = 0;
    while from < rows {
        let until = rows.min(from + BATCH_ROWS);
        let batch = batch(delivery, &choices, kind, from..until, meldingen(each))?;
        writer.write(&batch).await?;
        from = until;
    }
    writer.finish().await?;
    Ok(())
}

fn meldingen(each: u64) -> u64 {
    each * 9 / 20
}

/// What the fields of a delivery's registrations are drawn from.
struct Choices {
    month: Month,
    gemeenten: Vec<Option<String>>,
    codes: Vec<(&'static str, Vec<String>)>,
}

impl Choices {
    fn of(id: &DeliveryId, kind: RecordType) -> Self {
        let (register, lists, first) = (Register::builtin(), CodeLists::builtin(), id.maand.first_day());
        let own = register.gemeenten(first).filter(|gm| gm.vt == id.vt).map(|gm| Some(gm.code.clone()));
        let gemeenten = own.chain([None, Some("GM9999".to_owned())]).collect();
        let codes = kind.fields().iter().filter_map(|field| {
            let list = lists.list(field.kind.list()?);
            let valid: Vec<_> = list.codes().iter().filter(|code| code.valid_on(first)).collect();
            let mut choices: Vec<String> = valid.iter().map(|code| code.code.clone()).collect();
            if matches!(field.kind, FieldKind::Codes(_)) {
                let several: Vec<_> = valid.iter().filter(|code| !code.exclusive).collect();
                let pair = |two: &[_; 2]| format!("{}{LIST_SEPARATOR}{}", code(two[0]), code(two[1]));
                choices.extend(several.array_windows().map(pair));
            }
            Some((field.name, choices))
        });
        Self { month: id.maand, gemeenten, codes: codes.collect() }
    }

    fn codes(&self, field: &str) -> &[String] {
        self.codes.iter().find(|(name, _)| *name == field).map_or(&[], |(_, codes)| codes)
    }
}

fn code<'c>(code: &'c &vt_domain::codes::Code) -> &'c str {
    &code.code
}

/// SplitMix64 of a place: what stands there follows from where it is.
fn draw(delivery: u64, kind: RecordType, row: u64, field: u64) -> u64 {
    let mut mixed = (delivery << 44) ^ ((kind as u64) << 40) ^ row.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (field << 56);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// A keyed hash as good as any: different for each registration.
fn id(delivery: u64, kind: RecordType, row: u64) -> [u8; 16] {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&draw(delivery, kind, row, 1).to_be_bytes());
    id[8..].copy_from_slice(&((delivery << 48) ^ ((kind as u64) << 44) ^ row).to_be_bytes());
    id
}

fn batch(
    delivery: u64,
    choices: &Choices,
    kind: RecordType,
    rows: std::ops::Range<u64>,
    meldingen: u64,
) -> Result<RecordBatch> {
    let schema = registration_schema(kind);
    let count = usize::try_from(rows.end - rows.start)?;
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (number, field) in (2..).zip(schema.fields()) {
        let drawn = |row: u64, below: usize| {
            usize::try_from(draw(delivery, kind, row, number) % below as u64).unwrap_or_default()
        };
        columns.push(match field.name().as_str() {
            "id" => ids(count, rows.clone().map(|row| id(delivery, kind, row)))?,
            "melding" => {
                let of = |row| id(delivery, RecordType::Melding, draw(delivery, kind, row, number) % meldingen.max(1));
                ids(count, rows.clone().map(of))?
            }
            "startdatum" | "ontvangstdatum" | "eind" => {
                let first = Date32Type::from_naive_date(choices.month.first_day());
                let days = usize::try_from(choices.month.days())?;
                let mut column = Date32Builder::with_capacity(count);
                for row in rows.clone() {
                    column.append_value(first + i32::try_from(drawn(row, days))?);
                }
                Arc::new(column.finish())
            }
            "gm_code" => {
                let mut column = StringBuilder::with_capacity(count, count * 6);
                for row in rows.clone() {
                    column.append_option(choices.gemeenten[drawn(row, choices.gemeenten.len())].as_deref());
                }
                Arc::new(column.finish())
            }
            name => {
                let codes = choices.codes(name);
                let mut column = StringBuilder::with_capacity(count, count * 16);
                for row in rows.clone() {
                    column.append_value(&codes[drawn(row, codes.len())]);
                }
                Arc::new(column.finish())
            }
        });
    }
    Ok(RecordBatch::try_new(schema, columns)?)
}

fn ids(count: usize, ids: impl Iterator<Item = [u8; 16]>) -> Result<ArrayRef> {
    let mut column = FixedSizeBinaryBuilder::with_capacity(count, 16);
    for id in ids {
        column.append_value(id)?;
    }
    Ok(Arc::new(column.finish()))
}
