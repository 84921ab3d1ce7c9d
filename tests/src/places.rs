//! Where the worlds of a run of tests keep things. `VT_TEST_STORE=s3` puts both stores of each world on one SeaweedFS, under a prefix
//! that follows from the world's folder; what stands there is copied into the folder when a test looks at it. `VT_TEST_LEDGER=postgres`
//! gives each world a database of its own on one PostgreSQL.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectStore, ObjectStoreExt};
use vt_monitor::belonging::Store;
use vt_monitor::commands::{Demo, Places, Stage};
use vt_monitor::config::{Config, LedgerConfig};
use vt_monitor::stores;
use vt_servers::{Postgres, SeaweedFs};
use vt_simulator::{FaultPlan, SimulatorConfig};

/// The bucket of all worlds.
const BUCKET: &str = "vt-werelden";
/// Objects copied at once.
const AT_ONCE: usize = 16;

/// Whether worlds keep their stores on S3.
///
/// # Errors
/// When `VT_TEST_STORE` is neither `s3`, `directory` nor left out.
pub fn on_s3() -> Result<bool> {
    is_set_to("VT_TEST_STORE", "s3", "directory")
}

fn on_postgres() -> Result<bool> {
    is_set_to("VT_TEST_LEDGER", "postgres", "sqlite")
}

/// Whether a variable has the one value that it may have beside its default.
fn is_set_to(name: &str, value: &str, default: &str) -> Result<bool> {
    match std::env::var(name).unwrap_or_default() {
        set if set == value => Ok(true),
        set if set == default || set.is_empty() => Ok(false),
        other => bail!("{name}={other}: {value} or {default}"),
    }
}

/// The places of a demo in a folder.
///
/// # Errors
/// When a server can't be started.
pub fn places(out: &Path) -> Result<Places> {
    let mut name = DefaultHasher::new();
    std::path::absolute(out)?.hash(&mut name);
    let name = format!("wereld_{:016x}", name.finish());
    let mut places = if on_s3()? { s3_places(SeaweedFs::shared()?, BUCKET, &name)? } else { Places::default() };
    if on_postgres()? {
        places.ledger = Some(LedgerConfig::at(Postgres::shared()?.ledger(&name)?));
    }
    Ok(places)
}

/// Both stores under a prefix of a bucket of a server, whatever the environment says.
///
/// # Errors
/// When the bucket can't be made.
pub fn s3_places(server: &SeaweedFs, bucket: &str, prefix: &str) -> Result<Places> {
    server.create_bucket(bucket)?;
    let settings = server.access.settings(server.folder())?;
    Places::at(&format!("s3://{bucket}/{prefix}"), toml::from_str(&format!("[s3]\n{settings}"))?)
}

/// Opens a demo in a folder, with its stores where the environment says.
///
/// # Errors
/// As [`Demo::open`].
pub async fn open(demo: &Demo, out: &Path, faults: FaultPlan) -> Result<Stage> {
    open_with(demo, out, demo.regions(faults)).await
}

/// The same, with regions that behave as `regions` says.
///
/// # Errors
/// As [`Demo::open_with`].
pub async fn open_with(demo: &Demo, out: &Path, regions: SimulatorConfig) -> Result<Stage> {
    demo.open_at(out, &places(out)?, regions).await
}

/// The configuration of a demo in a folder, with its stores where the environment says.
///
/// # Errors
/// When the server can't be started.
pub fn config(demo: &Demo, out: &Path) -> Result<Config> {
    Ok(demo.config_at(out, &places(out)?))
}

/// Brings what the stores of a demo hold into its folder, when they are elsewhere: `published` and `private`, as if they were there.
///
/// # Errors
/// When a store can't be read.
pub async fn mirror(out: &Path) -> Result<()> {
    mirror_of(&places(out)?, out).await
}

/// The same, of given places.
///
/// # Errors
/// When a store can't be read.
pub async fn mirror_of(places: &Places, out: &Path) -> Result<()> {
    let Some(config) = &places.store else { return Ok(()) };
    for (store, name) in [(Store::Published, "published"), (Store::Private, "private")] {
        let folder = out.join(name);
        if folder.is_dir() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        copy(&stores::open(config, store)?, &folder).await?;
    }
    Ok(())
}

async fn copy(from: &Arc<dyn ObjectStore>, to: &Path) -> Result<()> {
    let listed: Vec<_> = from.list(None).map_ok(|found| found.location).try_collect().await?;
    let copies = listed.into_iter().map(|path| async move {
        let bytes = from.get(&path).await?.bytes().await?;
        let file = to.join(path.as_ref());
        if let Some(folder) = file.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        std::fs::write(file, bytes)?;
        anyhow::Ok(())
    });
    stream::iter(copies).buffer_unordered(AT_ONCE).try_collect::<()>().await
}
