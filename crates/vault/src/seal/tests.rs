use super::*;

fn keys() -> StoreKeys {
    StoreKeys::new(StoreKey::generate(), Vec::new()).unwrap()
}

#[test]
fn a_raw_file_is_bound_to_its_delivery_wherever_it_waits() {
    let name = |path: &str| bound_name(&Path::from(path));
    let kept = "raw/VT07/2020-07/3/melding.csv.gz";
    assert_eq!(name(kept), kept);
    assert_eq!(name("quarantine/VT07/2020-07/3/melding.csv.gz"), kept);
    assert_eq!(name("quarantine/upload-1/quarantine/VT07/2020-07/3/melding.csv.gz"), kept);
    assert_eq!(name("deliveries/VT07/2020-07/3.json"), "deliveries/VT07/2020-07/3.json");
}

#[test]
fn what_is_sealed_says_which_key_opens_it() {
    let (keys, path) = (keys(), Path::from("memory/week/2020W127/1.json"));
    let sealed = keys.seal(&path, b"42");
    assert_eq!(named_key(&sealed).as_deref(), Some(keys.current().fingerprint()));
    assert_eq!(keys.open(&path, &sealed).unwrap(), b"42");
    assert_eq!((named_key(b"{}"), is_sealed(b"{}")), (None, false));
    // A header that somebody else wrote is not repeated as it is.
    let hostile = b"age-encryption.org/v1\n-> vt-monitor-1 \x1b[2Jgm0402\n".as_slice();
    assert_eq!(named_key(hostile).as_deref(), Some("of an unknown form"));
}

#[test]
fn a_stream_is_sealed_as_a_whole_is() {
    let (keys, path) = (keys(), Path::from("raw/VT07/2020-07/3/melding.csv"));
    let plain: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    for piece in [1_000, 65_536, 200_000] {
        let mut writer = keys.sealing(&path);
        let mut sealed = Vec::new();
        for piece in plain.chunks(piece) {
            sealed.extend_from_slice(&writer.write(piece).unwrap());
        }
        sealed.extend_from_slice(&writer.finish().unwrap());
        assert!(keys.open(&path, &sealed).unwrap() == plain);
    }
}

#[test]
fn only_what_must_be_found_without_a_key_stays_readable() {
    for (path, readable) in [
        ("keys/1.json", true),
        ("key-fingerprint", true),
        ("published.json", true),
        ("encryption/1.json", true),
        ("deliveries/keys/1.json", false),
        ("published.json.old", false),
        ("memory/week/2020W127/1.json", false),
        ("removed/raw/VT07/2019-01/2.json", false),
        ("registers/2020-3f9a0c1d2e4b.json", false),
    ] {
        assert_eq!(stays_readable(&Path::from(path)), readable, "{path}");
    }
}
