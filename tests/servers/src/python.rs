//! Programs that come as Python packages, in the environment that `tests/run` makes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// A program beside the Python that tests use.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let python = std::env::var("VT_TEST_PYTHON")
        .context("VT_TEST_PYTHON is not set: run tests/run, which installs the servers")?;
    let program = Path::new(&python).with_file_name(name);
    ensure!(program.is_file(), "`{}` is not there: run tests/run, which installs it", program.display());
    Ok(program)
}
