//! What comes from outside, thrown at the readers that take it: each target must refuse or accept any bytes, within a second and without a
//! panic, and hold to what it promises of what it accepts.
//!
//! `cargo test -p vt-fuzz` runs each target over its corpus and a bounded number of mutated inputs, the same ones on every machine.
//! `tests/fuzz/run TARGET SECONDS` lets libFuzzer search, guided by coverage. What it finds goes into `findings/TARGET/` and stays a test.

mod codes;
pub mod delivery;
pub mod mutate;
mod private;
mod published;
#[cfg(feature = "store")]
mod service;
mod sources;
mod spec;
#[cfg(feature = "store")]
mod store;

use std::path::{Path, PathBuf};

/// A reader of what comes from outside.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name; also that of its folders in `corpus/` and `findings/`.
    pub name: &'static str,
    /// Reads an input; panics when a promise does not hold.
    pub run: fn(&[u8]),
    /// Words that its inputs are made of.
    pub words: &'static [&'static str],
}

/// All targets of this build.
pub fn targets() -> Vec<Target> {
    let mut all = Vec::new();
    all.extend(codes::TARGETS);
    all.extend(delivery::TARGETS);
    all.extend(private::TARGETS);
    all.extend(published::TARGETS);
    all.extend(sources::TARGETS);
    all.extend(spec::TARGETS);
    #[cfg(feature = "store")]
    all.extend(store::TARGETS.into_iter().chain(service::TARGETS));
    all
}

/// The target of a name.
pub fn target(name: &str) -> Option<Target> {
    targets().into_iter().find(|target| target.name == name)
}

impl Target {
    /// The inputs that are kept for it: examples, and what was found.
    ///
    /// # Panics
    /// When a folder can't be read.
    pub fn kept(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut kept: Vec<(PathBuf, Vec<u8>)> = ["corpus", "findings"]
            .into_iter()
            .filter_map(|folder| std::fs::read_dir(root.join(folder).join(self.name)).ok())
            .flatten()
            .map(|file| file.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        kept.sort();
        kept
    }
}
