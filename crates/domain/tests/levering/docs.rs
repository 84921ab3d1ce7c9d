//! The folder `docs/levering`: reading, comparing, and rewriting on request.

use std::fs;
use std::path::{Path, PathBuf};

/// Set to rewrite what is made from the code in place of comparing it.
const UPDATE: &str = "UPDATE_DOCS";

/// How the name of a file that is being rewritten ends.
const FRESH: &str = ".new";

/// A path in `docs/levering`.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/levering").join(name)
}

/// The bytes of a file in `docs/levering`.
pub fn bytes(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("docs/levering/{name}: {error}"))
}

/// The text of a file in `docs/levering`.
pub fn text(name: &str) -> String {
    String::from_utf8(bytes(name)).unwrap_or_else(|_| panic!("docs/levering/{name} is not UTF-8"))
}

/// All files below a folder of `docs/levering`, named from there, sorted.
pub fn files_below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(path(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(name);
            } else if !name.ends_with(FRESH) {
                found.push(name);
            }
        }
    }
    found.sort();
    found
}

/// Holds a committed file against what the code makes of it; rewrites it when `UPDATE_DOCS` is set.
pub fn assert_current(name: &str, made: &str) {
    if std::env::var_os(UPDATE).is_some() {
        fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        // Through a file of its own: other tests of this run read the same files.
        let fresh = path(&format!("{name}{FRESH}"));
        fs::write(&fresh, made).unwrap();
        fs::rename(&fresh, path(name)).unwrap();
        return;
    }
    let committed = fs::read_to_string(path(name)).unwrap_or_default();
    if let Some(difference) = first_difference(&committed, made) {
        panic!("docs/levering/{name} is not what the code makes of it: {difference}\nrewrite it with {UPDATE}=1");
    }
}

/// Where two texts first differ, by line.
pub fn first_difference(committed: &str, made: &str) -> Option<String> {
    if committed == made {
        return None;
    }
    let (mut old, mut new) = (committed.split('\n'), made.split('\n'));
    for line in 1.. {
        let pair = (old.next(), new.next());
        if pair.0 != pair.1 {
            let show = |text: Option<&str>| text.map_or("the end".to_owned(), |text| format!("`{text}`"));
            return Some(format!("line {line} has {}, should have {}", show(pair.0), show(pair.1)));
        }
    }
    None
}
