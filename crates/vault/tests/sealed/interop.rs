//! Other programs open what is sealed here, given the key: `age` raw deliveries, any reader of Parquet registrations.

use std::path::Path as FilePath;
use std::process::Command;
use std::sync::{Arc, Mutex};

use object_store::ObjectStoreExt;
use object_store::path::Path;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::encryption::decrypt::{FileDecryptionProperties, KeyRetriever};
use parquet::errors::ParquetError;
use vt_domain::contract::RecordType;
use vt_vault::{StoreKey, Vault};

use crate::content::{fill, id, keys, meldingen, memory, raw};

/// `age -d -i KEY FILE`, the program of Debian's package `age`.
fn age(folder: &FilePath, key: &StoreKey, sealed: &[u8]) -> Vec<u8> {
    let (identity, file) = (folder.join("key"), folder.join("sealed"));
    std::fs::write(&identity, key.secret_text()).unwrap();
    std::fs::write(&file, sealed).unwrap();
    let output = Command::new("age").arg("-d").arg("-i").arg(&identity).arg(&file).output();
    let output = output.expect("the program `age` is needed: `tests/run` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Notes what stands in a file about its key.
#[derive(Default)]
struct Noting(Mutex<Vec<u8>>);

impl KeyRetriever for Noting {
    fn retrieve_key(&self, key_metadata: &[u8]) -> parquet::errors::Result<Vec<u8>> {
        *self.0.lock().unwrap() = key_metadata.to_vec();
        Err(ParquetError::General("only noted".into()))
    }
}

#[tokio::test]
async fn age_opens_a_raw_delivery_and_parquet_the_registrations_by_the_key_that_age_opens() {
    let (store, key, folder) = (memory(), StoreKey::generate(), tempfile::tempdir().unwrap());
    let vault = Vault::sealed(Arc::clone(&store), keys(&[&key]));
    fill(&vault).await;
    let bytes = async |path: &Path| store.get(path).await.unwrap().bytes().await.unwrap();
    let sealed = bytes(&Path::from("raw/VT07/2020-07/1/melding.csv")).await;
    assert!(age(folder.path(), &key, &sealed) == raw());

    let path = vault.registration_path(&id(1), RecordType::Melding);
    let file = bytes(&path).await;
    let noting = Arc::new(Noting::default());
    let blind = FileDecryptionProperties::with_key_retriever(Arc::clone(&noting) as _)
        .with_aad_prefix(path.as_ref().as_bytes().to_vec())
        .build()
        .unwrap();
    let options = ArrowReaderOptions::new().with_file_decryption_properties(blind);
    assert!(ArrowReaderMetadata::load(&file, options).is_err());
    let sealed_key = noting.0.lock().unwrap().clone();
    let file_key = age(folder.path(), &key, &sealed_key);
    assert_eq!(file_key.len(), 32);
    let properties = |prefix: &str| {
        FileDecryptionProperties::builder(file_key.clone()).with_aad_prefix(prefix.as_bytes().to_vec()).build().unwrap()
    };
    let open = |prefix: &str| {
        let options = ArrowReaderOptions::new().with_file_decryption_properties(properties(prefix));
        ParquetRecordBatchReaderBuilder::try_new_with_options(file.clone(), options)
    };
    let read: Vec<_> = open(path.as_ref()).unwrap().build().unwrap().map(Result::unwrap).collect();
    assert_eq!(read, [meldingen(40)]);
    assert!(open("registrations/melding/VT07/2020-07/2.parquet").is_err(), "the prefix is the path");
}

#[test]
fn a_key_of_age_keygen_is_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let output = Command::new("age-keygen").arg("-o").arg(&file).output();
    let output = output.expect("the program `age-keygen` is needed: `tests/run` installs it");
    assert!(output.status.success());
    let key = StoreKey::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(key.recipient()), "{said}");
}
