use super::*;
use proptest::prelude::*;

const PATH: &str = "manifests/four_weeks/2020W407/1.json";

fn signer(byte: u8) -> Signer {
    Signer::from_seed(&[byte; 32], [])
}

#[test]
fn a_signature_holds_for_its_file_path_and_key_only() {
    let (ours, theirs) = (signer(1), signer(2));
    let signature = ours.sign(PATH, b"{}\n");
    let check = |path: &str, bytes: &[u8], keys: &[PublicKey]| check(path, bytes, signature.as_bytes(), keys);
    assert_eq!(check(PATH, b"{}\n", &[theirs.public(), ours.public()]), Ok(ours.public()));
    assert_eq!(check(PATH, b"{} \n", &[ours.public()]), Err(BadSignature::FileChanged));
    assert_eq!(check("manifests/four_weeks/2020W407/2.json", b"{}\n", &[ours.public()]), Err(BadSignature::OtherPath));
    assert_eq!(check(PATH, b"{}\n", &[theirs.public()]), Err(BadSignature::OtherKey));
}

#[test]
fn the_same_file_gives_the_same_signature() {
    assert_eq!(signer(1).sign(PATH, b"x"), signer(1).sign(PATH, b"x"));
}

#[test]
fn a_public_key_is_read_from_its_line_and_from_its_file() {
    let key = signer(3).public();
    assert_eq!(PublicKey::parse(&key.line()), Ok(key));
    assert_eq!(PublicKey::parse(&key.file()), Ok(key));
    assert!(key.line().starts_with("RW") && key.line().len() == 56);
    for text in ["", "RW", "untrusted comment: x\n", &key.line()[4..], &format!("{}\n{}", key.line(), key.line())] {
        assert_eq!(PublicKey::parse(text), Err(NoPublicKey), "{text}");
    }
}

#[test]
fn debug_hides_the_secret() {
    assert!(format!("{:?}", signer(1)).starts_with("Signer { public: PublicKey("));
}

proptest! {
    #[test]
    fn no_bit_of_a_signature_can_change_unseen(place in 0..1000usize, bit in 0..8u32) {
        let signer = signer(9);
        let mut signature = signer.sign(PATH, b"content").into_bytes();
        let place = place % signature.len();
        signature[place] ^= 1 << bit;
        prop_assert!(check(PATH, b"content", &signature, signer.own()).is_err());
    }
}
