//! A shell that takes something away from the program and gives it back. File systems are mounted where nobody else sees them: by root,
//! or by anybody in a name space of users of their own.

use std::fmt;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::rehearsal::Rehearsal;

/// What a run of the program said, and how it ended.
pub struct Said {
    pub code: i32,
    text: String,
}

impl Said {
    pub fn says(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}\n{}", self.code, self.text)
    }
}

/// The arguments of `unshare` by which file systems may be mounted here.
fn mounts() -> &'static [&'static str] {
    const WAYS: [&[&str]; 2] = [&["--user", "--map-root-user", "--mount"], &["--mount"]];
    static WAY: OnceLock<Option<&[&str]>> = OnceLock::new();
    let allowed = |way: &&[&str]| {
        let mut trial = Command::new("unshare");
        trial.args(*way).args(["mount", "-t", "tmpfs", "-o", "size=1m", "vt", "/mnt"]);
        trial.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    WAY.get_or_init(|| WAYS.into_iter().find(allowed)).expect(
        "nothing can be mounted here: run this as root, or where name spaces of users are allowed (kernel.unprivileged_userns_clone, \
         seccomp)",
    )
}

/// A shell beside a rehearsal.
pub struct Shell<'a>(pub &'a Rehearsal);

impl Shell<'_> {
    /// Two runs with a store on a disk of so many KiB, and one on a large one.
    pub fn full(&self, store: &str, kib: u32) -> [Said; 3] {
        let take = format!("mkdir -m 700 \"$F/{store}\"; mount -t tmpfs -o size={kib}k,mode=700 vt \"$F/{store}\"");
        let give = format!("mount -o remount,size=1g \"$F/{store}\"");
        self.play(&[&take, RUN, RUN, &give, RUN])
    }

    /// Two runs with a store that can only be read, after a first pull, and one when that is mended.
    pub fn read_only(&self, store: &str) -> [Said; 3] {
        let begin = "\"$@\" pull --month 2019-01 --region VT07 >\"$F/begin\" 2>&1";
        let take = format!("mount --bind \"$F/{store}\" \"$F/{store}\"; mount -o remount,bind,ro \"$F/{store}\"");
        let give = format!("umount \"$F/{store}\"");
        self.play(&[begin, &take, RUN, RUN, &give, RUN])
    }

    /// A run within limits, such as `ulimit -v 100000`.
    pub fn within(&self, limit: &str) -> Said {
        let [said] = self.play(&[&format!("L='{limit}'"), RUN]);
        said
    }

    /// A run that lacks nothing.
    pub fn free(&self) -> Said {
        let [said] = self.play(&[RUN]);
        said
    }

    /// Plays lines of a script, in which `$F` is the folder and `$@` the program; gives what its runs said. What is published is kept.
    fn play<const N: usize>(&self, lines: &[&str]) -> [Said; N] {
        let (folder, lines) = (self.0.path(), lines.join("\n"));
        let script = format!(
            "set -e; n=0; L=:\n{PLAY}\n{lines}\nrm -rf \"$F/kept\"\nif [ -d \"$F/published\" ]; then cp -a \"$F/published\" \"$F/kept\"; fi"
        );
        let mut command = Command::new("unshare");
        command.args(mounts()).args(["sh", "-c", &script, "sh"]).args(self.0.words(&[])).env("F", folder);
        let output = command.env_remove("VT_MONITOR_CONFIG").stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{lines}\n{}", String::from_utf8_lossy(&output.stderr));
        std::array::from_fn(|n| {
            let read = |end: &str| std::fs::read(folder.join(format!("run-{n}.{end}"))).unwrap();
            let text = |end: &str| String::from_utf8_lossy(&read(end)).into_owned();
            Said { code: text("code").trim().parse().unwrap(), text: text("text") }
        })
    }
}

/// A run: limits hold for the program alone, not for what keeps its words.
const PLAY: &str = r#"play() {
    { c=0; ( eval "$L"; exec "$@" run 2>&1 ) || c=$?; echo "$c" >"$F/run-$n.code"; } | cat >"$F/run-$n.text"
    n=$((n+1))
}"#;

const RUN: &str = r#"play "$@""#;
