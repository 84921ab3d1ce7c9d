//! What the process itself uses, by the names that Prometheus's own clients give it. Read from `/proc`; nothing elsewhere.

/// Ticks a second in `/proc/…/stat`: fixed by Linux's interface, whatever its timer.
const TICKS: f64 = 100.0;

/// What a process uses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Memory that is in use, in bytes.
    pub resident_bytes: f64,
    /// Time on processors, in seconds.
    pub cpu_seconds: f64,
}

impl Usage {
    /// That of this process, where the system tells.
    pub fn now() -> Option<Self> {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).ok();
        Self::of(&read("status")?, &read("stat")?)
    }

    fn of(status: &str, stat: &str) -> Option<Self> {
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: f64 = resident.split_whitespace().next()?.parse().ok()?;
        // The name in brackets may hold spaces: fields are counted behind it. User and system time are the 14th and 15th of all.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut ticks = || fields.next()?.parse::<f64>().ok();
        Some(Self { resident_bytes: kibibytes * 1024.0, cpu_seconds: (ticks()? + ticks()?) / TICKS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_brackets_moves_no_field() {
        let stat = "12 (vt (x) y) S 1 2 3 4 5 6 7 8 9 10 250 150 0 0 20 0 9 0 1000 1 1";
        let usage = Usage::of("Name:\tvt\nVmRSS:\t   2048 kB\n", stat).unwrap();
        assert_eq!(usage, Usage { resident_bytes: 2_097_152.0, cpu_seconds: 4.0 });
        assert!(Usage::of("", stat).is_none() && Usage::of("VmRSS: 1 kB", "12").is_none());
    }
}
