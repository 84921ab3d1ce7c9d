//! A private store with one of everything, and with strings in it that are found again by whoever can read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, FixedSizeBinaryArray, RecordBatch, StringArray};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::json;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{DeliveryHeader, DeliveryId, DeliveryKind};
use vt_vault::{
    DeliveryRecord, DeliverySummary, FileDigest, Kept, RecordCount, Removal, ReservationKey, StoreKey, StoreKeys,
    Vault, Verdict,
};

/// A gemeente, as it stands in raw files and registrations.
pub const GM_CODE: &str = "GM0402";
/// A hashed id.
pub const HASHED: [u8; 16] = *b"\xfe\xdc\x10\x32\x54\x76\x98\xba\xf0\xe1\xd2\xc3\xb4\xa5\x96\x87";
/// True counts, of a verdict and of a reservation.
pub const COUNTS: [u64; 2] = [7_654_321, 9_182_736];
/// What else stands there and in no path.
pub const WORDS: [&str; 9] = [
    "behouden",
    "samenvatting",
    "vulling",
    "ontvangstdatum",
    "gm_code",
    "true_counts",
    "intrekking",
    "raw_months",
    "buitengewoon",
];

/// What whoever can read the store finds in it.
pub fn planted() -> Vec<Vec<u8>> {
    let mut planted = vec![GM_CODE.as_bytes().to_vec(), HASHED.to_vec()];
    planted.extend(COUNTS.map(|count| count.to_string().into_bytes()));
    planted.extend(WORDS.map(|word| word.as_bytes().to_vec()));
    planted
}

pub fn memory() -> Arc<dyn ObjectStore> {
    Arc::new(InMemory::new())
}

/// Keys of which the first seals.
pub fn keys(keys: &[&StoreKey]) -> StoreKeys {
    let (current, previous) = keys.split_first().unwrap();
    StoreKeys::new((*current).clone(), previous.iter().map(|key| (*key).clone()).collect()).unwrap()
}

pub fn id(nr: u32) -> DeliveryId {
    DeliveryId { vt: "VT07".into(), maand: "2020-07".parse().unwrap(), nr }
}

pub fn verdict(nr: u32) -> DeliveryRecord {
    let counted = RecordCount { gelezen: COUNTS[0], behouden: COUNTS[0], geweigerd: 0 };
    let samenvatting =
        DeliverySummary { records: BTreeMap::from([(RecordType::Melding, counted)]), ..DeliverySummary::default() };
    DeliveryRecord {
        formaat: 1,
        kop: DeliveryHeader {
            protocol_versie: "1".into(),
            vt_code: "VT07".into(),
            leveringsmaand: "2020-07".parse().unwrap(),
            levering_nr: nr,
            soort: DeliveryKind::Volledig,
            tot_en_met: "2020-07-31".parse().unwrap(),
            aangemaakt_op: "2020-08-05T08:00:00Z".parse().unwrap(),
            bronsysteem: "Regas".into(),
        },
        verdict: Verdict::Geaccepteerd,
        bestanden: vec![FileDigest {
            recordsoort: RecordType::Melding,
            naam: "melding.csv".into(),
            bytes: 1,
            sha256: "00".into(),
            records: COUNTS[0],
        }],
        kenmerk: "00ff".into(),
        beoordeeld_op: "2020-08-06T06:00:00Z".parse().unwrap(),
        bevindingen: Vec::new(),
        samenvatting: Some(samenvatting),
    }
}

/// A raw file of several pieces of 64 KiB.
pub fn raw() -> Vec<u8> {
    let mut raw = b"melding_id;ontvangstdatum;gm_code\n".to_vec();
    for n in 0..3_600 {
        raw.extend_from_slice(format!("M{n};2020-07-03;{GM_CODE}\n").as_bytes());
    }
    raw
}

/// Registrations of meldingen: `rows` of them.
pub fn meldingen(rows: usize) -> RecordBatch {
    let text = |value: &'static str| -> ArrayRef { Arc::new(StringArray::from_iter_values((0..rows).map(|_| value))) };
    let ids = (0..rows).map(|row| {
        let mut id = HASHED;
        id[8..].iter_mut().zip((row as u64).to_be_bytes()).for_each(|(byte, n)| *byte ^= n);
        id
    });
    let columns: Vec<ArrayRef> = vec![
        Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids.map(Some), 16).unwrap()),
        Arc::new(Date32Array::from_iter_values((0..rows).map(|row| 18_444 + i32::try_from(row % 31).unwrap()))),
        text("politie"),
        text("partnergeweld"),
        text("lichamelijk"),
        text("onbekend"),
        text("acuut"),
        text("nee"),
        text("overdracht"),
        text(GM_CODE),
    ];
    RecordBatch::try_new(vt_vault::registration_schema(RecordType::Melding), columns).unwrap()
}

pub async fn write_meldingen(vault: &Vault, id: &DeliveryId, rows: usize) {
    let mut writer = vault.registrations(id, RecordType::Melding).unwrap();
    writer.write(&meldingen(rows)).await.unwrap();
    assert_eq!(writer.finish().await.unwrap(), rows as u64);
}

pub async fn write_quarantined(vault: &Vault, id: &DeliveryId, bytes: &[u8]) {
    let mut writer = vault.quarantine(id, "melding.csv").await.unwrap();
    for piece in bytes.chunks(50_000) {
        writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    assert_eq!(writer.finish().await.unwrap().0, bytes.len() as u64);
}

pub fn reservation_key() -> ReservationKey {
    ReservationKey { period: "2020W407".parse().unwrap(), issue: 1 }
}

fn json_bytes(value: &serde_json::Value) -> Bytes {
    serde_json::to_vec(value).unwrap().into()
}

/// Puts one of everything into a store.
pub async fn fill(vault: &Vault) {
    for nr in [1, 2] {
        write_quarantined(vault, &id(nr), &raw()).await;
        write_meldingen(vault, &id(nr), 40).await;
        vault.write_report(&id(nr), "spiegelrapport", &json!({ "vulling": COUNTS[0] })).await.unwrap();
        vault.keep_raw(&id(nr), &["melding.csv".into()]).await.unwrap();
        assert!(vault.commit_delivery(&verdict(nr)).await.unwrap());
    }
    write_quarantined(vault, &id(3), b"ontvangstdatum").await;
    write_quarantined(&vault.staging("upload-here"), &id(4), b"ontvangstdatum").await;
    let counts = json_bytes(&json!({ "true_counts": [COUNTS[1]] }));
    let turn = vault.next_turn(reservation_key().period.iso_year()).await.unwrap();
    vault.reserve(turn, reservation_key(), counts.clone()).await.unwrap();
    assert!(vault.mark_void(reservation_key(), json_bytes(&json!({ "why": "buitengewoon" }))).await.unwrap());
    let earlier = ReservationKey { period: "2015W407".parse().unwrap(), issue: 1 };
    vault.remove_reservation(earlier, counts).await.unwrap();
    assert!(vault.keep_erratum(1, json_bytes(&json!({ "soort": "intrekking" }))).await.unwrap());
    let at = "2020-09-01T06:00:00Z".parse().unwrap();
    let removal = Removal::new(at, "raw_months = 13".into(), "vt-monitor test".into());
    let old = DeliveryId { maand: "2018-07".parse().unwrap(), ..id(1) };
    vault.remove_kept(Kept::Raw, &old, &removal).await.unwrap();
    let first = vt_vault::KeyEntry::first("00000000000000a1", at, "vt-monitor test");
    assert!(vault.append_key(&first).await.unwrap());
    vault.note_published("00ff").await.unwrap();
    if let Some(keys) = vault.keys() {
        let history = vault.encryption_history().await.unwrap();
        assert!(vault.append_encryption(&history.next(keys.current(), "first", at, "test")).await.unwrap());
    }
}

/// The bytes of all objects, as they stand in a store.
pub async fn stored(store: &Arc<dyn ObjectStore>) -> BTreeMap<Path, Bytes> {
    let listed: Vec<_> = store.list(None).map_ok(|meta| meta.location).try_collect().await.unwrap();
    let mut found = BTreeMap::new();
    for path in listed {
        let bytes = store.get(&path).await.unwrap().bytes().await.unwrap();
        found.insert(path, bytes);
    }
    found
}

/// What the vault gives of everything that `fill` put there; an error names what does not open.
pub async fn content(vault: &Vault) -> Result<Vec<String>, vt_vault::VaultError> {
    let mut content = Vec::new();
    let bytes = |bytes: Option<Bytes>| bytes.map(|bytes| hex::encode(&bytes[..bytes.len().min(4_096)]));
    for nr in [1, 2] {
        let raw: Vec<Bytes> = vault.raw(&id(nr), "melding.csv").await?.try_collect().await?;
        content.push(format!("{:?}", raw.concat() == self::raw()));
        let path = vault.registration_path(&id(nr), RecordType::Melding);
        let rows: Vec<RecordBatch> =
            vault.read_registrations(&path, |file| file.reader().build()?.map(|batch| Ok(batch?)).collect()).await?;
        content.push(format!("{:?}", rows == [meldingen(40)]));
        content.push(format!("{:?}", vault.delivery(&id(nr)).await?));
        content.push(format!("{:?}", bytes(vault.report(&id(nr), "spiegelrapport").await?)));
    }
    let waiting: Vec<Bytes> = vault.quarantined(&id(3), "melding.csv").await?.try_collect().await?;
    let staged: Vec<Bytes> =
        vault.staging("upload-here").quarantined(&id(4), "melding.csv").await?.try_collect().await?;
    content.push(format!("{:?} {:?}", waiting.concat(), staged.concat()));
    content.push(format!("{:?}", bytes(vault.reservation(reservation_key()).await?)));
    content.push(format!("{:?}", vault.next_turn(reservation_key().period.iso_year()).await?));
    content.push(format!("{:?}", bytes(vault.void_mark(reservation_key()).await?)));
    let earlier = ReservationKey { period: "2015W407".parse().unwrap(), issue: 1 };
    content.push(format!("{:?}", bytes(vault.removed_reservation(earlier).await?)));
    content.push(format!("{:?}", vault.errata().await?));
    let old = DeliveryId { maand: "2018-07".parse().unwrap(), ..id(1) };
    content.push(format!("{:?}", vault.removal(Kept::Raw, &old).await?));
    content.push(format!("{:?}", vault.key_history().await?));
    content.push(format!("{:?}", vault.published_mark().await?));
    Ok(content)
}
