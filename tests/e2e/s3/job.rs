//! The whole job with both stores on S3: the same bytes as in folders, with headers for who reads over HTTP.

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use vt_domain::snapshot::Manifest;
use vt_monitor::commands::{Demo, Places};
use vt_monitor::exit::Exit;
use vt_monitor::progress::Progress;
use vt_publication::shelf::Shelf;
use vt_publication::verify::verify;
use vt_servers::{S3Access, SeaweedFs};
use vt_simulator::FaultPlan;
use vt_tests::{Tree, World, differences, mirror_of, s3_places};

pub(super) const BUCKET: &str = "vt-demo";

/// A demo that was played on S3.
pub(super) struct OnS3 {
    pub(super) demo: Demo,
    pub(super) places: Places,
    pub(super) folder: tempfile::TempDir,
    pub(super) access: S3Access,
}

/// January to March 2019 on S3, played once for all tests.
pub(super) async fn on_s3() -> &'static OnS3 {
    static PLAYED: OnceCell<OnS3> = OnceCell::const_new();
    PLAYED.get_or_init(play).await
}

async fn play() -> OnS3 {
    let server = SeaweedFs::shared().unwrap();
    let places = s3_places(server, BUCKET, "demo").unwrap();
    let demo = Demo {
        from: "2019-01".parse().unwrap(),
        to: "2019-03".parse().unwrap(),
        seed: 2020,
        faults: false,
        revisions: 0,
    };
    let played = OnS3 { demo, places, folder: tempfile::tempdir().unwrap(), access: server.access.clone() };
    assert_eq!(played.again().await, Exit::Done);
    played
}

impl OnS3 {
    async fn again(&self) -> Exit {
        let (out, quiet) = (self.folder.path().join("demo"), Progress::quiet());
        let stop = CancellationToken::new();
        let (_, exit) = self.demo.play_at(&out, &self.places, stop, quiet, FaultPlan::default()).await.unwrap();
        exit
    }

    async fn tree(&self, name: &str) -> Tree {
        let out = self.folder.path().join("mirror");
        mirror_of(&self.places, &out).await.unwrap();
        Tree::read(&out.join(name)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_published_as_in_a_folder_and_a_second_run_changes_nothing() {
    let played = on_s3().await;
    let here = World::play("2019-01", "2019-03", "").await.unwrap();
    let published = played.tree("published").await;
    assert!(published.paths().count() > 60);
    assert_eq!(differences(&Tree::read(&here.path("published")).unwrap(), &published), Vec::<String>::new());
    let private = played.tree("private").await;
    let paths = |tree: &Tree| tree.paths().map(std::path::Path::to_owned).collect::<Vec<_>>();
    assert_eq!(paths(&private), paths(&Tree::read(&here.path("private")).unwrap()));
    assert!(!private.paths().any(|path| path.starts_with("quarantine")), "nothing waits");
    assert_eq!(played.again().await, Exit::Done);
    assert_eq!(differences(&private, &played.tree("private").await), Vec::<String>::new());
    assert_eq!(differences(&published, &played.tree("published").await), Vec::<String>::new());
    assert_eq!(played.access.unfinished_uploads(BUCKET).unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_over_http_is_told_what_each_file_is() {
    let played = on_s3().await;
    let out = played.folder.path().join("demo");
    let published =
        vt_monitor::stores::open(&played.places.store(&out), vt_monitor::belonging::Store::Published).unwrap();
    assert!(verify(published.as_ref(), None).await.unwrap().passed());
    let shelf = Shelf::read(published.as_ref()).await.unwrap();
    let header = |path: &str, name: &str| {
        let headers = played.access.headers(BUCKET, &format!("demo/published/{path}")).unwrap();
        headers.into_iter().find(|(found, _)| found == name).map(|(_, value)| value).unwrap_or_default()
    };
    for (issue, manifest) in &shelf.snapshots {
        let Manifest { bestanden, .. } = &manifest.content;
        assert!(bestanden.iter().any(|file| file.naam == "rapport.html"));
        for file in bestanden {
            let path = issue.file(&file.naam);
            assert_eq!(header(&path, "content-type"), file.mediatype, "{path}");
            assert_eq!(header(&path, "cache-control"), "max-age=31536000, immutable", "{path}");
        }
    }
    for (path, kind) in [
        ("latest.json", "application/json"),
        ("index.html", "text/html; charset=utf-8"),
        ("feed.xml", "application/atom+xml"),
    ] {
        assert_eq!((header(path, "content-type").as_str(), header(path, "cache-control").as_str()), (kind, "no-cache"));
    }
}
