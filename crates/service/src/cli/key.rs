//! Arguments about the secret key.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Why;

/// What to do with the secret key.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key: 32 random bytes in a new file that only its owner can read
    New(KeyNewArgs),
    /// Make a key with which the private store is encrypted, in a new file that only its owner can read, and show its public part
    ///
    /// An age identity: `age -d -i FILE` opens raw deliveries with it. Loss means loss: without it nothing in the private store can be
    /// read. See docs/KEYS.md.
    NewEncryption(KeyNewEncryptionArgs),
    /// Show fingerprints of the configured keys and of the private store's histories, never a key
    Show,
    /// Give the public key that readers verify signatures with
    Public(KeyPublicArgs),
    /// Make the configured key the current one: new periods are published with it
    ///
    /// Name the new key in `key.file` (or `key.env`) and the old one in `key.previous` first. Periods that were
    /// published stay with the key of their first issue, so old keys are kept. See docs/KEYS.md.
    Rotate(KeyRotateArgs),
}

/// Arguments of `key new`.
#[derive(Debug, Args)]
pub struct KeyNewArgs {
    /// The file; when not given, the one that the configuration names as `key.file`
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Arguments of `key new-encryption`.
#[derive(Debug, Args)]
pub struct KeyNewEncryptionArgs {
    /// The file
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `rekey`.
#[derive(Debug, Args)]
pub struct RekeyArgs {
    /// Who and why
    #[command(flatten)]
    pub why: Why,
    /// Only say what would be taken over
    #[arg(long)]
    pub dry_run: bool,
    /// Keys that are not configured are lost for good: what takes them stays as it is, unreadable
    #[arg(long)]
    pub old_key_lost: bool,
}

/// Arguments of `key public`.
#[derive(Debug, Args)]
pub struct KeyPublicArgs {
    /// Write it to this file
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Arguments of `key rotate`.
#[derive(Debug, Args)]
pub struct KeyRotateArgs {
    /// Why, in one line; kept in the private store and the audit log
    #[arg(long)]
    pub reason: String,
    /// Earlier keys that are not configured are lost for good: what was first published with them can't be revised any more
    #[arg(long)]
    pub old_key_lost: bool,
    /// Who decides, for the audit log; the user of this system when not given
    #[arg(long)]
    pub by: Option<String>,
}
