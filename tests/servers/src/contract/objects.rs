//! Objects: created, overwritten, read, listed, copied, removed.

use anyhow::{Result, ensure};
use bytes::Bytes;
use futures::future::join_all;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt};

use super::Ground;

/// More than one page of a listing, and more than one request to remove.
const MANY: usize = 1_105;
const AT_ONCE: usize = 16;

pub(super) async fn created_once(on: &Ground) -> Result<()> {
    let path = on.path("deep/er/1.json");
    on.create(&path, "one").await?;
    for again in ["one", "two"] {
        let refused = on.create(&path, again).await;
        ensure!(matches!(refused, Err(Error::AlreadyExists { .. })), "{again}: {refused:?}");
    }
    ensure!(on.read(&path).await? == "one", "the first stands");
    on.store.delete(&path).await?;
    on.create(&path, "three").await?;
    ensure!(on.read(&path).await? == "three", "what was removed can be created");
    on.clear().await
}

pub(super) async fn raced(on: &Ground) -> Result<()> {
    for round in 0..3 {
        let path = on.path(&format!("{round}.json"));
        let texts: Vec<String> = (0..5).map(|rival| format!("rival {rival}")).collect();
        let outcomes = join_all(texts.iter().map(|text| on.create(&path, text.clone()))).await;
        let winners: Vec<_> = texts.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_ok()).collect();
        let others = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::AlreadyExists { .. }))).count();
        ensure!(winners.len() == 1 && others == 4, "round {round}: {outcomes:?}");
        ensure!(on.read(&path).await? == *winners[0].0, "the winner's bytes stand");
    }
    on.clear().await
}

pub(super) async fn overwritten(on: &Ground) -> Result<()> {
    let path = on.path("latest.json");
    for text in ["one", "another one", "x", ""] {
        on.put(&path, text).await?;
        ensure!(on.read(&path).await? == text, "`{text}` is read after it was written");
        ensure!(on.store.head(&path).await?.size == text.len() as u64, "`{text}` has its size");
    }
    on.clear().await
}

pub(super) async fn read_in_ranges(on: &Ground) -> Result<()> {
    let path = on.path("ranges");
    let bytes: Bytes = (0..100_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>().into();
    on.put(&path, bytes.clone()).await?;
    ensure!(on.store.get_range(&path, 5..15).await? == bytes.slice(5..15), "a range");
    let ranges = [0..4, 399_990..400_000, 1_000..90_000];
    let found = on.store.get_ranges(&path, &ranges).await?;
    for (range, found) in ranges.iter().zip(found) {
        ensure!(found == bytes.slice(range.start as usize..range.end as usize), "{range:?} of several");
    }
    let streamed: Vec<Bytes> = on.store.get(&path).await?.into_stream().try_collect().await?;
    ensure!(streamed.concat() == bytes, "as a stream");
    on.clear().await
}

pub(super) async fn absent(on: &Ground) -> Result<()> {
    let path = on.path("nothing");
    let read = on.store.get(&path).await.map(drop);
    ensure!(matches!(read, Err(Error::NotFound { .. })) && on.is_absent(&path).await, "{read:?}");
    let removed = on.store.delete(&path).await;
    ensure!(matches!(removed, Ok(()) | Err(Error::NotFound { .. })), "{removed:?}");
    let copied = on.store.copy(&path, &on.path("copy")).await;
    ensure!(matches!(copied, Err(Error::NotFound { .. })), "{copied:?}");
    ensure!(on.list(&on.at).await?.is_empty(), "a prefix under which there is nothing");
    Ok(())
}

pub(super) async fn named(on: &Ground) -> Result<()> {
    let names = [
        "met spatie.csv",
        "a+b=c&d;e.csv",
        "50%25.csv",
        "ë€.csv",
        "'q'(1)!.csv",
        "a:b@c,d.csv",
        "~$x.csv",
        "a?b*c.csv",
    ];
    for name in names {
        let (path, copy) = (on.path(name), on.path("copies").join(name));
        on.create(&path, name).await?;
        ensure!(matches!(on.create(&path, name).await, Err(Error::AlreadyExists { .. })), "{name} twice");
        ensure!(on.read(&path).await? == name, "{name}");
        on.store.copy(&path, &copy).await?;
        ensure!(on.read(&copy).await? == name, "the copy of {name}");
        on.store.delete(&copy).await?;
        ensure!(on.is_absent(&copy).await, "{name} is removed");
    }
    let mut expected: Vec<Path> = names.iter().map(|name| on.path(name)).collect();
    expected.sort();
    ensure!(on.list(&on.at).await? == expected, "{:?}", on.list(&on.at).await?);
    on.clear().await
}

pub(super) async fn listed(on: &Ground) -> Result<()> {
    let names: Vec<Path> = (0..MANY).map(|n| on.path("all").join(format!("{:04}", n)).join("1.json")).collect();
    let writes = names.iter().map(|path| on.create(path, "x"));
    stream::iter(writes).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?;
    on.create(&on.path("allo"), "beside").await?;
    ensure!(on.list(&on.path("all")).await? == names, "each once, and nothing beside it");
    let top = on.store.list_with_delimiter(Some(&on.at)).await?;
    ensure!(top.common_prefixes == [on.path("all")] && top.objects.len() == 1, "{top:?}");
    let folders = on.store.list_with_delimiter(Some(&on.path("all"))).await?;
    ensure!(folders.common_prefixes.len() == MANY && folders.objects.is_empty(), "folders, page after page");
    let from = on.store.list_with_offset(Some(&on.path("all")), &names[1_099]);
    let mut from: Vec<Path> = from.map_ok(|meta| meta.location).try_collect().await?;
    from.sort();
    ensure!(from == names[1_100..], "what comes after a name");
    on.clear().await?;
    ensure!(on.list(&on.at).await?.is_empty(), "all removed");
    Ok(())
}
