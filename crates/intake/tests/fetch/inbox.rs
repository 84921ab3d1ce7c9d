//! An inbox in a directory, through the same door as an API.

use std::path::Path;

use serde_json::json;
use vt_intake::source::{InboxSource, Source, SourceConfig};

use crate::world::{ADVIES, MELDING, VERVOLGDIENST, World, entry, impatient};

fn source(directory: &Path) -> SourceConfig {
    let inbox = InboxSource { url: directory.display().to_string(), s3: None };
    SourceConfig { vt: "VT07".into(), source: Source::Inbox(inbox), limits: impatient() }
}

/// Lays delivery `nr`, with its files beside it.
fn lay(inbox: &Path, nr: u32, mut levering: serde_json::Value) -> std::path::PathBuf {
    let folder = inbox.join(format!("VT07/2020-07/{nr}"));
    std::fs::create_dir_all(folder.join("files")).unwrap();
    for (i, (name, body)) in
        [("advies.csv", ADVIES), ("melding.csv", MELDING), ("vervolgdienst.csv", VERVOLGDIENST)].into_iter().enumerate()
    {
        levering["bestanden"][i]["href"] = json!(name);
        std::fs::write(folder.join(name), body).unwrap();
    }
    std::fs::write(folder.join("levering.json"), levering.to_string()).unwrap();
    folder
}

#[tokio::test]
async fn a_directory_is_listed_and_fetched_like_an_api() {
    let inbox = tempfile::tempdir().unwrap();
    let world = World::new();
    assert!(world.list(&source(inbox.path())).await.unwrap().is_empty());
    lay(inbox.path(), 2, entry(2));
    lay(inbox.path(), 10, entry(10));
    std::fs::create_dir_all(inbox.path().join("VT07/2020-07/11")).unwrap();
    let as_url = SourceConfig {
        source: Source::Inbox(InboxSource { url: format!("file://{}", inbox.path().display()), s3: None }),
        ..source(inbox.path())
    };
    for source in [source(inbox.path()), as_url] {
        let listing = world.fetcher.list(&source, "2020-07".parse().unwrap()).await.unwrap();
        let numbers: Vec<u32> = listing.leveringen.iter().map(|entry| entry.kop.levering_nr).collect();
        assert_eq!(numbers, [2, 10]);
        world.fetcher.fetch(&source, listing.maand, &listing.leveringen[1], &world.vault).await.unwrap();
        assert_eq!(world.quarantined(10, "melding.csv").await, MELDING);
    }
}

#[tokio::test]
async fn what_is_not_as_promised_is_refused() {
    let inbox = tempfile::tempdir().unwrap();
    let (world, folder) = (World::new(), lay(inbox.path(), 1, entry(1)));
    let source = source(inbox.path());
    let mut levering = entry(1);
    for (i, record) in ["advies", "melding", "vervolgdienst"].into_iter().enumerate() {
        levering["bestanden"][i]["href"] = json!(format!("{record}.csv"));
    }
    world.fetch(&source, levering.clone()).await.unwrap();
    world.vault.clear_quarantine(&world.fetch(&source, levering.clone()).await.unwrap().id).await.unwrap();
    for (body, rule) in [(MELDING.replace("M1", "M9"), "digest"), (MELDING.replace("M1", "M11"), "size")] {
        std::fs::write(folder.join("melding.csv"), body).unwrap();
        assert_eq!(world.refused(&source, levering.clone()).await.rule(), rule);
    }
    std::fs::remove_file(folder.join("melding.csv")).unwrap();
    let error = world.refused(&source, levering.clone()).await;
    assert_eq!(error.to_string(), "VT07 2020-07 nr 1, file melding: is named in levering.json but not in the inbox");
    for href in ["../1/advies.csv", "/etc/hostname", "file:///etc/hostname", "a/../../2/x"] {
        levering["bestanden"][0]["href"] = json!(href);
        assert_eq!(world.refused(&source, levering.clone()).await.rule(), "href", "{href}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_out_of_the_folder_is_not_followed() {
    let (inbox, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = lay(inbox.path(), 1, entry(1));
    std::fs::write(elsewhere.path().join("melding.csv"), MELDING).unwrap();
    std::fs::remove_file(folder.join("melding.csv")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("melding.csv"), folder.join("melding.csv")).unwrap();
    let world = World::new();
    let listing = world.fetcher.list(&source(inbox.path()), "2020-07".parse().unwrap()).await.unwrap();
    let fetched = world.fetcher.fetch(&source(inbox.path()), listing.maand, &listing.leveringen[0], &world.vault).await;
    assert_eq!(fetched.unwrap_err().rule(), "href");
    assert_eq!(world.vault.quarantine_len().await.unwrap(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_file_is_not_waited_for() {
    for name in ["melding.csv", "levering.json"] {
        let inbox = tempfile::tempdir().unwrap();
        let folder = lay(inbox.path(), 1, entry(1));
        let (world, mut source) = (World::new(), source(inbox.path()));
        // Whoever opened a pipe would wait for its other end beyond any limit, on a thread that the service waits for when it stops.
        source.limits.total_timeout_s = 60;
        let listing = world.fetcher.list(&source, "2020-07".parse().unwrap()).await.unwrap();
        std::fs::remove_file(folder.join(name)).unwrap();
        let made = std::process::Command::new("mkfifo").arg(folder.join(name)).status().unwrap();
        assert!(made.success());
        let begun = std::time::Instant::now();
        let error = match name {
            "levering.json" => world.list(&source).await.unwrap_err(),
            _ => world.fetcher.fetch(&source, listing.maand, &listing.leveringen[0], &world.vault).await.unwrap_err(),
        };
        assert_eq!(error.rule(), "href", "{name}: {error}");
        assert!(begun.elapsed().as_secs() < 30);
    }
}

#[tokio::test]
async fn an_inbox_that_is_not_there_is_an_error_not_an_empty_month() {
    let error = World::new().list(&source(Path::new("/bestaat/niet"))).await.unwrap_err();
    assert_eq!(error.rule(), "source");
    assert!(error.to_string().contains("is no directory that exists"), "{error}");
}
