//! The same again: nothing new, the same bytes, another day.

use vt_monitor::exit::Exit;
use vt_tests::{Tree, World, differences};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_changes_nothing_and_says_so() {
    let world = World::play("2019-01", "2019-03", "").await.unwrap();
    let (published, private) = (world.path("published"), world.path("private"));
    let before = (Tree::read(&published).unwrap(), Tree::read(&private).unwrap());
    let world = world.again("").await.unwrap();
    assert_eq!(world.exit, Exit::Done);
    assert_eq!(differences(&before.0, &Tree::read(&published).unwrap()), Vec::<String>::new());
    assert_eq!(differences(&before.1, &Tree::read(&private).unwrap()), Vec::<String>::new());
    assert!(world.report.run.pulled.iter().all(|pull| !pull.did_something() && pull.known > 0));
    assert!(world.report.run.published.is_empty());
    assert!(world.report.text(&world.out()).contains("nothing new"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_with_one_seed_publish_the_same_bytes_and_another_seed_others() {
    let first = World::play("2019-01", "2019-02", "").await.unwrap();
    let second = World::play("2019-01", "2019-02", "").await.unwrap();
    let tree = |world: &World| Tree::read(&world.path("published")).unwrap();
    assert_eq!(differences(&tree(&first), &tree(&second)), Vec::<String>::new());
    assert!(tree(&first).paths().count() > 10);
    let demo = vt_monitor::commands::Demo { seed: 7, ..first.demo.clone() };
    let other = World::play_in(tempfile::tempdir().unwrap(), demo, Default::default()).await.unwrap();
    assert!(!differences(&tree(&first), &tree(&other)).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_recovers_is_taken_up_and_the_period_published_once() {
    let world = World::play("2019-01", "2019-02", "VT05@2019-02=server_error").await.unwrap();
    assert_eq!(world.published().unwrap(), ["2019W402/1"]);
    let before = Tree::read(&world.path("published")).unwrap();
    let world = world.again("VT06@2019-01=late:0").await.unwrap();
    let late = world.report.regions.iter().find(|region| region.vt == "VT05").unwrap();
    assert_eq!((late.complete, late.late.len()), (2, 0), "VT05 delivered in the second run");
    // A second issue waits for revisions; nothing that was published has changed.
    assert_eq!(world.published().unwrap(), ["2019W402/1"]);
    assert_eq!(differences(&before, &Tree::read(&world.path("published")).unwrap()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_demo_is_not_played_over_this_one() {
    let world = World::play("2019-01", "2019-01", "").await.unwrap();
    let demo = vt_monitor::commands::Demo { seed: 8, ..world.demo.clone() };
    let stop = tokio_util::sync::CancellationToken::new();
    let error = demo.play(&world.out(), stop, vt_monitor::progress::Progress::quiet()).await.unwrap_err().to_string();
    assert!(error.contains("with seed 2020") && error.contains("--out"), "{error}");
}
