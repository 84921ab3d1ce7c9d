//! The real program with both stores on S3, reached as the environment says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use futures::TryStreamExt;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};
use vt_servers::{Moto, S3Access, SeaweedFs};

use crate::kill::{files, same};
use crate::program::{demo, program, wait_for_step};

const BUCKET: &str = "vt-cli";

/// With keys and address in the environment, as AWS's own tools have them.
pub fn reached(mut command: Command, access: &S3Access) -> Command {
    command
        .env("AWS_ENDPOINT_URL", access.endpoint.as_str())
        .env("AWS_ACCESS_KEY_ID", &access.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &access.secret_access_key)
        .env("AWS_REGION", &access.region);
    command
}

/// The exit code, and what was said on both.
fn ended(mut command: Command) -> (Option<i32>, String) {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

/// What stands under a prefix, as files of a folder would.
pub fn objects(access: &S3Access, prefix: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = access.store(BUCKET).unwrap();
        let mut found = BTreeMap::new();
        let listed: Vec<_> = store.list(Some(&Key::from(prefix))).try_collect().await.unwrap();
        for object in listed {
            let bytes = store.get(&object.location).await.unwrap().bytes().await.unwrap();
            let path = Path::new(object.location.as_ref()).strip_prefix(prefix).unwrap().to_owned();
            found.insert(path, bytes.to_vec());
        }
        found
    })
}

#[test]
fn killed_on_s3_it_ends_with_the_bytes_of_an_undisturbed_folder_and_other_commands_look_at_it() {
    let server = SeaweedFs::start().unwrap();
    let access = &server.access;
    access.create_bucket(BUCKET).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let address = format!("s3://{BUCKET}/met spatie");
    let on_s3 = || {
        let mut command = reached(demo(&killed), access);
        command.args(["--store", &address]);
        command
    };
    for (step, nth) in [("Keep", 5), ("Reserve", 1), ("Publish", 1), ("Publish", 1)] {
        let mut child = on_s3().spawn().unwrap();
        assert!(wait_for_step(&mut child, step, nth), "{step} {nth}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let (code, said) = ended(on_s3());
    assert_eq!(code, Some(0), "{said}");
    assert!(!killed.join("published").exists() && !killed.join("private").exists(), "nothing stands in the folder");
    assert_eq!(demo(&whole).stderr(Stdio::null()).status().unwrap().code(), Some(0));
    same(&files(&whole.join("published")), &objects(access, "met spatie/published"));
    assert!(objects(access, "met spatie/private/quarantine").is_empty());
    assert_eq!(access.unfinished_uploads(BUCKET).unwrap(), Vec::<String>::new());

    let published = format!("{address}/published");
    let key = killed.join("minisign.pub").to_string_lossy().into_owned();
    let (code, said) = ended(reached(program(&["verify", &published, "--public-key", &key]), access));
    assert_eq!((code, said.contains("3 snapshots verified")), (Some(0), true), "{said}");
    let config = killed.join("config").to_string_lossy().into_owned();
    let (_, said) = ended(reached(program(&["--config", &config, "--json", "doctor"]), access));
    let examined: Vec<serde_json::Value> = serde_json::from_str(&said[..=said.rfind(']').unwrap()]).unwrap();
    for (store, detail) in
        [("published store", "refuses to create twice"), ("private store", "closed to who has no credentials")]
    {
        let of: Vec<_> = examined.iter().filter(|one| one["what"] == store).collect();
        assert!(of.len() == 1 && of[0]["right"] == true, "{of:?}");
        assert!(of[0]["detail"].as_str().unwrap().contains(detail), "{of:?}");
    }
    let out = killed.to_string_lossy().into_owned();
    let (code, said) = ended(reached(program(&["reproduce", "--out", &out, "2019W402"]), access));
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_store_that_will_not_do_is_refused_with_the_exit_code_for_it() {
    let server = Moto::start().unwrap();
    let access = &server.access;
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, address: &str| {
        let mut command = reached(demo(&folder.path().join(name)), access);
        command.args(["--store", address]);
        ended(command)
    };
    let (code, said) = refused("none", "s3://vt-nowhere/x");
    assert!(code == Some(1) && said.contains("does the bucket exist"), "{code:?} {said}");
    access.create_bucket(BUCKET).unwrap();
    let (code, said) = refused("open", &format!("s3://{BUCKET}/x"));
    assert!(code == Some(3) && said.contains("the private store: can be read by anybody"), "{code:?} {said}");
    assert!(objects(access, "x").is_empty(), "nothing was kept there");
    let (code, said) = refused("key", &format!("s3://KEYID:GEHEIM@{BUCKET}/x"));
    assert!(code == Some(2) && said.contains("no credentials") && !said.contains("GEHEIM"), "{code:?} {said}");
}
