use super::*;

fn read(text: &str) -> StoreConfig {
    toml::from_str(text).unwrap()
}

const BUCKETS: &str = "published = \"s3://lotc/published\"\nprivate = \"s3://vt/private\"\n";

fn broken(text: &str) -> Vec<String> {
    let config = read(&format!("{BUCKETS}{text}"));
    config.broken_rules().into_iter().map(|(field, rule)| format!("{field}: {rule}")).collect()
}

#[test]
fn a_part_goes_before_its_table_and_credentials_stay_together() {
    let config = read(&format!(
        "{BUCKETS}[s3]\nendpoint = \"https://s3.example.nl\"\nregion = \"nl-1\"\naccess_key_id = \"READS\"\nsecret_access_key = {{ env = \"A\" }}\n\
         session_token = {{ env = \"T\" }}\n[s3.private]\nregion = \"nl-2\"\naccess_key_id = {{ file = \"/run/id\" }}\nsecret_access_key = {{ file = \"/run/key\" }}\n\
         encryption = \"aws:kms\"\nkms_key_id = \"arn:x\"\n"
    ));
    assert_eq!(config.broken_rules(), Vec::new());
    let (published, private) = (config.s3.of(Store::Published), config.s3.of(Store::Private));
    assert_eq!(published.region.as_deref(), Some("nl-1"));
    assert_eq!(published.access_key_id, Some(Named::Here("READS".into())));
    assert!(published.session_token.is_some() && published.encryption.is_none());
    assert_eq!((private.region.as_deref(), private.endpoint.clone()), (Some("nl-2"), published.endpoint.clone()));
    assert_eq!(private.access_key_id, Some(Named::There(SecretRef::File("/run/id".into()))));
    assert!(private.session_token.is_none(), "no token of another key");
    assert_eq!((private.encryption, private.kms_key_id.as_deref()), (Some(Encryption::Kms), Some("arn:x")));
    let files = config.secret_files();
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files.iter().all(|(field, _)| field == "store.s3 (private store)"), "{files:?}");
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    assert_eq!(broken(""), Vec::<String>::new());
    let cases = [
        ("[s3]\naccess_key_id = \"A\"", "store.s3", "both or neither"),
        ("[s3]\nsession_token = { env = \"A\" }", "store.s3", "goes with access_key_id"),
        ("[s3]\nkms_key_id = \"k\"", "store.s3", "aws:kms"),
        ("[s3]\nendpoint = \"http://s3.example.nl\"", "store.s3 (published store).endpoint", "must be https"),
        ("[s3]\nendpoint = \"https://a:b@s3.example.nl\"", "endpoint", "no user and password"),
        ("[s3.private.private]\nregion = \"x\"", "store", "no parts of its own"),
        ("[azure]\naccess_key = { env = \"A\" }\nsas_token = { env = \"B\" }", "store.azure", "one of the three"),
        ("[azure]\nclient_id = \"a\"", "store.azure", "all or none"),
        ("[gcs]\nendpoint = \"ftp://x\"", "store.gcs", "must be https"),
        ("[connection]\nretries = 100", "store.connection", "at most 20"),
        ("[connection]\nrequest_timeout_seconds = 0", "store.connection", "at least 1 second"),
    ];
    for (text, field, rule) in cases {
        let found = broken(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains(field) && found[0].contains(rule), "{text}: {found:?}");
    }
    let plain = "[connection]\nallow_http = true\n[s3]\nendpoint = \"http://s3.example.nl\"";
    assert_eq!(broken(plain), Vec::<String>::new());
    assert_eq!(broken("[s3]\nendpoint = \"http://127.0.0.1:8333\""), Vec::<String>::new());
}

#[test]
fn an_address_holds_no_credentials_and_names_a_store_we_know() {
    let of = |address: &str| {
        let config = StoreConfig::at(address, "s3://vt/private");
        config.broken_rules().into_iter().map(|(field, rule)| format!("{field}: {rule}")).collect::<Vec<_>>()
    };
    for address in ["data/published", "/srv/vt", "file:///srv/vt", "s3://b/p", "az://c/p", "azure://c", "gs://b/p"] {
        assert_eq!(of(address), Vec::<String>::new(), "{address}");
    }
    for address in ["s3://KEY:SECRET@b/p", "s3://KEY@b/p", "s3://b/p?X-Amz-Signature=SECRET", "s3://b/p#SECRET"] {
        let found = of(address);
        assert!(found.len() == 1 && found[0].starts_with("store.published: "), "{found:?}");
        assert!(!found[0].contains("SECRET") && !found[0].contains("KEY"), "{found:?}");
    }
    for address in ["https://s3.example.nl/b", "memory:///x", "s3:///p", "ftp://x/y", "file://host/x"] {
        assert_eq!(of(address).len(), 1, "{address}");
    }
}

#[test]
fn unknown_options_are_refused_and_secrets_do_not_show() {
    let wrong =
        toml::from_str::<StoreConfig>(&format!("{BUCKETS}[s3]\nendpont = \"https://x\"")).unwrap_err().to_string();
    assert!(wrong.contains("endpont") && wrong.contains("endpoint"), "{wrong}");
    let wrong = toml::from_str::<StoreConfig>(&format!("{BUCKETS}[s3]\nsecret_access_key = \"GEHEIM\"")).unwrap_err();
    assert!(
        wrong.message().contains("the secret itself cannot stand here") && !wrong.message().contains("GEHEIM"),
        "{wrong}"
    );
    let mut config = read(BUCKETS);
    config.s3.secret_access_key = Some(SecretRef::inline("GEHEIM"));
    assert!(!format!("{config:?}").contains("GEHEIM"));
}

/// The tables of the sample that are commented out, as they would be read.
#[test]
fn every_setting_of_the_sample_is_one() {
    let sample = include_str!("../../../../../config/service.toml");
    let tables = sample.lines().skip_while(|line| !line.contains("[store.connection]"));
    let tables: Vec<&str> = tables.take_while(|line| !line.starts_with("[ledger]")).collect();
    let lines = tables.iter().map(|line| line.trim_start_matches("# ").replace("[store.", "["));
    let text = format!("{BUCKETS}{}", lines.collect::<Vec<_>>().join("\n"));
    let config = read(&text);
    assert_eq!(config.broken_rules(), Vec::new());
    assert_eq!(
        config.connection,
        ConnectionConfig { ca_file: Some("/etc/vt-monitor/ca.pem".into()), ..ConnectionConfig::default() }
    );
    let private = config.s3.of(Store::Private);
    assert_eq!((private.encryption, private.path_style), (Some(Encryption::Kms), Some(true)));
    assert_eq!(config.azure.of(Store::Published).tenant_id.as_deref().map(str::len), Some(36));
    assert!(config.gcs.service_account.is_some());
    let fields = serde_json::to_string(&toml::from_str::<toml::Table>(&text).unwrap()).unwrap();
    for field in [
        "connect_timeout_seconds",
        "retry_timeout_seconds",
        "session_token",
        "kms_key_id",
        "sas_token",
        "client_secret",
    ] {
        assert!(fields.contains(field), "{field} is not shown");
    }
}
