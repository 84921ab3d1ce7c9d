//! The whole job on an encrypted private store.

use vt_monitor::exit::Exit;
use vt_tests::{Tree, World, differences};

/// What must be readable without a key.
const READABLE: [&str; 3] = ["encryption/1.json", "keys/1.json", "published.json"];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_the_same_byte_for_byte_and_what_is_private_shows_nothing() {
    let plain = World::play("2019-01", "2019-03", "").await.unwrap();
    let sealed = World::play_encrypted("2019-01", "2019-03").await.unwrap();
    assert_eq!(sealed.exit, Exit::Done);
    let tree = |world: &World, name: &str| Tree::read(&world.path(name)).unwrap();
    assert_eq!(differences(&tree(&plain, "published"), &tree(&sealed, "published")), Vec::<String>::new());
    assert_eq!(plain.published().unwrap().len(), 2);

    let (open, private) = (tree(&plain, "private"), tree(&sealed, "private"));
    let names = |tree: &Tree| tree.paths().map(|path| path.to_string_lossy().into_owned()).collect::<Vec<_>>();
    let mut expected = names(&open);
    expected.push("encryption/1.json".into());
    expected.sort();
    assert_eq!(names(&private), expected, "the same objects, under the same names");
    let holds = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    // What a plain store shows in every corner: columns of raw files and registrations, counts of verdicts and reservations.
    let words = ["ontvangstdatum", "gm_code", "\"behouden\"", "\"samenvatting\"", "\"bevindingen\""];
    for word in words {
        assert!(open.files().any(|(_, bytes)| holds(bytes, word.as_bytes())), "{word} proves nothing");
    }
    for (path, bytes) in private.files() {
        if READABLE.iter().any(|readable| path.to_string_lossy() == *readable) {
            continue;
        }
        assert!(bytes.starts_with(b"age-encryption.org/v1\n") || bytes.starts_with(b"PARE"), "{}", path.display());
        assert!(words.iter().all(|word| !holds(bytes, word.as_bytes())), "{}", path.display());
    }
    let census = sealed.vault().unwrap().census().await.unwrap();
    assert_eq!((census.sealed.len(), census.plain, census.strange.len()), (1, 0, 0));

    let world = sealed.again("").await.unwrap();
    assert_eq!(world.exit, Exit::Done);
    assert_eq!(differences(&private, &tree(&world, "private")), Vec::<String>::new(), "nothing is sealed anew");
    assert_eq!(differences(&tree(&plain, "published"), &tree(&world, "published")), Vec::<String>::new());
}
