//! Uploads in parts.

use std::sync::Arc;

use anyhow::{Result, ensure};
use bytes::Bytes;
use object_store::buffered::BufWriter;
use object_store::{ObjectStoreExt, WriteMultipart};
use tokio::io::AsyncWriteExt;

use super::Ground;

const PART: usize = 5 << 20;

fn large() -> Bytes {
    (0..u32::try_from(13 << 18).unwrap_or(0)).flat_map(u32::to_le_bytes).collect::<Vec<_>>().into()
}

pub(super) async fn finished(on: &Ground) -> Result<()> {
    let path = on.path("melding.csv.gz");
    on.put(&path, "an earlier one").await?;
    for bytes in [large(), Bytes::from_static(b"small"), Bytes::new()] {
        let mut upload = WriteMultipart::new_with_chunk_size(on.store.put_multipart(&path).await?, PART);
        for piece in bytes.chunks(300_000) {
            upload.wait_for_capacity(2).await?;
            upload.put(Bytes::copy_from_slice(piece));
        }
        upload.finish().await?;
        ensure!(on.read(&path).await? == bytes, "{} bytes in parts", bytes.len());
    }
    let mut writer = BufWriter::with_capacity(Arc::clone(&on.store), path.clone(), PART);
    writer.write_all(&large()).await?;
    writer.shutdown().await?;
    ensure!(on.read(&path).await? == large(), "through a buffer");
    on.clear().await
}

pub(super) async fn given_up(on: &Ground) -> Result<()> {
    let (path, other) = (on.path("x"), on.path("y"));
    on.put(&other, "stays").await?;
    for at in [&path, &other] {
        let mut upload = WriteMultipart::new_with_chunk_size(on.store.put_multipart(at).await?, PART);
        upload.put(large());
        upload.abort().await?;
    }
    ensure!(on.is_absent(&path).await, "nothing appears");
    ensure!(on.read(&other).await? == "stays", "what was there stays");
    ensure!(on.list(&on.at).await? == [other], "nothing is listed");
    on.clear().await
}
