//! Made-up registrations in the real geography, protected and reserved; cached, as protecting takes longer than a test should.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use chrono::NaiveDate;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use vt_disclosure::{BlockKind, BlockSpec, CellTable, Key, Past, Policy, protect};
use vt_domain::codes::CodeLists;
use vt_domain::register::Register;
use vt_domain::{Month, Period};

use crate::cells::{geography, layout_over, tables};
use crate::draft::SnapshotDraft;
use crate::gate::{Input, RegionCoverage};
use crate::indicators::{Bases, find_bases, load_bases};
use crate::publish::{PublishedSnapshot, publish};
use crate::render::render;
use crate::reservation::{FORMAAT, Reservation, SnapshotPolicy};

/// What a made-up period looks like.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Case {
    pub period: &'static str,
    /// As-of date.
    pub peildatum: &'static str,
    /// Regions without any delivery.
    pub absent: &'static [&'static str],
    /// Regions of which the last month is delivered until its tenth day.
    pub partial: &'static [&'static str],
    /// Of the records of a VT that lies in several VRs, this percentage has no known VR.
    pub unknown_percent: u32,
    /// Counts are this percentage of the usual.
    pub size_percent: u32,
}

/// An ordinary, complete period.
pub(crate) const fn case(period: &'static str) -> Case {
    Case { period, peildatum: "2026-01-15", absent: &[], partial: &[], unknown_percent: 1, size_percent: 100 }
}

/// A small generator of numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, below: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % u64::from(below.max(1))) as u32
    }
}

/// The reservation of a case; the same every time.
pub(crate) fn reservation(case: &Case) -> Reservation {
    static CACHE: OnceLock<Mutex<BTreeMap<Case, Arc<OnceLock<Reservation>>>>> = OnceLock::new();
    let cell = {
        let mut cache = CACHE.get_or_init(Mutex::default).lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        Arc::clone(cache.entry(case.clone()).or_default())
    };
    cell.get_or_init(|| make(case)).clone()
}

fn make(case: &Case) -> Reservation {
    let (register, codes) = (Register::builtin(), CodeLists::builtin());
    let period: Period = case.period.parse().unwrap();
    let layout = layout_over(register, period);
    let incomplete = case.absent.iter().chain(case.partial).copied().collect();
    let geography = geography(&layout, &incomplete);
    let mut dice = Dice(period.begin().to_string().bytes().fold(7, |seed, byte| seed * 31 + u64::from(byte)));
    let totals: BTreeMap<&str, Vec<u32>> = vt_domain::measure::Maat::ALL
        .iter()
        .map(|maat| {
            let size = if maat.dimensies().is_empty() { 20 } else { 400 } * period.days() * case.size_percent / 2_800;
            let counts =
                layout.atoms.iter().map(|atom| match (case.absent.contains(&atom.vt.as_str()), atom.vr.as_str()) {
                    (true, _) => 0,
                    (false, "VR00") => size * case.unknown_percent / 100,
                    (false, "VR23") if atom.vt == "VT06" => size / 40,
                    _ => size / 2 + dice.below(size),
                });
            (maat.code(), counts.collect())
        })
        .collect();
    let blocks = tables(period, codes).into_iter().map(|(maat, _, spec)| {
        let counts = totals[maat.code()].iter().map(|&total| spread(&spec, total, &mut dice)).collect();
        (spec, counts)
    });
    let cells = CellTable::new(case.period, geography, blocks.collect()).unwrap();
    let key = Key::from_bytes([7; 32]);
    let protection = protect(cells, &Past::first(), &key, &Policy::default()).unwrap();
    Reservation {
        formaat: FORMAAT,
        cadans: period.kind(),
        periode: period,
        uitgave: 1,
        gepubliceerd_op: "2021-03-01T06:00:00Z".parse().unwrap(),
        peildatum: case.peildatum.parse().unwrap(),
        invoer: vec![Input {
            regio: "VT07".into(),
            maand: Month::of(period.begin()),
            levering_nr: 1,
            kenmerk: "00ff".into(),
        }],
        invoer_eerder: Vec::new(),
        invoer_digest: "aa".into(),
        register: register.version().to_owned(),
        beleid: SnapshotPolicy::default(),
        software: "vt-monitor 0.1.0".into(),
        dekking: coverage(case, period, register),
        vergelijking: Vec::new(),
        vorige: None,
        geheugen: protection.record,
        bewijs: protection.audit,
        sleutel_kenmerk: key.fingerprint(),
    }
}

/// One row of counts that records can have: each record gets one category, and in a multi-valued table often a second.
fn spread(spec: &BlockSpec, total: u32, dice: &mut Dice) -> Vec<u32> {
    if spec.kind == BlockKind::Total {
        return vec![total];
    }
    let mut row = vec![0; spec.categories.len()];
    let usable: Vec<usize> = (0..row.len()).filter(|&place| !spec.categories[place].structural_zero).collect();
    let draw = |dice: &mut Dice| {
        // The first categories are the common ones.
        let place = dice.below(usable.len() as u32).min(dice.below(usable.len() as u32));
        usable[place as usize]
    };
    for _ in 0..total {
        let first = draw(dice);
        row[first] += 1;
        if spec.kind == BlockKind::Multi && !spec.categories[first].exclusive {
            let second = draw(dice);
            if second != first && !spec.categories[second].exclusive {
                row[second] += 1;
            }
        }
    }
    row
}

fn coverage(case: &Case, period: Period, register: &Register) -> Vec<RegionCoverage> {
    let last = Month::of(period.last_day());
    let regions = register.vt_regions(period.last_day()).into_iter().map(|region| {
        let code = region.code.as_str();
        let covered = |day: &NaiveDate| match (case.absent.contains(&code), case.partial.contains(&code)) {
            (true, _) => false,
            (false, true) => Month::of(*day) != last || *day < last.first_day() + chrono::Days::new(10),
            (false, false) => true,
        };
        RegionCoverage {
            vt: code.to_owned(),
            dagen: period.days(),
            dagen_gedekt: u32::try_from(period.each_day().filter(covered).count()).unwrap(),
            ontbreekt: if case.absent.contains(&code) { period.months().collect() } else { Vec::new() },
            onvolledig: if case.partial.contains(&code) { vec![last] } else { Vec::new() },
            tussentijds: if case.partial.contains(&code) { vec![last] } else { Vec::new() },
        }
    });
    regions.collect()
}

/// The draft of a reservation without anything to compare with.
pub(crate) fn draft(case: &Case) -> SnapshotDraft {
    render(&reservation(case), Register::builtin(), CodeLists::builtin(), &Bases::default()).unwrap()
}

/// The draft of a case beside what the store holds.
pub(crate) async fn draft_in(store: &dyn ObjectStore, case: &Case) -> SnapshotDraft {
    let mut reservation = reservation(case);
    reservation.vergelijking = find_bases(store, reservation.periode).await.unwrap();
    let bases = load_bases(store, &reservation).await.unwrap();
    render(&reservation, Register::builtin(), CodeLists::builtin(), &bases).unwrap()
}

/// Publishes a case beside what the store holds.
pub(crate) async fn publish_in(store: &dyn ObjectStore, case: &Case) -> PublishedSnapshot {
    let draft = draft_in(store, case).await;
    publish(store, &draft, &()).await.unwrap()
}

/// A store with 2019W407, 2020W406 and 2020W407, the last compared with both others; VT12 is absent from 2020W406.
pub(crate) async fn store_of_three() -> Arc<InMemory> {
    static BYTES: OnceLock<Vec<(String, bytes::Bytes)>> = OnceLock::new();
    let store = Arc::new(InMemory::new());
    if BYTES.get().is_none() {
        publish_in(store.as_ref(), &case("2019W407")).await;
        publish_in(store.as_ref(), &Case { absent: &["VT12"], ..case("2020W406") }).await;
        publish_in(store.as_ref(), &case("2020W407")).await;
        let mut all = Vec::new();
        for (path, _) in super::store::list(store.as_ref(), "").await.unwrap() {
            let bytes = super::store::read(store.as_ref(), &path).await.unwrap().unwrap();
            all.push((path, bytes));
        }
        let _ = BYTES.set(all);
        return store;
    }
    for (path, bytes) in BYTES.get().into_iter().flatten() {
        write(store.as_ref(), path, bytes.clone()).await;
    }
    store
}

/// Puts an object, over what is there.
pub(crate) async fn write(store: &dyn ObjectStore, path: &str, bytes: bytes::Bytes) {
    use object_store::ObjectStoreExt;
    store.put(&path.into(), bytes.into()).await.unwrap();
}
