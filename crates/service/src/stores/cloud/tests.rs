use super::*;

fn opened(text: &str, store: Store) -> Result<String> {
    let config: StoreConfig = toml::from_str(text).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let store = crate::stores::open(&config, store)?;
    Ok(format!("{store} {store:?}"))
}

const S3: &str = "published = \"s3://lotc/published\"\nprivate = \"s3://vt/private\"\n";

#[test]
fn each_kind_of_address_opens_its_store_without_a_network() {
    let key = "secret_access_key = { env = \"CARGO_PKG_NAME\" }\naccess_key_id = \"A\"\n";
    let text = opened(&format!("{S3}[s3]\nregion = \"eu-central-1\"\n{key}"), Store::Published).unwrap();
    assert!(
        text.contains("PrefixObjectStore(published)") && text.contains("https://lotc.s3.eu-central-1.amazonaws.com"),
        "{text}"
    );
    assert!(!text.contains("vt-monitor"), "the secret (the variable's value) does not show: {text}");
    let text = opened(&format!("{S3}[s3]\nendpoint = \"https://s3.example.nl/\"\n{key}"), Store::Private).unwrap();
    assert!(text.contains("\"https://s3.example.nl/vt\""), "in the path: {text}");
    let text =
        opened(&format!("{S3}[s3]\nendpoint = \"https://s3.example.nl\"\npath_style = false\n{key}"), Store::Private);
    assert!(text.as_ref().unwrap().contains("\"https://vt.s3.example.nl\""), "before the host: {text:?}");
    let azure = "published = \"az://lotc/x\"\nprivate = \"azure://vt/y\"\n[azure]\naccount = \"lotcopslag\"\nsas_token = { env = \"CARGO_PKG_NAME\" }\n";
    // A shared access signature is a query: this variable's value is none.
    assert!(opened(azure, Store::Published).is_err());
    let azure = azure.replace(
        "sas_token = { env = \"CARGO_PKG_NAME\" }",
        "tenant_id = \"t\"\nclient_id = \"c\"\nclient_secret = { env = \"CARGO_PKG_NAME\" }",
    );
    let text = opened(&azure, Store::Private).unwrap();
    assert!(text.contains("lotcopslag") && text.contains("vt"), "{text}");
    let gcs =
        "published = \"gs://lotc/x\"\nprivate = \"gs://vt/y\"\n[gcs]\nservice_account = { env = \"CARGO_PKG_NAME\" }\n";
    let error = format!("{:#}", opened(gcs, Store::Published).unwrap_err());
    assert!(error.contains("store.gcs") && !error.contains("vt-monitor"), "{error}");
}

#[test]
fn what_can_not_be_used_is_told_before_anything_is_sent() {
    let wrong = |text: &str| format!("{:#}", opened(&format!("{S3}{text}"), Store::Published).unwrap_err());
    let missing = "[s3]\naccess_key_id = \"A\"\nsecret_access_key = { file = \"/nowhere/key\" }";
    assert!(wrong(missing).contains("/nowhere/key"));
    assert!(
        wrong("[connection]\nca_file = \"/nowhere/ca.pem\"").contains("store.connection.ca_file: `/nowhere/ca.pem`")
    );
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("ca.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    assert!(wrong(&format!("[connection]\nca_file = \"{}\"", empty.display())).contains("as certificates"));
    assert!(wrong("[s3]\nendpoint = \"http://192.0.2.1\"").contains("must be https"));
    assert!(wrong("[s3]\nendpoint = \"https://127.0.0.1:1\"\npath_style = false").contains("path_style"));
}

#[test]
fn keys_are_read_afresh() {
    let folder = tempfile::tempdir().unwrap();
    let (id, key) = (folder.path().join("id"), folder.path().join("key"));
    let write = |one: &str, other: &str| {
        std::fs::write(&id, one).unwrap();
        std::fs::write(&key, other).unwrap();
    };
    write("ONE\n", "first\n");
    let text = format!(
        "{S3}[s3]\naccess_key_id = {{ file = \"{}\" }}\nsecret_access_key = {{ file = \"{}\" }}\n",
        id.display(),
        key.display()
    );
    let config: StoreConfig = toml::from_str(&text).unwrap();
    let keys = S3Keys::of(&config.s3).unwrap();
    let read = || {
        let read = keys.read().unwrap();
        (read.key_id, read.secret_key)
    };
    assert_eq!(read(), ("ONE".into(), "first".into()));
    write("TWO\n", "second\n");
    assert_eq!(read(), ("TWO".into(), "second".into()));
}

#[test]
fn the_environment_gives_credentials_and_turns_nothing_off() {
    for name in ["aws_conditional_put", "aws_allow_http", "aws_unsigned_payload", "aws_copy_if_not_exists"] {
        assert!(!AWS.contains(&name), "{name}");
    }
    for name in AWS {
        assert!(name.parse::<AmazonS3ConfigKey>().is_ok(), "{name}");
    }
    for name in AZURE {
        assert!(name.parse::<AzureConfigKey>().is_ok(), "{name}");
    }
    for name in GOOGLE {
        assert!(name.parse::<GoogleConfigKey>().is_ok(), "{name}");
    }
}
