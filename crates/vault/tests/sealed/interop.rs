//! Other programs open what is sealed here, given the key: `age` raw deliveries, any reader of Parquet registrations.

use std::path::Path as FilePath;
use std::process::Command;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::encryption::decrypt::{FileDecryptionProperties, KeyRetriever};
use parquet::errors::ParquetError;
use vt_domain::contract::RecordType;
use vt_vault::{StoreKey, Vault};

use crate::content::{GM_CODE, HASHED, fill, id, keys, meldingen, memory, raw};

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

/// The 32 bytes that a file of registrations is encrypted with: from the file itself, opened by `age`.
fn file_key(folder: &FilePath, key: &StoreKey, path: &Path, file: &Bytes) -> Vec<u8> {
    let noting = Arc::new(Noting::default());
    let blind = FileDecryptionProperties::with_key_retriever(Arc::clone(&noting) as _)
        .with_aad_prefix(path.as_ref().as_bytes().to_vec())
        .build()
        .unwrap();
    let options = ArrowReaderOptions::new().with_file_decryption_properties(blind);
    assert!(ArrowReaderMetadata::load(file, options).is_err());
    let sealed = noting.0.lock().unwrap().clone();
    age(folder, key, &sealed)
}

struct Sealed {
    folder: tempfile::TempDir,
    key: StoreKey,
    store: Arc<dyn ObjectStore>,
    path: Path,
}

impl Sealed {
    async fn filled() -> Self {
        let (store, key) = (memory(), StoreKey::generate());
        let vault = Vault::sealed(Arc::clone(&store), keys(&[&key]));
        fill(&vault).await;
        let path = vault.registration_path(&id(1), RecordType::Melding);
        Self { folder: tempfile::tempdir().unwrap(), key, store, path }
    }

    async fn bytes(&self, path: &Path) -> Bytes {
        self.store.get(path).await.unwrap().bytes().await.unwrap()
    }
}

#[tokio::test]
async fn age_opens_a_raw_delivery() {
    let sealed = Sealed::filled().await;
    let bytes = sealed.bytes(&Path::from("raw/VT07/2020-07/1/melding.csv")).await;
    assert!(age(sealed.folder.path(), &sealed.key, &bytes) == raw());
}

#[tokio::test]
async fn a_reader_of_parquet_opens_registrations_by_the_key_that_age_opens() {
    let sealed = Sealed::filled().await;
    let file = sealed.bytes(&sealed.path).await;
    let key = file_key(sealed.folder.path(), &sealed.key, &sealed.path, &file);
    assert_eq!(key.len(), 32);
    let open = |prefix: &str| {
        let properties =
            FileDecryptionProperties::builder(key.clone()).with_aad_prefix(prefix.as_bytes().to_vec()).build().unwrap();
        let options = ArrowReaderOptions::new().with_file_decryption_properties(properties);
        ParquetRecordBatchReaderBuilder::try_new_with_options(file.clone(), options)
    };
    let read: Vec<_> = open(sealed.path.as_ref()).unwrap().build().unwrap().map(Result::unwrap).collect();
    assert_eq!(read, [meldingen(40)]);
    assert!(open("registrations/melding/VT07/2020-07/2.parquet").is_err(), "the prefix is the path");
}

/// Another implementation of Parquet's encryption.
const PYARROW: &str = "
import sys, pyarrow.parquet as pq, pyarrow.parquet.encryption as pe
file, key, prefix = sys.argv[1:]
properties = pe.create_decryption_properties(bytes.fromhex(key), aad_prefix=prefix.encode())
table = pq.read_table(file, decryption_properties=properties)
print(table.num_rows, table['gm_code'].unique().to_pylist(), table['id'][0].as_py().hex())
";

#[tokio::test]
async fn pyarrow_opens_registrations_by_the_key_that_age_opens() {
    let sealed = Sealed::filled().await;
    let bytes = sealed.bytes(&sealed.path).await;
    let key = hex::encode(file_key(sealed.folder.path(), &sealed.key, &sealed.path, &bytes));
    let file = sealed.folder.path().join("melding.parquet");
    std::fs::write(&file, &bytes).unwrap();
    let python = std::env::var("VT_TEST_PYTHON");
    let python = python.expect("VT_TEST_PYTHON is not set: run tests/run, which installs the readers");
    let read =
        |prefix: &str| Command::new(&python).args(["-c", PYARROW]).arg(&file).args([&key, prefix]).output().unwrap();
    let output = read(sealed.path.as_ref());
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(out.trim(), format!("40 ['{GM_CODE}'] {}", hex::encode(HASHED)), "{err}");
    assert!(!read("registrations/melding/VT07/2020-07/2.parquet").status.success(), "the prefix is the path");
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
