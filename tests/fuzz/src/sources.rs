//! Where deliveries are: the sources of `regions.toml`, a region's listing and the addresses in it.

use vt_domain::Month;
use vt_intake::fetch::{examine, examine_href};
use vt_intake::source::{Source, SourceConfig};

use crate::Target;

pub(crate) const TARGETS: [Target; 3] = [
    Target {
        name: "listing",
        run: listing,
        words: &[
            "vt_code",
            "maand",
            "leveringen",
            "kop",
            "bestanden",
            "href",
            "recordsoort",
            "melding",
            "advies",
            "vervolgdienst",
            "formaat",
            "csv",
            "compressie",
            "gzip",
            "sha256",
            "bytes",
            "records",
            "levering_nr",
        ],
    },
    Target {
        name: "href",
        run: href,
        words: &[
            "https://",
            "vt07.example.nl",
            "@",
            "localhost",
            "127.0.0.1",
            "[::1]",
            ":8443",
            "%2f",
            "%2e",
            "\\",
            "?",
            "#",
            "//",
            "..",
            "file:",
            "javascript:",
            "\u{2025}",
            "\u{ff0e}",
            "\u{2044}",
            "。",
        ],
    },
    Target {
        name: "source_config",
        run: source,
        words: &[
            "[source]", "kind", "http", "inbox", "base", "auth", "bearer", "token", "limits", "file", "env", "proxy",
        ],
    },
];

/// Regions by API and by inbox, as their configuration names them.
fn regions() -> [SourceConfig; 2] {
    let http = r#"{"vt":"VT07","source":{"kind":"http","base":"https://vt07.example.nl/api","auth":{"kind":"bearer","token":{"env":"T"}}}}"#;
    let inbox = r#"{"vt":"VT07","source":{"kind":"inbox","url":"/srv/inbox"}}"#;
    [http, inbox].map(|text| serde_json::from_str(text).expect("a source"))
}

fn july() -> Month {
    Month::new(2020, 7).expect("a month")
}

fn listing(input: &[u8]) {
    for source in &regions() {
        let Ok(files) = examine(source, july(), input) else { continue };
        files.iter().for_each(|place| stays_inside(source, place));
    }
}

fn href(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for source in &regions() {
        if let Ok(place) = examine_href(source, july(), 3, text) {
            stays_inside(source, &place);
        }
    }
}

/// Whatever a region writes, nothing is asked outside its own API or the delivery's own folder.
fn stays_inside(source: &SourceConfig, place: &str) {
    let inside = match &source.source {
        Source::Http(_) => place.strip_prefix("https://vt07.example.nl/"),
        Source::Inbox(_) => place.strip_prefix("VT07/2020-07/"),
    };
    let path = inside.unwrap_or_else(|| panic!("outside: {place:?}"));
    let path = path.split('?').next().unwrap_or_default();
    assert!(path.split('/').all(|segment| segment != ".."), "climbs: {place:?}");
    assert!(!place.chars().any(|sign| sign.is_control() || sign == '\\'), "{place:?}");
}

fn source(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(config) = toml::from_str::<SourceConfig>(text) else { return };
    if config.check().is_ok() {
        drop(examine(&config, july(), b"{}"));
    }
}
