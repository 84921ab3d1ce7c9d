//! The private store as its users meet it, on memory and on a directory.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, FixedSizeBinaryArray, RecordBatch, StringArray};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use vt_domain::PeriodKind;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{DeliveryHeader, DeliveryId, DeliveryKind};
use vt_domain::register::Register;
use vt_vault::{
    DeliveryRecord, DeliverySummary, ReservationKey, Reserved, StoreKey, StoreKeys, Vault, VaultError, Verdict,
    registration_schema,
};

/// On memory and on a directory, each plain and encrypted.
fn stores() -> (tempfile::TempDir, Vec<Vault>) {
    let directory = tempfile::tempdir().unwrap();
    let folder = |name: &str| -> Arc<dyn ObjectStore> {
        let path = directory.path().join(name);
        std::fs::create_dir(&path).unwrap();
        Arc::new(LocalFileSystem::new_with_prefix(path).unwrap())
    };
    let memory = || -> Arc<dyn ObjectStore> { Arc::new(InMemory::new()) };
    let keys = || StoreKeys::new(StoreKey::generate(), Vec::new()).unwrap();
    let (plain, sealed) = (folder("plain"), folder("sealed"));
    let vaults =
        vec![Vault::new(memory()), Vault::new(plain), Vault::sealed(memory(), keys()), Vault::sealed(sealed, keys())];
    (directory, vaults)
}

/// The same store, seen by who does not refuse what is not encrypted.
fn lenient(vault: &Vault) -> Vault {
    match vault.keys() {
        Some(keys) => Vault::sealed(Arc::clone(vault.store()), keys.clone().accepting_plain(true)),
        None => vault.clone(),
    }
}

fn id(nr: u32) -> DeliveryId {
    DeliveryId { vt: "VT07".into(), maand: "2020-07".parse().unwrap(), nr }
}

fn record(nr: u32, verdict: Verdict) -> DeliveryRecord {
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
        verdict,
        bestanden: Vec::new(),
        kenmerk: "00ff".into(),
        beoordeeld_op: "2020-08-06T06:00:00Z".parse().unwrap(),
        bevindingen: Vec::new(),
        samenvatting: (verdict == Verdict::Geaccepteerd).then(DeliverySummary::default),
    }
}

#[tokio::test]
async fn a_delivery_exists_exactly_when_its_verdict_does() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        assert_eq!(vault.delivery(&id(1)).await.unwrap(), None);
        assert!(vault.commit_delivery(&record(1, Verdict::Geaccepteerd)).await.unwrap());
        assert!(
            !vault.commit_delivery(&record(1, Verdict::Geaccepteerd)).await.unwrap(),
            "a repetition changes nothing"
        );
        let conflict = vault.commit_delivery(&record(1, Verdict::Afgekeurd)).await.unwrap_err();
        assert!(matches!(conflict, VaultError::Conflict { .. }), "{conflict}");
        assert_eq!(vault.delivery(&id(1)).await.unwrap().unwrap(), record(1, Verdict::Geaccepteerd));
    }
}

#[tokio::test]
async fn verdicts_are_listed_in_order_of_number() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        for nr in [10, 2, 1] {
            vault.commit_delivery(&record(nr, Verdict::Geaccepteerd)).await.unwrap();
        }
        let listed = vault.deliveries(Some("VT07")).await.unwrap();
        assert_eq!(listed.iter().map(|r| r.kop.levering_nr).collect::<Vec<_>>(), [1, 2, 10]);
        assert_eq!(vault.deliveries(None).await.unwrap().len(), 3);
        assert_eq!(vault.deliveries(Some("VT08")).await.unwrap().len(), 0);
        assert_eq!(vault.deliveries_of_month("VT07", "2020-07".parse().unwrap()).await.unwrap().len(), 3);
        assert_eq!(vault.deliveries_of_month("VT07", "2020-08".parse().unwrap()).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn a_damaged_verdict_is_named_without_its_content() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        let path = Path::from("deliveries/VT07/2020-07/1.json");
        vault.store().put(&path, Bytes::from_static(b"{\"kop\": \"GEHEIM\"}").into()).await.unwrap();
        let error = lenient(&vault).delivery(&id(1)).await.unwrap_err();
        assert!(error.to_string().contains("deliveries/VT07/2020-07/1.json"), "{error}");
        assert!(!format!("{error} {error:?}").contains("GEHEIM"));
    }
}

#[tokio::test]
async fn quarantined_bytes_are_kept_or_leave_no_trace() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        let mut writer = vault.quarantine(&id(1), "advies.csv").await.unwrap();
        writer.write(Bytes::from_static(b"een;")).await.unwrap();
        writer.write(Bytes::from_static(b"twee")).await.unwrap();
        let (bytes, digest) = writer.finish().await.unwrap();
        assert_eq!(bytes, 8);
        assert_eq!(digest, "54ac292dfc6d3c5426a918d0faabb2e4d6dd280bfeb97e0b4b6a3446a04b0246");
        assert_eq!(vault.quarantine_len().await.unwrap(), 1);
        vault.keep_raw(&id(1), &["advies.csv".into()]).await.unwrap();
        vault.keep_raw(&id(1), &["advies.csv".into()]).await.unwrap();
        assert_eq!(vault.quarantine_len().await.unwrap(), 0);
        let kept: Vec<Bytes> = vault.raw(&id(1), "advies.csv").await.unwrap().try_collect().await.unwrap();
        assert_eq!(kept.concat(), b"een;twee");

        let mut writer = vault.quarantine(&id(2), "advies.csv").await.unwrap();
        writer.write(Bytes::from_static(b"half")).await.unwrap();
        writer.abort().await.unwrap();
        assert_eq!(vault.quarantine_len().await.unwrap(), 0);
        assert!(vault.keep_raw(&id(2), &["advies.csv".into()]).await.is_err(), "what never came can't be kept");
    }
}

/// Reserves in the next turn.
async fn reserve(vault: &Vault, key: ReservationKey, text: &'static str) -> Reserved {
    let turn = vault.next_turn(key.period.iso_year()).await.unwrap();
    vault.reserve(turn, key, text.into()).await.unwrap()
}

fn key(period: &str, issue: u32) -> ReservationKey {
    ReservationKey { period: period.parse().unwrap(), issue }
}

#[tokio::test]
async fn the_first_reservation_stands() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        assert_eq!(reserve(&vault, key("2020W407", 1), "a").await, Reserved::Created);
        assert_eq!(reserve(&vault, key("2020W407", 1), "b").await, Reserved::Held("a".into()));
        reserve(&vault, key("2020W406", 10), "c").await;
        reserve(&vault, key("2020W406", 2), "c").await;
        let names = [key("2020W406", 2), key("2020W406", 10), key("2020W407", 1)];
        assert_eq!(vault.reservations(PeriodKind::FourWeeks).await.unwrap(), names);
        assert_eq!(vault.reservations(PeriodKind::Week).await.unwrap(), []);
    }
}

#[tokio::test]
async fn of_two_that_looked_at_once_one_reserves_and_the_other_looks_again() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        let (one, other) = (vault.next_turn(2020).await.unwrap(), vault.next_turn(2020).await.unwrap());
        let elsewhere = vault.next_turn(2021).await.unwrap();
        assert_eq!(vault.reserve(one, key("2020W407", 1), "a".into()).await.unwrap(), Reserved::Created);
        assert_eq!(vault.reserve(other, key("2020W408", 1), "b".into()).await.unwrap(), Reserved::Crossed);
        assert_eq!(vault.reservation(key("2020W408", 1)).await.unwrap(), None);
        assert_eq!(vault.reserve(elsewhere, key("2021W401", 1), "c".into()).await.unwrap(), Reserved::Created);
        assert_eq!(reserve(&vault, key("2020W408", 1), "b").await, Reserved::Created);
    }
}

#[tokio::test]
async fn something_else_among_the_reservations_is_an_error() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        let stray = Path::from("memory/four_weeks/2020W407/notes.txt");
        vault.store().put(&stray, Bytes::from_static(b"x").into()).await.unwrap();
        let error = vault.reservations(PeriodKind::FourWeeks).await.unwrap_err();
        assert!(error.to_string().contains("notes.txt"), "{error}");
    }
}

#[tokio::test]
async fn registrations_are_parquet_of_the_stated_schema() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        let schema = registration_schema(RecordType::Vervolgdienst);
        let ids = |byte: u8| -> ArrayRef {
            Arc::new(FixedSizeBinaryArray::try_from_iter([[byte; 16], [byte + 1; 16]].iter()).unwrap())
        };
        let soort: ArrayRef = Arc::new(StringArray::from(vec!["onderzoek", "monitor"]));
        let eind: ArrayRef = Arc::new(Date32Array::from(vec![Some(18_000), None]));
        let batch = RecordBatch::try_new(schema, vec![ids(1), ids(7), soort, eind]).unwrap();
        let mut writer = vault.registrations(&id(1), RecordType::Vervolgdienst).unwrap();
        writer.write(&batch).await.unwrap();
        assert_eq!(writer.finish().await.unwrap(), 2);
        let path = vault.registration_path(&id(1), RecordType::Vervolgdienst);
        assert_eq!(path.as_ref(), "registrations/vervolgdienst/VT07/2020-07/1.parquet");
        let read = vault.read_registrations(&path, |file| file.reader().build()?.map(|batch| Ok(batch?)).collect());
        let read: Vec<RecordBatch> = read.await.unwrap();
        assert_eq!(read, [batch]);
    }
}

#[test]
fn no_registration_holds_persons_or_plain_ids() {
    for record in RecordType::ALL {
        for field in registration_schema(record).fields() {
            let hashed = matches!(field.data_type(), arrow::datatypes::DataType::FixedSizeBinary(16));
            assert_eq!(hashed, matches!(field.name().as_str(), "id" | "melding"), "{record}.{}", field.name());
            assert!(!field.name().starts_with("n_") && field.name() != "casus_id", "{record}.{}", field.name());
        }
    }
}

#[tokio::test]
async fn a_mark_of_a_void_reservation_is_no_reservation() {
    let (_directory, vaults) = stores();
    let key = |issue| key("2020W407", issue);
    for vault in vaults {
        reserve(&vault, key(1), "a").await;
        reserve(&vault, key(2), "b").await;
        assert_eq!(vault.void_mark(key(1)).await.unwrap(), None);
        assert!(vault.mark_void(key(1), Bytes::from_static(b"why")).await.unwrap());
        assert!(!vault.mark_void(key(1), Bytes::from_static(b"another why")).await.unwrap(), "the first mark stays");
        assert_eq!(vault.void_mark(key(1)).await.unwrap().unwrap(), "why");
        assert_eq!(vault.reservations(PeriodKind::FourWeeks).await.unwrap(), [key(1), key(2)]);
        assert_eq!(vault.voids(PeriodKind::FourWeeks).await.unwrap(), [key(1)]);
        assert!(vault.voids(PeriodKind::Week).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_register_is_kept_under_its_version_and_read_back() {
    let (_directory, vaults) = stores();
    let register = Register::builtin();
    for vault in vaults {
        assert!(vault.register(register.version()).await.unwrap().is_none());
        assert!(vault.keep_register(register).await.unwrap());
        let mut source = register.source().clone();
        source.inwoners.push_str("# a comment is no part of the version\n");
        let commented = Register::from_source(&source).unwrap();
        assert!(!vault.keep_register(&commented).await.unwrap(), "the same data are kept once");
        let read = vault.register(register.version()).await.unwrap().unwrap();
        assert_eq!((read.version(), read.source()), (register.version(), register.source()));
        let path = Path::from(format!("registers/{}.json", register.version()));
        vault.store().put(&path, Bytes::from_static(b"{}").into()).await.unwrap();
        let vault = lenient(&vault);
        assert!(matches!(vault.register(register.version()).await, Err(VaultError::Damaged { .. })));
        assert!(vault.keep_register(register).await.is_err(), "something else stands there");
    }
}
