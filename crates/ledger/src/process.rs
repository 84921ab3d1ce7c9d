//! Names a process so that a later one can tell whether it is gone: after `kill -9` nobody else says so.

use std::fmt;
use std::fs;
use std::str::FromStr;

/// Names one process of one machine since one boot. Linux only; elsewhere there is no mark and a run goes by its sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessMark {
    /// The kernel's id of this boot.
    pub boot: String,
    /// The namespace in which `pid` is counted: containers on one machine count apart.
    pub namespace: String,
    /// The process id.
    pub pid: u32,
    /// When it began, in clock ticks since boot: ids are used again.
    pub started_ticks: u64,
}

/// Whether a process is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Here,
    Gone,
    /// On another machine, of another boot, or in another container.
    Unknown,
}

impl ProcessMark {
    /// This process.
    pub fn current() -> Option<Self> {
        Self::of(std::process::id())
    }

    /// A process that this one can see; nothing when it is gone.
    pub fn of(pid: u32) -> Option<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?.to_str()?.to_owned();
        Some(Self { boot, namespace, pid, started_ticks: started_ticks(pid)? })
    }

    /// Whether this process is surely gone; `false` when one can't tell from here (another machine or container).
    pub fn is_gone(&self) -> bool {
        self.presence() == Presence::Gone
    }

    /// Whether this process is still there, as far as one can tell from here.
    pub(crate) fn presence(&self) -> Presence {
        match Self::current() {
            Some(here) if here.boot == self.boot && here.namespace == self.namespace => match started_ticks(self.pid) {
                Some(ticks) if ticks == self.started_ticks => Presence::Here,
                _ => Presence::Gone,
            },
            _ => Presence::Unknown,
        }
    }
}

/// Field 22 of `/proc/PID/stat`; nothing for a process that is gone or only waits to be reaped.
fn started_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name, in parentheses, may hold spaces and parentheses itself: count from its end.
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ');
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18)?.parse().ok()).flatten()
}

impl fmt::Display for ProcessMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.boot, self.namespace, self.pid, self.started_ticks)
    }
}

impl FromStr for ProcessMark {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let [boot, namespace, pid, ticks] = text.split(' ').collect::<Vec<_>>().try_into().map_err(|_| ())?;
        Ok(Self {
            boot: boot.to_owned(),
            namespace: namespace.to_owned(),
            pid: pid.parse().map_err(|_| ())?,
            started_ticks: ticks.parse().map_err(|_| ())?,
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_here_and_its_mark_reads_back() {
        let mark = ProcessMark::current().unwrap();
        assert_eq!(mark.presence(), Presence::Here);
        assert_eq!(mark.to_string().parse(), Ok(mark));
    }

    #[test]
    fn a_killed_process_is_gone_before_and_after_it_is_reaped() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let mark = ProcessMark::of(child.id()).unwrap();
        assert_eq!(mark.presence(), Presence::Here);
        child.kill().unwrap();
        while mark.presence() == Presence::Here {
            std::thread::yield_now();
        }
        assert_eq!(mark.presence(), Presence::Gone);
        child.wait().unwrap();
        assert_eq!(mark.presence(), Presence::Gone);
    }

    #[test]
    fn another_process_under_the_same_id_is_not_it() {
        let mark = ProcessMark::current().unwrap();
        assert_eq!(ProcessMark { started_ticks: mark.started_ticks + 1, ..mark }.presence(), Presence::Gone);
    }

    #[test]
    fn of_another_machine_or_container_nothing_is_known() {
        let mark = ProcessMark::current().unwrap();
        assert_eq!(ProcessMark { boot: "another".into(), ..mark.clone() }.presence(), Presence::Unknown);
        assert_eq!(ProcessMark { namespace: "pid:[1]".into(), ..mark }.presence(), Presence::Unknown);
    }
}
