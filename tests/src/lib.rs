//! The harness of the end-to-end tests: a world with a clock, two stores, a ledger and 26 regions.

mod count;
mod one_by_one;
mod places;
mod tree;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use object_store::local::LocalFileSystem;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use vt_domain::period::Period;
use vt_monitor::commands::{Demo, DemoReport};
use vt_monitor::exit::Exit;
use vt_monitor::progress::Progress;
use vt_simulator::{FaultPlan, Truth};
use vt_vault::Vault;

pub use count::{Cells, count};
pub use one_by_one::OneByOne;
pub use places::{config, mirror, mirror_of, on_s3, open, open_with, places, s3_places};
pub use tree::{Tree, differences};

/// A demo that was played in a folder of its own, which goes with the world.
pub struct World {
    folder: TempDir,
    /// The demo.
    pub demo: Demo,
    /// What it came to.
    pub report: DemoReport,
    /// How it ended.
    pub exit: Exit,
}

impl World {
    /// Plays months `from` to `to` (such as `2019-01`) with faults such as `VT05@2019-02=never`.
    ///
    /// # Errors
    /// When the demo can't be played.
    pub async fn play(from: &str, to: &str, faults: &str) -> Result<Self> {
        let demo = Demo { from: from.parse()?, to: to.parse()?, seed: 2020, faults: !faults.is_empty(), revisions: 0 };
        Self::play_in(tempfile::tempdir()?, demo, faults.parse()?).await
    }

    /// Plays months without faults, and then so many revisions.
    ///
    /// # Errors
    /// When the demo can't be played.
    pub async fn play_with_revisions(from: &str, to: &str, revisions: u32) -> Result<Self> {
        let demo = Demo { from: from.parse()?, to: to.parse()?, seed: 2020, faults: false, revisions };
        Self::play_in(tempfile::tempdir()?, demo, FaultPlan::default()).await
    }

    /// Plays months without faults, on an encrypted private store.
    ///
    /// # Errors
    /// When the demo can't be played.
    pub async fn play_encrypted(from: &str, to: &str) -> Result<Self> {
        let demo = Demo { from: from.parse()?, to: to.parse()?, seed: 2020, faults: false, revisions: 0 };
        let folder = tempfile::tempdir()?;
        demo.encrypt(&folder.path().join("demo"), &Default::default())?;
        Self::play_in(folder, demo, FaultPlan::default()).await
    }

    /// Plays a demo in a folder, on top of what is there.
    ///
    /// # Errors
    /// When the demo can't be played.
    pub async fn play_in(folder: TempDir, demo: Demo, faults: FaultPlan) -> Result<Self> {
        let out = folder.path().join("demo");
        let places = places::places(&out)?;
        let (report, exit) = demo.play_at(&out, &places, CancellationToken::new(), Progress::quiet(), faults).await?;
        places::mirror_of(&places, &out).await?;
        Ok(Self { folder, demo, report, exit })
    }

    /// Plays the same demo again in the same folder.
    ///
    /// # Errors
    /// When the demo can't be played.
    pub async fn again(self, faults: &str) -> Result<Self> {
        Self::play_in(self.folder, self.demo, faults.parse()?).await
    }

    /// A folder of the demo, such as `published`: what stood in the stores when the demo ended.
    pub fn path(&self, name: &str) -> PathBuf {
        self.out().join(name)
    }

    /// The demo's folder.
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("demo")
    }

    /// The private store.
    ///
    /// # Errors
    /// When the folder is absent.
    pub fn vault(&self) -> Result<Vault> {
        let store = Arc::new(LocalFileSystem::new_with_prefix(self.path("private"))?);
        vt_monitor::encryption::unchecked(store, &self.demo.config(&self.out()).store)
    }

    /// What the regions really delivered.
    pub fn truth(&self) -> Truth {
        Truth::new(&self.demo.regions(FaultPlan::default()))
    }

    /// The rows of a published table, such as `kerncijfers` of 2019W402.
    ///
    /// # Errors
    /// When the file is absent or no such table.
    pub fn rows(&self, period: Period, table: &str) -> Result<Vec<serde_json::Value>> {
        let path = format!("published/snapshots/{}/{period}/1/{table}.json", period.kind());
        let value: serde_json::Value = serde_json::from_slice(&std::fs::read(self.path(&path))?)?;
        Ok(value["rijen"].as_array().cloned().unwrap_or_default())
    }

    /// The issues that are published, as `2019W402/1`.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn published(&self) -> Result<Vec<String>> {
        let tree = Tree::read(&self.path("published/manifests"))?;
        let name = |path: &Path| {
            let path = path.to_string_lossy().into_owned();
            path.split_once('/').map_or(path.as_str(), |(_, issue)| issue).trim_end_matches(".json").to_owned()
        };
        let manifests = tree.paths().filter(|path| path.extension().is_some_and(|end| end == "json"));
        Ok(manifests.map(name).collect())
    }
}
