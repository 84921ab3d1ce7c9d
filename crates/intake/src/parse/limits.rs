//! Limits of reading: a region's files are not trusted.

use std::path::PathBuf;

/// How much is read, and in what portions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseLimits {
    /// A file that is larger than this after decompression is rejected.
    pub max_decompressed_bytes: u64,
    /// A compressed file that grows more than so many times is rejected; not looked at below 1 MiB.
    pub max_ratio: u64,
    /// A line longer than this is rejected.
    pub max_line_bytes: usize,
    /// Files are cut into blocks of about this size, at line ends.
    pub block_bytes: usize,
    /// So many ids of a file are held in memory (8 bytes each) before they go to a temporary file.
    pub ids_in_memory: usize,
    /// Where temporary files go; the system's folder when none is given. They hold keyed hashes only.
    pub temp_dir: Option<PathBuf>,
}

impl Default for ParseLimits {
    fn default() -> Self {
        Self {
            max_decompressed_bytes: 32 << 30,
            max_ratio: 200,
            max_line_bytes: 64 << 10,
            block_bytes: 512 << 10,
            ids_in_memory: 1 << 20,
            temp_dir: None,
        }
    }
}
