//! `feed.xml` (Atom): every issue, erratum and retraction, newest first. Rebuilt from a listing; no clock in it.

use atom_syndication::{Category, Content, Entry, Feed, FixedDateTime, Generator, Link, Person, Text, WriteConfig};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use vt_domain::snapshot::{Erratum, Issue, Manifest};

use super::{SUBJECT, licence};
use crate::render::explanation::EXPLANATION_FILE;
use crate::render::wording::status;
use crate::report::REPORT_FILE;
use crate::shelf::{Shelf, Shelved};

/// The file's name in the store.
pub const FEED_FILE: &str = "feed.xml";

/// What a reader opens first, the first of these that an issue has.
const PAGES: [&str; 2] = [REPORT_FILE, EXPLANATION_FILE];

/// The feed of a store.
pub fn feed(shelf: &Shelf) -> Vec<u8> {
    // Newest first; of one moment errata stand above issues, and later periods above earlier ones.
    let errata = shelf.errata.values().rev().map(of_erratum);
    let issues = shelf.snapshots.iter().rev().map(|(issue, found)| (*issue, found));
    let mut issues: Vec<(Issue, &Shelved<Manifest>)> = issues.collect();
    issues.sort_by_key(|(issue, _)| std::cmp::Reverse((issue.periode.last_day(), issue.periode.kind(), issue.uitgave)));
    let issues = issues.into_iter().map(|(issue, found)| of_issue(shelf, issue, found));
    let mut entries: Vec<Entry> = errata.chain(issues).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.updated));
    // What was published first stays so: an older period that is published later does not change who this feed is.
    let first = shelf.snapshots.iter().min_by_key(|(issue, found)| (found.content.gepubliceerd_op, **issue));
    let first = first.map(|(issue, found)| format!("{} {}", issue.manifest(), found.sha256));
    let feed = Feed {
        title: Text::plain("Monitor Veilig Thuis: nieuwe uitgaven en errata"),
        subtitle: Some(Text::plain(SUBJECT)),
        id: identifier(FEED_FILE, &first.unwrap_or_default()),
        updated: entries.first().map_or_else(|| instant(DateTime::UNIX_EPOCH), |entry| entry.updated),
        authors: vec![Person { name: "vt-monitor".to_owned(), ..Person::default() }],
        generator: Some(Generator { value: "vt-monitor".to_owned(), version: None, uri: None }),
        links: vec![link("self", FEED_FILE, "application/atom+xml"), link("alternate", "index.html", "text/html")],
        rights: Some(Text::plain(licence::TITLE)),
        lang: Some("nl".to_owned()),
        entries,
        ..Feed::default()
    };
    let config = WriteConfig { write_document_declaration: true, indent_size: Some(2) };
    // Unwrap safety: writing to a vector does not fail, and all texts are UTF-8.
    let mut bytes = feed.write_with_config(Vec::new(), config).unwrap();
    bytes.push(b'\n');
    bytes
}

/// A UUID (version 8, RFC 9562) that follows from a path and the digest of what it holds.
fn identifier(path: &str, digest: &str) -> String {
    let hash = Sha256::digest(format!("{path}\n{digest}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn instant(at: DateTime<Utc>) -> FixedDateTime {
    at.fixed_offset()
}

fn link(rel: &str, href: &str, mime_type: &str) -> Link {
    Link { rel: rel.to_owned(), href: href.to_owned(), mime_type: Some(mime_type.to_owned()), ..Link::default() }
}

fn text(value: String) -> Option<Content> {
    Some(Content { value: Some(value), content_type: Some("text".to_owned()), ..Content::default() })
}

fn category(term: &str) -> Category {
    Category { term: term.to_owned(), ..Category::default() }
}

fn of_issue(shelf: &Shelf, issue: Issue, found: &Shelved<Manifest>) -> Entry {
    let manifest = &found.content;
    let path = issue.manifest();
    let retraction = shelf.errata_of(issue).find(|erratum| erratum.retracts());
    let retracted = if retraction.is_some() { " Deze uitgave is ingetrokken: gebruik haar niet meer." } else { "" };
    let before = manifest.vorige.as_ref().and_then(|before| Issue::of_manifest(&before.pad));
    let again = match before {
        None => "Eerste uitgave van deze periode.".to_owned(),
        Some(before) => {
            format!("Uitgave {} van deze periode; vervangt uitgave {}.", issue.uitgave, before.uitgave)
        }
    };
    let page = PAGES.iter().find(|page| manifest.file(page).is_some());
    let opened = page.map(|page| {
        let kind = if page.ends_with(".html") { "text/html" } else { "application/json" };
        link("alternate", &issue.file(page), kind)
    });
    let said = format!("{again} Status: {}.{retracted}", status(manifest.status));
    let title = format!("{}: uitgave {}, {}", issue.periode.label(), issue.uitgave, status(manifest.status));
    Entry {
        title: Text::plain(capital(&title)),
        id: identifier(&path, &found.sha256),
        updated: instant(retraction.map_or(manifest.gepubliceerd_op, |erratum| erratum.gepubliceerd_op)),
        published: Some(instant(manifest.gepubliceerd_op)),
        categories: vec![category(issue.periode.kind().name())],
        links: opened.into_iter().chain([link("related", &path, "application/json")]).collect(),
        content: text(said),
        ..Entry::default()
    }
}

fn of_erratum(found: &Shelved<Erratum>) -> Entry {
    let erratum = &found.content;
    let (path, issue) = (erratum.path(), erratum.issue());
    let kind = if erratum.retracts() { "Intrekking van" } else { "Erratum bij" };
    Entry {
        title: Text::plain(format!("{kind} {}, uitgave {}", issue.periode.label(), issue.uitgave)),
        id: identifier(&path, &found.sha256),
        updated: instant(erratum.gepubliceerd_op),
        published: Some(instant(erratum.gepubliceerd_op)),
        categories: vec![category(erratum.soort.code()), category(issue.periode.kind().name())],
        links: vec![
            link("alternate", &path, "application/json"),
            link("related", &issue.manifest(), "application/json"),
        ],
        content: text(erratum.tekst.clone()),
        ..Entry::default()
    }
}

/// With a capital letter at the beginning.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
