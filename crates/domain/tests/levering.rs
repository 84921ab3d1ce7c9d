//! The delivery contract as published for suppliers (`docs/levering/`), held against the code.
//!
//! Field tables, code lists, the schemas of the OpenAPI document and the NDJSON, digests and counts of the examples are made
//! here and compared with the committed files. After a change of the contract or of an example's CSV, rewrite them with
//!
//! ```text
//! UPDATE_DOCS=1 cargo test -p vt-domain --test levering
//! ```
//!
//! and run it once more without: while files are being rewritten, other tests may still have seen the old ones.
//!
//! By hand: `README.md`, everything of `openapi.json` outside `components.schemas`, the CSV files of the examples and the
//! `kop` of each `levering.json`. `controles.md` is made elsewhere, from the check catalogue.

mod levering {
    pub mod codelijsten;
    pub mod docs;
    pub mod json;
    pub mod jsonschema;
    pub mod openapi;
    pub mod velden;
    pub mod voorbeeld;
    pub mod vorm;

    mod test_openapi;
    mod test_schema;
    mod test_tekst;
    mod test_voorbeeld;
    mod test_voorbeeld_inhoud;
}
