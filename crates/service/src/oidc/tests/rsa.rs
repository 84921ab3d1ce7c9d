//! RSA: ring makes no such keys, so that these were made once with OpenSSL; their private key is gone.

use super::{Algorithm, DecodingKey, crypto};

const MESSAGE: &[u8] = b"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0";

const MODULUS: &str = "v7YUVSHuYWxcV0mnNz1UcC6WUzUmVpPqDBDZnYmMvRJwZlXurrxI2XPjxCsgk6P6Kw5GCAsQP_9m5yEQsPpkvTKCk6RhgweGM24HqrM2OlB24tbkCmCDq8-ZqA0-7-ukNB0Srq1xKd3kc5QyKsqLOov1ws8VE8b8T0QZfPGyblRmSH_gKui3Gcqt0zPXTJqSGG5MRuXZ_dqc32rzLmfqIYniIbCnVw1-dMkXwI249Rd1EfsaSpRwCHUoytlex39-zfCKdygm7hULzf4-3ldUwjCOSZAt_gVNz47RlRd-0PJ_dRPdfOjZK4qiA79KTfXxSDg_RdNyDoGTzlRJPVEW6Q";

const RS256: &str = "CfWfh_WYOG4mnAMcCO6qva58uY-KA-RhRNuVYp5zi5_ktTSPwSsEwVzAQpc2hU8orzG9yJfxdihfiFUFWOQhtqUD1jY7pT-VGPanQrGRqbUvVZN51Z4CS4vXnraa_fDj1E4LAUUMJ0NhqoAXV6LxIXAx17eIdHeEZa75W9_mlR3S-eGHrKABr6itzcXvEpYelrrusk_DpBL9siEGUCeuBh5OyYI0Q95SSMI2ZSXtqg722EaGOl-5LJMK3swFoZC1rSiIMFV7pm3FpoWgqaFZqmIo9DGNDZ6xFm4QFJ5mN8wjfP0WpF_aAHnRWc_1k377BioqsFB6C3byFcjxG2ldPw";

const PS256: &str = "P17TmwmKsssRu5rwbp9PBn0fjw104kieRcXJL0Gi_TCRPwk_i6Snyhf1AWcFvBIT2g5ivowmue2U4uFQtk0cxfI6JW8X7me9y10NTK0Pa7306lliPnksR_vtdyoI2AjbqCDdYYNlnisPbdVyc_VdXp96X5SdOfr3xuEzgYOF0euWk6YLtkmYyMFdjmGGIF0mETwdkUxmR6yKl-ozhFNoT8150t97RANrfd7CgEncKHvhK0W49P7Tfb4322W87xKqx-WnWV207bHxfNuiJMCLcnwI_CORqX87O4VFOAGV0ZIEsjIY-mc_ghI_LVkq_AAEBl0hX0uVqtXXLmhWxFSRtg";

#[test]
fn signatures_of_rsa_are_checked_by_their_own_algorithm_alone() {
    crypto::install();
    let key = DecodingKey::from_rsa_components(MODULUS, "AQAB").unwrap();
    let counts = |signature: &str, algorithm| jsonwebtoken::crypto::verify(signature, MESSAGE, &key, algorithm).ok();
    assert_eq!(counts(RS256, Algorithm::RS256), Some(true));
    assert_eq!(counts(PS256, Algorithm::PS256), Some(true));
    assert_eq!(counts(RS256, Algorithm::PS256), Some(false));
    assert_eq!(counts(PS256, Algorithm::RS256), Some(false));
    let other = [Algorithm::RS384, Algorithm::HS256, Algorithm::ES256, Algorithm::EdDSA];
    assert!(other.into_iter().all(|algorithm| counts(RS256, algorithm).is_none()));
}

#[test]
fn a_modulus_with_a_sign_byte_is_the_same_key() {
    crypto::install();
    // Three bytes are four letters, so that the letters after a whole number of them stay the same.
    let key = DecodingKey::from_rsa_components(&format!("AAAA{MODULUS}"), "AQAB").unwrap();
    assert!(jsonwebtoken::crypto::verify(RS256, MESSAGE, &key, Algorithm::RS256).unwrap());
}

#[test]
fn nothing_is_signed_here() {
    crypto::install();
    let key = jsonwebtoken::EncodingKey::from_rsa_der(b"no key");
    assert!(jsonwebtoken::crypto::sign(MESSAGE, &key, Algorithm::RS256).is_err());
}
