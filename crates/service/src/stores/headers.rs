//! What a published file is told to be to readers over HTTP: what kind of file, and how long a copy of it holds.

use object_store::path::Path;
use object_store::{Attribute, Attributes};
use vt_domain::snapshot::{Form, LATEST_PATH};
use vt_publication::describe::catalogue::CATALOGUE_FILE;
use vt_publication::describe::feed::FEED_FILE;
use vt_publication::describe::schema::SCHEMA_MEDIATYPE;
use vt_publication::publish::MARK_PATH;
use vt_publication::render::xlsx::WORKBOOK_MEDIATYPE;
use vt_publication::report::index::INDEX_FILE;

/// Files that are rebuilt: a copy is asked after before each use.
const REBUILT: [&str; 5] = [LATEST_PATH, INDEX_FILE, CATALOGUE_FILE, FEED_FILE, MARK_PATH];

/// The headers of a file.
pub(super) fn headers(path: &Path) -> Attributes {
    let rebuilt = REBUILT.contains(&path.as_ref()) || path.as_ref().starts_with(super::trial::SCRATCH);
    let caching = if rebuilt { "no-cache" } else { "max-age=31536000, immutable" };
    Attributes::from_iter([(Attribute::ContentType, media_type(path)), (Attribute::CacheControl, caching)])
}

fn media_type(path: &Path) -> &'static str {
    match path.extension() {
        Some("parquet") => Form::Parquet.mediatype(),
        Some("csv") => Form::Csv.mediatype(),
        Some("json") if path.parts().any(|part| part.as_ref() == "schema") => SCHEMA_MEDIATYPE,
        Some("json") => Form::Json.mediatype(),
        Some("jsonld") => "application/ld+json",
        Some("html") => "text/html; charset=utf-8",
        Some("xml") => "application/atom+xml",
        Some("xlsx") => WORKBOOK_MEDIATYPE,
        Some("minisig" | "pub") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rebuilt_is_asked_after_and_what_never_changes_is_kept() {
        let of = |path: &str, what: &Attribute| headers(&Path::from(path)).get(what).unwrap().to_string();
        let kind = |path| of(path, &Attribute::ContentType);
        let held = |path| of(path, &Attribute::CacheControl);
        for (path, expected) in [
            ("snapshots/four_weeks/2020W407/1/rapport.html", "text/html; charset=utf-8"),
            ("snapshots/four_weeks/2020W407/1/schema/kerncijfers.json", "application/schema+json"),
            ("snapshots/four_weeks/2020W407/1/kerncijfers.csv", "text/csv; charset=utf-8"),
            ("manifests/four_weeks/2020W407/1.json", "application/json"),
            ("manifests/four_weeks/2020W407/1.json.minisig", "text/plain; charset=utf-8"),
        ] {
            assert_eq!((kind(path).as_str(), held(path).as_str()), (expected, "max-age=31536000, immutable"), "{path}");
        }
        assert_eq!(
            (kind("feed.xml").as_str(), kind("catalogus.jsonld").as_str()),
            ("application/atom+xml", "application/ld+json")
        );
        for path in REBUILT {
            assert_eq!(held(path), "no-cache", "{path}");
        }
    }
}
