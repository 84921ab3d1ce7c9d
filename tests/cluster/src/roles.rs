//! A scheduler and executors, each a process of its own on loopback.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use vt_monitor::config::Config;
use vt_servers::{Process, free_ports};

use crate::write_config;

/// A cluster whose processes end with this value.
pub struct Cluster {
    /// The configuration of all its roles, and of who asks it.
    pub config: Config,
    /// The scheduler.
    pub scheduler: Process,
    /// The executors.
    pub executors: Vec<Process>,
    folders: Vec<PathBuf>,
}

impl Cluster {
    /// Starts a scheduler and so many executors, each with one part at a time, for the store at a prefix. `program` is `vt-monitor`, built
    /// with Ballista.
    ///
    /// # Errors
    /// When one of them does not come up.
    pub fn start(program: &str, folder: &Path, prefix: &str, executors: usize, engine: &str) -> Result<Self> {
        let [port] = free_ports()?;
        let engine = format!(
            "[engine]\nscheduler_url = \"df://127.0.0.1:{port}\"\npartitions = 1\nspill_dir = \"{}/spill\"\n{engine}\n",
            folder.display()
        );
        let config = write_config(folder, prefix, &engine)?;
        let run = |name: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(["--config", &folder.to_string_lossy(), "--log", "info", "cluster"]).args(arguments);
            Process::start(name, &mut command, folder)
        };
        let mut scheduler = run("scheduler", &["scheduler", "--listen", &format!("127.0.0.1:{port}")])?;
        scheduler.wait_for(|| listens(port))?;
        let mut cluster = Self { config, scheduler, executors: Vec::new(), folders: Vec::new() };
        for number in 0..executors {
            let [listen, task_port] = free_ports()?;
            let (listen_at, task_port) = (format!("127.0.0.1:{listen}"), task_port.to_string());
            let arguments = ["executor", "--listen", &listen_at, "--task-port", &task_port];
            let mut executor = run(&format!("executor-{number}"), &arguments)?;
            executor.wait_for(|| listens(listen))?;
            cluster.executors.push(executor);
            cluster.folders.push(folder.join(format!("spill/vt-monitor-executor-{listen}")));
        }
        Ok(cluster)
    }

    /// The folder in which an executor keeps what it writes.
    pub fn folder(&self, executor: usize) -> &Path {
        &self.folders[executor]
    }

    /// Waits until an executor is at work: parts of a query stand in its folder.
    ///
    /// # Errors
    /// When it is not, after a minute.
    pub async fn wait_for_work(&self, executor: usize) -> Result<()> {
        let began = Instant::now();
        while !has_entries(&self.folder(executor).join("shuffled"))? {
            ensure!(began.elapsed() < Duration::from_secs(60), "executor {executor} got nothing to count");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

fn has_entries(folder: &Path) -> Result<bool> {
    let mut entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    Ok(entries.next().is_some())
}

fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// The highest resident memory of a process so far, in MiB; since the last [`reset_peak`] for this one.
///
/// # Errors
/// When it is gone.
pub fn peak_mib(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024)
}

/// Lets the highest resident memory of this process begin anew.
///
/// # Errors
/// When the system refuses.
pub fn reset_peak() -> Result<()> {
    Ok(std::fs::write("/proc/self/clear_refs", "5")?)
}
