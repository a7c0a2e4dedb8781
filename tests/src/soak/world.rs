//! A person's files, cache and terminal, which faults may hit, and the commands that run
//! there.

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

use crate::endings::witness::{Alone, Witness};
use crate::scratch::Scratch;

/// How long a command may take, whatever hits it. A machine has 20 s.
const LONG: Duration = Duration::from_secs(120);
/// How long a process may take to end after its lab is gone.
const IN_TIME: Duration = Duration::from_secs(2);
/// Entries that take minutes to build and that no fault may reach.
const KERNEL: &[&str] = &["kernel", "kernel-source", "versions"];
const LESSON: &str = "sigchld";

/// A command that a fault may hit.
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

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// As in a shell: 128 and more for a signal.
    pub status: i32,
    /// What it printed. Empty for a shell, which prints what was typed at any time.
    pub stdout: String,
    /// The marks of a class.
    pub marks: Option<String>,
    pub stderr: String,
}

impl Ended {
    /// Whether the result is what the person should get. Other messages do not count.
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
    /// Files for the command's output, so that nothing must read it meanwhile.
    printed: [PathBuf; 2],
    terminal: OpenptyResult,
    before: Termios,
    kernel_source: Option<PathBuf>,
    /// How many times the student's file was edited.
    edits: usize,
    solution: String,
    /// Each command's result, and how long it takes.
    pub right: Vec<(What, Ended, Duration)>,
}

impl World {
    /// A world where everything is right and built.
    pub fn new(lab: &Lab<'_>) -> Result<World, Failed> {
        // Whatever a fault may damage is built anew and belongs only to this world.
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
            // The first run builds everything, so its time does not count.
            world.run(what)?;
            let begin = Instant::now();
            let ended = world.run(what)?;
            world.right.push((what, ended, begin.elapsed()));
        }
        Ok(world)
    }

    pub fn cache(&self) -> &Path {
        self.scratch.cache.root()
    }

    /// Shares the kernel again if it was removed.
    pub fn share_kernel(&self) -> Result<(), Failed> {
        self.persons_own.sharing(self.cache(), KERNEL)?;
        Ok(())
    }

    pub fn right(&self, what: What) -> Option<&(What, Ended, Duration)> {
        self.right.iter().find(|(of, _, _)| *of == what)
    }

    /// Runs a command without a fault.
    pub fn run(&mut self, what: What) -> Result<Ended, Failed> {
        let call = self.start(what, "", false)?;
        self.end(call)
    }

    /// Starts a command after some shell commands. No other process sees what those
    /// mount.
    pub fn start(&mut self, what: What, shell: &str, mounts: bool) -> Result<Call, Failed> {
        self.edit()?;
        let args: &[&str] = match what {
            What::Run => &["run", LESSON, "--story"],
            What::Check => &["--work", "work", "check", LESSON],
            What::Grade => &["grade", "class", "--lesson", LESSON, "--json", "marks.json"],
            What::Exec => &["exec", "--", "/bin/echo", "one word"],
            What::Shell => &["shell"],
        };
        let mut command = match mounts {
            true => Command::new("unshare"),
            false => Command::new("sh"),
        };
        if mounts {
            command.args(["--mount", "--map-root-user", "sh"]);
        }
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
            File::from(self.terminal.master.try_clone()?).write_all(b"exit 3\n")?;
        }
        let witness = Witness::of(&mut command)?;
        let lab = command.spawn()?;
        Ok(Call { what, lab, witness: witness.alone() })
    }

    /// Changes the student's files so that they must be compiled again but mean the same.
    fn edit(&mut self) -> Result<(), Failed> {
        self.edits += 1;
        for (folder, number) in [("work", 0), ("class/ann", 1), ("class/bob", 2)] {
            let file = self.scratch.folder().join(folder).join(LESSON).join("main.rs");
            fs::write(file, format!("{}// {}.{number}\n", self.solution, self.edits))?;
        }
        Ok(())
    }

    /// Waits until a command and everything that it started have ended.
    pub fn end(&self, mut call: Call) -> Result<Ended, Failed> {
        use std::os::unix::process::ExitStatusExt;

        use wait_timeout::ChildExt;

        let Some(status) = call.lab.wait_timeout(LONG)? else {
            call.lab.kill()?;
            return Err(format!("{:?} did not end", call.what).into());
        };
        call.witness.sees_the_last_go(Instant::now() + IN_TIME)?;
        let text = |path: &Path| fs::read(path).map(|b| String::from_utf8_lossy(&b).into_owned());
        let [stdout, stderr] = &self.printed;
        let marks = self.scratch.folder().join("marks.json");
        let ended = Ended {
            status: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()),
            stdout: if call.what == What::Shell { String::new() } else { text(stdout)? },
            marks: (call.what == What::Grade).then(|| text(&marks)).transpose()?,
            stderr: text(stderr)?,
        };
        self.forget_what_was_typed()?;
        Ok(ended)
    }

    /// Discards input that a shell did not read.
    fn forget_what_was_typed(&self) -> Result<(), Failed> {
        use nix::sys::termios::{FlushArg, tcflush};
        Ok(tcflush(&self.terminal.slave, FlushArg::TCIOFLUSH)?)
    }

    /// Fails if ended commands have left something.
    pub fn is_tidy(&self) -> Result<(), Failed> {
        if tcgetattr(&self.terminal.slave)? != self.before {
            return Err("the terminal is not as before".into());
        }
        self.scratch.nothing_is_left()?;
        for all in fs::read_dir(self.scratch.folder().join("tmp"))? {
            let all = all?.path();
            if let Some(left) = fs::read_dir(&all).into_iter().flatten().flatten().next() {
                return Err(format!("`{}` is left", left.path().display()).into());
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
