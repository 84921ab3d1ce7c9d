//! Made-up registrations in the real geography, protected and reserved; cached, as protecting takes longer than a test should.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};

use chrono::{DateTime, NaiveDate, Utc};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use vt_disclosure::{BlockKind, BlockSpec, CellTable, Key, Past, Policy, Protection, protect};
use vt_domain::codes::CodeLists;
use vt_domain::register::Register;
use vt_domain::snapshot::Issue;
use vt_domain::{Month, Period};
use vt_vault::{ReservationKey, Vault};

use crate::cells::{geography, layout_over, tables};
use crate::draft::SnapshotDraft;
use crate::error::PublicationError;
use crate::gate::{Input, PeriodInput, RegionCoverage};
use crate::history::{History, Way};
use crate::indicators::{BaseCache, Bases, find_bases, load_bases};
use crate::longer::{Sources, sum_parts};
use crate::publish::{PublishedSnapshot, publish, rebuild_pages};
use crate::render::render;
use crate::reservation::{FORMAAT, Previous, Reservation, SnapshotPolicy, Standing, reserve};
use crate::sign::Signer;

/// The program that made the reservations.
pub(crate) const SOFTWARE: &str = "vt-monitor 0.1.0";

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
    /// A later delivery of VT07 has so many records more.
    pub more: u32,
}

/// An ordinary, complete period.
pub(crate) const fn case(period: &'static str) -> Case {
    Case { period, peildatum: "2026-01-15", absent: &[], partial: &[], unknown_percent: 1, size_percent: 100, more: 0 }
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
    let key = key();
    let protection = protect(cells(case), &Past::first(), &key, &Policy::default()).unwrap();
    of(case, &Sources::from(&input(case)), protection)
}

pub(crate) fn key() -> Key {
    Key::from_bytes([7; 32])
}

/// Who signs.
pub(crate) fn signer() -> Signer {
    Signer::from_seed(&[8; 32], [])
}

/// The cells of a case; the same every time.
pub(crate) fn cells(case: &Case) -> CellTable {
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
    let corrected = layout.atoms.iter().position(|atom| atom.vt == "VT07").unwrap();
    let blocks = tables(period, codes).into_iter().map(|(maat, _, spec)| {
        let mut counts: Vec<Vec<u32>> =
            totals[maat.code()].iter().map(|&total| spread(&spec, total, &mut dice)).collect();
        let place = spec.categories.iter().position(|category| !category.structural_zero && !category.exclusive);
        counts[corrected][place.unwrap()] += case.more;
        (spec, counts)
    });
    CellTable::new(case.period, geography, blocks.collect()).unwrap()
}

/// What a case is made from: VT07's delivery of its first month, another one where it has more records.
pub(crate) fn input(case: &Case) -> PeriodInput {
    let period: Period = case.period.parse().unwrap();
    let maand = Month::of(period.begin());
    let input = Input { regio: "VT07".into(), maand, levering_nr: 1 + case.more, kenmerk: "00ff".into() };
    PeriodInput {
        period,
        peildatum: case.peildatum.parse().unwrap(),
        counting: BTreeMap::from([(("VT07".to_owned(), maand), input)]),
        earlier: BTreeMap::new(),
        coverage: coverage(case, period, Register::builtin()),
        digest: format!("aa{}", case.more),
    }
}

/// The reservation of a case's protected values.
fn of(case: &Case, sources: &Sources, protection: Protection) -> Reservation {
    let period: Period = case.period.parse().unwrap();
    Reservation {
        formaat: FORMAAT,
        cadans: period.kind(),
        periode: period,
        uitgave: protection.record.issue(),
        gepubliceerd_op: "2021-03-01T06:00:00Z".parse().unwrap(),
        peildatum: sources.peildatum,
        invoer: sources.invoer.clone(),
        invoer_eerder: sources.invoer_eerder.clone(),
        invoer_digest: sources.digest.clone(),
        register: Register::builtin().version().to_owned(),
        codelijsten: CodeLists::builtin().version().to_owned(),
        beleid: SnapshotPolicy::default(),
        software: SOFTWARE.into(),
        dekking: sources.dekking.clone(),
        vergelijking: Vec::new(),
        vorige: None,
        leeg: sources.leeg.clone(),
        sleutel_kenmerk: protection.record.key_fingerprint().to_owned(),
        geheugen: protection.record,
        bewijs: protection.audit,
    }
}

/// The next issue of a case beside what was reserved, rounded or summed; not yet reserved, and without what it is compared with.
pub(crate) fn next(history: &History, case: &Case) -> Result<Reservation, PublicationError> {
    let period: Period = case.period.parse().unwrap();
    let issue = history.next_issue(period);
    let mut made = match history.way(period)? {
        Way::Rounded => {
            let (cells, input) = (cells(case), input(case));
            let atoms: Vec<String> =
                layout_over(Register::builtin(), period).atoms.iter().map(|atom| atom.code.to_string()).collect();
            let past = history.past(&input, issue, &atoms, SOFTWARE, &Policy::default())?;
            of(case, &Sources::from(&input), protect(cells, &past, &key(), &Policy::default()).unwrap())
        }
        Way::Summed(parts) => of(case, &Sources::of_parts(period, &parts)?, sum_parts(period, issue, &parts)?),
    };
    let before = (1..issue).rev().find(|&issue| !history.is_void(ReservationKey { period, issue }));
    made.vorige = before.map(|uitgave| {
        let pad = Issue { periode: period, uitgave }.manifest();
        Previous { pad, sha256: "00".repeat(32) }
    });
    Ok(made)
}

/// Reserves the next issue of a case.
pub(crate) async fn reserve_next(vault: &Vault, history: &mut History, case: &Case) -> Reservation {
    let made = next(history, case).unwrap();
    let standing = reserve(vault, made, Register::builtin()).await.unwrap();
    assert!(matches!(standing, Standing::Created(_)));
    let reservation = standing.into_reservation();
    history.remember(reservation.clone());
    reservation
}

/// Reserves and publishes the next issue of a case, compared with what the store holds.
pub(crate) async fn publish_next(
    vault: &Vault,
    store: &dyn ObjectStore,
    history: &mut History,
    case: &Case,
) -> PublishedSnapshot {
    publish_next_at(vault, store, history, case, "2021-03-01T06:00:00Z".parse().unwrap()).await
}

/// The same at an instant.
pub(crate) async fn publish_next_at(
    vault: &Vault,
    store: &dyn ObjectStore,
    history: &mut History,
    case: &Case,
    at: DateTime<Utc>,
) -> PublishedSnapshot {
    let mut made = next(history, case).unwrap();
    made.gepubliceerd_op = at;
    made.vergelijking = find_bases(store, made.periode).await.unwrap();
    if let Some(previous) = &mut made.vorige {
        previous.sha256 = super::store::sha256(&super::store::read(store, &previous.pad).await.unwrap().unwrap());
    }
    let reservation = reserve(vault, made, Register::builtin()).await.unwrap().into_reservation();
    history.remember(reservation.clone());
    let bases = load_bases(store, &reservation, &BaseCache::default()).await.unwrap();
    let draft = render(&reservation, Register::builtin(), CodeLists::builtin(), &bases).unwrap();
    let published = publish(store, &draft, &signer(), &()).await.unwrap();
    rebuild_pages(store).await.unwrap();
    published
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
    let codes: BTreeSet<&str> =
        period.each_day().flat_map(|day| register.vt_regions(day)).map(|region| region.code.as_str()).collect();
    let regions = codes.into_iter().map(|code| {
        let in_force = |day: &NaiveDate| register.vt_regions(*day).iter().any(|region| region.code == code);
        let days: Vec<NaiveDate> = period.each_day().filter(in_force).collect();
        let covered = |day: &NaiveDate| match (case.absent.contains(&code), case.partial.contains(&code)) {
            (true, _) => false,
            (false, true) => Month::of(*day) != last || *day < last.first_day() + chrono::Days::new(10),
            (false, false) => true,
        };
        RegionCoverage {
            vt: code.to_owned(),
            dagen: u32::try_from(days.len()).unwrap(),
            dagen_gedekt: u32::try_from(days.iter().filter(|day| covered(day)).count()).unwrap(),
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
    let bases = load_bases(store, &reservation, &BaseCache::default()).await.unwrap();
    render(&reservation, Register::builtin(), CodeLists::builtin(), &bases).unwrap()
}

/// Publishes a case beside what the store holds.
pub(crate) async fn publish_in(store: &dyn ObjectStore, case: &Case) -> PublishedSnapshot {
    let draft = draft_in(store, case).await;
    let published = publish(store, &draft, &signer(), &()).await.unwrap();
    rebuild_pages(store).await.unwrap();
    published
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
