//! Files, a cache and a terminal like a person's, and the commands that are run there.

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use builder::cache::Cache;
use host::{BUSYBOX, on_path};
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::run::Lab;
use libtest_mimic::Failed;
use nix::pty::{OpenptyResult, openpty};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::getuid;
use serde_json::Value;

use super::process;
use crate::endings::witness::{Alone, Witness};
use crate::scratch::Scratch;

/// How long a command may take under any fault. A machine has 20 s.
const LONG: Duration = Duration::from_secs(120);
/// How long processes may take to end after their lab.
const IN_TIME: Duration = Duration::from_secs(2);
/// These take minutes to build, so they are shared with the person's cache and no fault
/// touches them.
const KERNEL: &[&str] = &["kernel", "kernel-source"];
const LESSON: &str = "sigchld";

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Run,
    Check,
    Grade,
    Exec,
    Shell,
}

impl What {
    pub const ALL: [What; 5] = [What::Run, What::Check, What::Grade, What::Exec, What::Shell];
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            What::Run => "run",
            What::Check => "check",
            What::Grade => "grade",
            What::Exec => "exec",
            What::Shell => "shell",
        })
    }
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// As a shell has it: 128 and more for a signal.
    pub status: i32,
    /// Empty for `shell`: its echo depends on when the input comes.
    pub stdout: String,
    /// The file that `grade` writes, without the hashes of the files that were graded:
    /// those differ in each call, see [`World::edit`].
    pub marks: Option<String>,
    pub stderr: String,
}

impl Ended {
    /// Whether this is the right result. stderr does not count.
    pub fn is(&self, right: &Ended) -> bool {
        (self.status, &self.stdout, &self.marks) == (right.status, &right.stdout, &right.marks)
    }
}

/// A running command.
pub struct Call {
    pub what: What,
    pub lab: Child,
    witness: Alone,
}

pub struct World {
    scratch: Scratch,
    persons_own: Cache,
    /// Commands print to these files, so nobody has to read while they run.
    printed: [PathBuf; 2],
    terminal: OpenptyResult,
    before: Termios,
    kernel_source: Option<PathBuf>,
    /// How many times the student's file was edited.
    edits: usize,
    solution: String,
    /// The right result of each command, and how long it takes.
    right: Vec<(What, Ended, Duration)>,
}

impl World {
    /// Builds everything and runs each command once without a fault.
    pub fn new(lab: &Lab<'_>) -> Result<World, Failed> {
        // A fault may damage all that is not shared, so it is built here.
        let scratch = Scratch::new(lab, KERNEL)?;
        let exercise = Exercise::read(&lab.course.find(LESSON)?, Seed::default())?;
        for folder in ["work", "class/ann", "class/bob"] {
            fs::create_dir_all(scratch.folder().join(folder).join(LESSON))?;
        }
        fs::create_dir(scratch.folder().join("tmp"))?;
        let terminal = openpty(None, None)?;
        let before = tcgetattr(&terminal.slave)?;
        let mut world = World {
            printed: ["stdout", "stderr"].map(|name| scratch.folder().join(name)),
            scratch,
            persons_own: lab.cache.clone(),
            terminal,
            before,
            kernel_source: lab.kernel.source.clone(),
            edits: 0,
            solution: exercise.sample(&Sample::Solution),
            right: Vec::new(),
        };
        for what in What::ALL {
            if what == What::Shell && on_path(BUSYBOX).is_none() {
                continue;
            }
            // These two build programs the first time, so that takes longer.
            if matches!(what, What::Run | What::Check) {
                world.run(what)?;
            }
            let begin = Instant::now();
            let ended = world.run(what)?;
            world.right.push((what, ended, begin.elapsed()));
        }
        Ok(world)
    }

    pub fn cache(&self) -> &Path {
        self.scratch.cache.root()
    }

    /// Shares the kernel again after `clean`.
    pub fn share_kernel(&self) -> Result<(), Failed> {
        self.persons_own.sharing(self.cache(), KERNEL)?;
        Ok(())
    }

    /// The right result of a command, unless the host cannot run it.
    pub fn right(&self, what: What) -> Option<&Ended> {
        self.right.iter().find(|(of, ..)| *of == what).map(|(_, ended, _)| ended)
    }

    /// How long a command takes, if it has been run.
    pub fn usual(&self, what: What) -> Duration {
        self.right.iter().find(|(of, ..)| *of == what).map_or(Duration::ZERO, |(.., took)| *took)
    }

    /// Runs a command without a fault.
    pub fn run(&mut self, what: What) -> Result<Ended, Failed> {
        let call = self.start(what, "")?;
        self.end(call)
    }

    /// Starts a command after some shell commands.
    pub fn start(&mut self, what: What, shell: &str) -> Result<Call, Failed> {
        self.start_by(Command::new("sh"), what, shell)
    }

    /// Like `start`. Only the command sees what the shell mounts.
    pub fn start_apart(&mut self, what: What, shell: &str) -> Result<Call, Failed> {
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--map-root-user", "sh"]);
        self.start_by(unshare, what, shell)
    }

    fn start_by(&mut self, mut command: Command, what: What, shell: &str) -> Result<Call, Failed> {
        self.edit()?;
        let args: &[&str] = match what {
            What::Run => &["run", LESSON, "--story"],
            What::Check => &["--work", "work", "check", LESSON],
            What::Grade => &["grade", "class", "--lesson", LESSON, "--json", "marks.json"],
            What::Exec => &["exec", "--", "/bin/echo", "one word"],
            What::Shell => &["shell"],
        };
        let [stdout, stderr] = &self.printed;
        command
            .args(["-ec", &format!("{shell}\nexec \"$0\" \"$@\"")])
            .arg(std::env::current_exe()?)
            .args(args)
            .current_dir(self.scratch.folder())
            .env("XDG_CACHE_HOME", self.scratch.folder())
            .env("CACHE", self.cache())
            .env("TMPDIR", self.scratch.folder().join("tmp"))
            .stdin(Stdio::from(self.terminal.slave.try_clone()?))
            .stdout(File::create(stdout)?)
            .stderr(File::create(stderr)?);
        if let Some(source) = &self.kernel_source {
            command.env("UPCALL_KERNEL_SOURCE", source);
        }
        if what == What::Shell {
            command.stdout(Stdio::from(self.terminal.slave.try_clone()?));
            // The lab does not end with this status by itself.
            File::from(self.terminal.master.try_clone()?).write_all(b"exit 7\n")?;
        }
        let witness = Witness::of(&mut command)?;
        let lab = command.spawn()?;
        Ok(Call { what, lab, witness: witness.alone() })
    }

    /// Changes the students' files so that they mean the same and are compiled again.
    fn edit(&mut self) -> Result<(), Failed> {
        self.edits += 1;
        for (folder, number) in [("work", 0), ("class/ann", 1), ("class/bob", 2)] {
            let file = self.scratch.folder().join(folder).join(LESSON).join("main.rs");
            fs::write(file, format!("{}// {}.{number}\n", self.solution, self.edits))?;
        }
        Ok(())
    }

    /// Waits until a command has ended, and everything that it started.
    pub fn end(&self, mut call: Call) -> Result<Ended, Failed> {
        use std::os::unix::process::ExitStatusExt;

        use wait_timeout::ChildExt;

        let Some(status) = call.lab.wait_timeout(LONG)? else {
            call.lab.kill()?;
            return Err(format!("`{}` did not end", call.what).into());
        };
        let are_gone = call.witness.sees_the_last_go(Instant::now() + IN_TIME);
        // The folder's name is unique, so it marks the processes.
        let mark = format!("XDG_CACHE_HOME={}", self.scratch.folder().display());
        are_gone.and(process::none_has(&mark, IN_TIME))?;
        let text = |path: &Path| fs::read(path).map(|b| String::from_utf8_lossy(&b).into_owned());
        let [stdout, stderr] = &self.printed;
        let marks = self.scratch.folder().join("marks.json");
        let ended = Ended {
            status: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()),
            stdout: if call.what == What::Shell { String::new() } else { text(stdout)? },
            marks: match call.what {
                What::Grade => Some(without_hashes(&text(&marks)?)),
                _ => None,
            },
            stderr: text(stderr)?,
        };
        self.forget_what_was_typed()?;
        Ok(ended)
    }

    /// Removes input that a `shell` did not read.
    fn forget_what_was_typed(&self) -> Result<(), Failed> {
        use nix::sys::termios::{FlushArg, tcflush};
        Ok(tcflush(&self.terminal.slave, FlushArg::TCIOFLUSH)?)
    }

    /// Fails if ended commands have left anything behind.
    pub fn is_tidy(&self) -> Result<(), Failed> {
        if tcgetattr(&self.terminal.slave)? != self.before {
            return Err("the terminal is not as before".into());
        }
        self.scratch.nothing_is_left()?;
        let temporary = self.scratch.folder().join("tmp");
        for entry in fs::read_dir(temporary)? {
            let path = entry?.path();
            // The folder that the lab makes temporary folders in stays.
            let is_empty = || fs::read_dir(&path).is_ok_and(|mut files| files.next().is_none());
            if !(path.ends_with(format!("upcall-{}", getuid())) && is_empty()) {
                return Err(format!("`{}` is left", path.display()).into());
            }
        }
        for file in fs::read_dir(self.scratch.folder())? {
            let name = file?.file_name().to_string_lossy().into_owned();
            if name.contains(".unfinished") {
                return Err(format!("half of a file is left: `{name}`").into());
            }
        }
        Ok(())
    }
}

/// Marks without the hashes of the graded files. What is no such document stays as it is.
fn without_hashes(marks: &str) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(marks) else { return marks.to_owned() };
    for row in document.get_mut("results").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(row) = row.as_object_mut() {
            row.remove("submission");
        }
    }
    document.to_string()
}
