//! Generated registrations in a vault in memory, for tests: deterministic from a seed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, FixedSizeBinaryArray, RecordBatch, StringArray};
use arrow::datatypes::Date32Type;
use chrono::{DateTime, Days, NaiveDate, Utc};
use object_store::memory::InMemory;
use vt_domain::Month;
use vt_domain::codes::CodeLists;
use vt_domain::contract::{FieldKind, RecordType};
use vt_domain::delivery::{DeliveryHeader, DeliveryId, DeliveryKind};
use vt_domain::register::Register;
use vt_vault::{DeliveryRecord, Vault, Verdict, registration_schema};

/// A small generator of numbers (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `below` − 1.
    pub(crate) fn below(&mut self, below: usize) -> usize {
        (self.next() % below as u64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }

    fn id(&mut self) -> [u8; 16] {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.next().to_be_bytes());
        id[8..].copy_from_slice(&self.next().to_be_bytes());
        id
    }
}

/// One registration.
#[derive(Clone)]
pub(crate) struct Record {
    pub id: [u8; 16],
    /// Of services: their melding.
    pub melding: [u8; 16],
    pub day: Option<NaiveDate>,
    pub gm: Option<String>,
    /// Per code field, lists joined.
    pub codes: BTreeMap<&'static str, String>,
}

/// One delivery with its registrations.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub record: DeliveryRecord,
    pub content: BTreeMap<RecordType, Vec<Record>>,
}

impl Delivery {
    pub(crate) fn empty(record: DeliveryRecord) -> Self {
        Self { record, content: RecordType::ALL.into_iter().map(|record| (record, Vec::new())).collect() }
    }

    pub(crate) fn push(&mut self, record: RecordType, registration: Record) {
        self.content.get_mut(&record).unwrap().push(registration);
    }
}

pub(crate) fn instant() -> DateTime<Utc> {
    "2021-02-08T06:00:00Z".parse().unwrap()
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// An accepted, whole delivery.
pub(crate) fn verdict(vt: &str, maand: Month, nr: u32) -> DeliveryRecord {
    DeliveryRecord {
        formaat: 1,
        kop: DeliveryHeader {
            protocol_versie: "1".into(),
            vt_code: vt.into(),
            leveringsmaand: maand,
            levering_nr: nr,
            soort: DeliveryKind::Volledig,
            tot_en_met: maand.last_day(),
            aangemaakt_op: instant(),
            bronsysteem: "Regas".into(),
        },
        verdict: Verdict::Geaccepteerd,
        bestanden: Vec::new(),
        kenmerk: format!("kenmerk-{vt}-{maand}-{nr}"),
        beoordeeld_op: instant(),
        bevindingen: Vec::new(),
        samenvatting: None,
    }
}

pub(crate) fn memory_vault() -> Vault {
    Vault::new(Arc::new(InMemory::new()))
}

/// Writes the registrations of deliveries, not their verdicts.
pub(crate) async fn store(vault: &Vault, deliveries: &[Delivery]) {
    for delivery in deliveries {
        for (&record, content) in &delivery.content {
            let mut writer = vault.registrations(&delivery.record.id(), record).unwrap();
            writer.write(&batch(record, content)).await.unwrap();
            writer.finish().await.unwrap();
        }
    }
}

fn batch(record: RecordType, content: &[Record]) -> RecordBatch {
    let schema = registration_schema(record);
    let binary = |id: fn(&Record) -> [u8; 16]| -> ArrayRef {
        let ids = content.iter().map(|record| Some(id(record)));
        Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids, 16).unwrap())
    };
    let columns = schema.fields().iter().map(|field| match field.name().as_str() {
        "id" => binary(|record| record.id),
        "melding" => binary(|record| record.melding),
        "startdatum" | "ontvangstdatum" | "eind" => {
            let days = content.iter().map(|record| record.day.map(Date32Type::from_naive_date));
            Arc::new(days.collect::<Date32Array>())
        }
        "gm_code" => Arc::new(content.iter().map(|record| record.gm.as_deref()).collect::<StringArray>()),
        code => Arc::new(content.iter().map(|record| Some(record.codes[code].as_str())).collect::<StringArray>()),
    });
    RecordBatch::try_new(schema.clone(), columns.collect()).unwrap()
}

/// How generated registrations look.
pub(crate) struct Mix {
    pub seed: u64,
    /// Adviezen, and as many meldingen, per region and month: from 0 to twice this.
    pub per_month: usize,
    /// Share, in percent, of records whose date lies outside the month of their delivery.
    pub strays: usize,
}

/// Deliveries of all regions in force for the months, each accepted and whole.
///
/// Services: most after a melding of this or an earlier month, some of an unknown one; most delivered in the month of their
/// end, many also in an earlier month, with or without the end.
pub(crate) fn generate(register: &Register, lists: &CodeLists, months: &[Month], mix: &Mix) -> Vec<Delivery> {
    let mut dice = Dice::new(mix.seed);
    let everywhere: Vec<String> = register.gemeenten(months[0].first_day()).map(|gm| gm.code.clone()).collect();
    let mut regions: BTreeMap<String, Vec<Delivery>> = BTreeMap::new();
    for &month in months {
        for region in register.vt_regions(month.first_day()) {
            let delivery = Delivery::empty(verdict(&region.code, month, 1));
            regions.entry(region.code.clone()).or_default().push(delivery);
        }
    }
    for (vt, deliveries) in &mut regions {
        let mut meldingen: Vec<[u8; 16]> = Vec::new();
        for index in 0..deliveries.len() {
            let month = deliveries[index].record.kop.leveringsmaand;
            let own: Vec<String> =
                register.gemeenten(month.first_day()).filter(|gm| gm.vt == *vt).map(|gm| gm.code.clone()).collect();
            for record in [RecordType::Advies, RecordType::Melding] {
                for _ in 0..dice.below(2 * mix.per_month + 1) {
                    let day = any_day(&mut dice, month, mix.strays);
                    let gm = any_gemeente(&mut dice, &own, &everywhere);
                    let codes = any_codes(&mut dice, record, lists, day);
                    let id = dice.id();
                    let registration = Record { id, melding: [0; 16], day: Some(day), gm, codes };
                    deliveries[index].push(record, registration);
                    if record == RecordType::Melding {
                        meldingen.push(id);
                    }
                }
            }
            for _ in 0..dice.below(mix.per_month + 1) {
                let known = !meldingen.is_empty() && !dice.chance(5);
                let melding = if known { *dice.pick(&meldingen) } else { dice.id() };
                let day = any_day(&mut dice, month, mix.strays);
                let kinds: Vec<&str> =
                    lists.list("dienst_soort").deliverable().map(|code| code.code.as_str()).collect();
                let codes = BTreeMap::from([("soort", (*dice.pick(&kinds)).to_owned())]);
                let service = Record { id: dice.id(), melding, day: Some(day), gm: None, codes };
                if index > 0 && dice.chance(40) {
                    let begun = Record { day: service.day.filter(|_| dice.chance(50)), ..service.clone() };
                    let before = dice.below(index);
                    deliveries[before].push(RecordType::Vervolgdienst, begun);
                }
                deliveries[index].push(RecordType::Vervolgdienst, service);
            }
        }
    }
    regions.into_values().flatten().collect()
}

fn any_day(dice: &mut Dice, month: Month, strays: usize) -> NaiveDate {
    let day = month.first_day() + Days::new(dice.below(month.days() as usize) as u64);
    match dice.chance(strays) {
        true if dice.chance(50) => day + Days::new(31),
        true => day - Days::new(31),
        false => day,
    }
}

fn any_gemeente(dice: &mut Dice, own: &[String], everywhere: &[String]) -> Option<String> {
    match dice.below(100) {
        0..4 => None,
        4..6 => Some("GM9999".to_owned()),
        6..9 => Some(dice.pick(everywhere).clone()),
        // Dissolved on 1-1-2019 and later: Noordwijkerhout (whole), Haaren (divided).
        9 => Some("GM0576".to_owned()),
        10 => Some("GM0788".to_owned()),
        _ => Some(dice.pick(own).clone()),
    }
}

fn any_codes(dice: &mut Dice, record: RecordType, lists: &CodeLists, day: NaiveDate) -> BTreeMap<&'static str, String> {
    let schema = registration_schema(record);
    let mut codes = BTreeMap::new();
    for field in record.fields().iter().filter(|field| schema.field_with_name(field.name).is_ok()) {
        let Some(list) = field.kind.list() else { continue };
        let valid: Vec<_> = lists.list(list).codes().iter().filter(|code| code.valid_on(day)).collect();
        let text = if matches!(field.kind, FieldKind::Codes(_)) && !dice.chance(15) {
            let share = 5 + dice.below(40);
            let several: Vec<_> = valid.iter().filter(|code| !code.exclusive && dice.chance(share)).collect();
            several.iter().map(|code| code.code.as_str()).collect::<Vec<_>>().join("|")
        } else {
            String::new()
        };
        codes.insert(field.name, if text.is_empty() { dice.pick(&valid).code.clone() } else { text });
    }
    codes
}

/// Meldingen of deliveries by VT and id, for the gemeente of services: the last month up to `last` wins.
pub(crate) fn gemeenten_of_meldingen<'d>(
    deliveries: impl Iterator<Item = &'d Delivery>,
    last: Month,
) -> HashMap<(String, [u8; 16]), (Month, Option<String>)> {
    let mut known: HashMap<(String, [u8; 16]), (Month, Option<String>)> = HashMap::new();
    for delivery in deliveries {
        let DeliveryId { vt, maand, .. } = delivery.record.id();
        for melding in delivery.content[&RecordType::Melding].iter().filter(|_| maand <= last) {
            let entry = known.entry((vt.clone(), melding.id)).or_insert((maand, melding.gm.clone()));
            if entry.0 < maand {
                *entry = (maand, melding.gm.clone());
            }
        }
    }
    known
}
