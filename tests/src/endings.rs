//! How the command line ends when it is asked to, when it is killed, when the host limits
//! it, when nothing reads its output, and when QEMU does not end. It ends in time, with a
//! meaningful status, and leaves nothing behind.

pub mod witness;

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use host::{BUSYBOX, QEMU, on_path};
use lab::error::Error;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use nix::libc::{SIGHUP, SIGINT, SIGKILL, SIGPIPE, SIGTERM};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::openpty;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::termios::tcgetattr;
use nix::unistd::{Pid, mkfifo};
use vm::command::Accel;
use wait_timeout::ChildExt;

use crate::Test;
use crate::command_line::{cannot_be_written, course};
use crate::scratch::{ALL, Scratch};
use witness::{Alone, Witness};

/// How long a process may take to end after it is asked to, or after its lab is gone.
const IN_TIME: Duration = Duration::from_secs(2);

type Check = fn(&Lab<'static>, &Machine) -> Result<(), Failed>;

const CHECKS: &[(&str, Check)] = &[
    ("grade-by-sigint", |lab, _| graded(lab, SIGINT)),
    ("grade-by-sigterm", |lab, _| graded(lab, SIGTERM)),
    ("grade-by-sighup", |lab, _| graded(lab, SIGHUP)),
    ("grade-killed", |lab, _| graded(lab, SIGKILL)),
    ("grade-goes-on-where-it-was-cut-off", |lab, _| goes_on(lab)),
    ("setup-by-sigterm", |lab, _| builds_a_kernel(lab, SIGTERM)),
    ("setup-killed", |lab, _| builds_a_kernel(lab, SIGKILL)),
    ("test-by-sigterm", |_, _| tests(SIGTERM)),
    ("test-killed", |_, _| tests(SIGKILL)),
    ("bench-by-sigterm", |_, _| measures()),
    ("what-is-stuck-ends-in-time", |lab, machine| waits(lab, machine, 1)),
    ("a-second-signal-ends-at-once", |lab, machine| waits(lab, machine, 2)),
    ("qemu-stays", |lab, _| odd_qemu(lab, "‹qemu› \"$@\"\nexec sleep 1000\n")),
    ("qemu-complains", |lab, _| {
        odd_qemu(lab, "head -c 1000000 /dev/zero | tr '\\0' x >&2\nexec ‹qemu› \"$@\"\n")
    }),
    ("few-files", |_, _| {
        let hint = "`ulimit -n` lets a process open 16 files here";
        limited(Resource::RLIMIT_NOFILE, 16, hint)
    }),
    ("short-files", |_, _| {
        let hint = "`ulimit -f` lets a process write files of 10 KiB here";
        limited(Resource::RLIMIT_FSIZE, 10 << 10, hint)
    }),
    ("little-memory-is-enough", |_, _| little_memory()),
    ("a-full-disk-is-a-failure", |lab, _| full(lab)),
    ("nobody-reads", |_, _| nobody_reads()),
    ("exec-used-wrongly", |_, _| used_wrongly()),
];

/// The tests that run a busybox program in the machine.
const SHELL_CHECKS: &[(&str, Check)] = &[
    ("exec-by-sigint", |_, _| executes(SIGINT)),
    ("exec-by-sigterm", |_, _| executes(SIGTERM)),
    ("exec-killed", |_, _| executes(SIGKILL)),
    ("shell-killed-leaves-the-terminal-as-it-was", |_, _| leaves_the_terminal()),
];

/// One test per way to end.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    lab.prepare(machine, &exercise(lab)?)?;
    let test = |&(name, check): &(&'static str, Check)| {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        Test::new(format!("endings::{name}"), move || check(&lab, &machine))
    };
    let with_shell = SHELL_CHECKS.iter().map(|check| test(check).needs(BUSYBOX));
    Ok(CHECKS.iter().map(&test).chain(with_shell).collect())
}

/// A running call of the command line, and a witness that sees when everything that it
/// started is gone.
struct Call {
    lab: Child,
    witness: Alone,
}

impl Call {
    fn start(mut command: Command) -> Result<Call, Failed> {
        let witness = Witness::of(&mut command)?;
        let lab = command.stdin(Stdio::null()).spawn()?;
        Ok(Call { lab, witness: witness.alone() })
    }

    /// Waits until a stream has a line that begins like this.
    fn says(stream: Option<impl Read>, beginning: &str) -> Result<(), Failed> {
        let mut said = String::new();
        for line in BufReader::new(stream.ok_or("the stream is not read")?).lines() {
            let line = line?;
            if line.starts_with(beginning) {
                return Ok(());
            }
            said += &format!("{line}\n");
        }
        Err(format!("it did not come to say `{beginning}`:\n{said}").into())
    }

    /// Sends a signal. The call must end in time, by that signal, with everything that it
    /// started.
    fn ends_by(mut self, signal: i32) -> Result<(), Failed> {
        let asked = Instant::now();
        self.send(signal)?;
        let status = self.lab.wait_timeout(IN_TIME)?;
        if status.and_then(|status| status.signal()) != Some(signal) {
            self.lab.kill()?;
            return Err(format!("{status:?}, and not by signal {signal}").into());
        }
        self.witness.sees_the_last_go(asked + IN_TIME)
    }

    fn send(&self, signal: i32) -> Result<(), Failed> {
        let pid = Pid::from_raw(self.lab.id().cast_signed());
        Ok(kill(pid, Signal::try_from(signal)?)?)
    }
}

/// The exercise to grade.
fn exercise(lab: &Lab<'_>) -> Result<Exercise, Error> {
    Ok(Exercise::read(&lab.course.find("lesson-1")?, Seed::default())?)
}

/// A class in a scratch folder. All its programs are correct and not compiled yet.
struct Class {
    scratch: Scratch,
    folder: PathBuf,
    marks: PathBuf,
}

impl Class {
    fn new(lab: &Lab<'_>, students: usize) -> Result<Class, Failed> {
        let scratch = Scratch::new(lab, &[ALL, &["crates"]].concat())?;
        let exercise = exercise(lab)?;
        let folder = scratch.folder().join("class");
        for number in 0..students {
            let lesson = exercise.lesson.name.to_string();
            let of_student = folder.join(format!("student-{number}")).join(lesson);
            fs::create_dir_all(&of_student)?;
            let text = exercise.sample(&Sample::Solution);
            fs::write(of_student.join(exercise.file.name()), format!("{text}// {number}\n"))?;
        }
        let marks = scratch.folder().join("marks.json");
        Ok(Class { scratch, folder, marks })
    }

    fn grade(&self, lab: &Lab<'_>, args: &[&str]) -> Result<Command, Failed> {
        let mut command = self.scratch.call(lab, &["grade"])?;
        command.arg(&self.folder).args(args).arg(&self.marks);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }
}

/// Interrupts the grading while others are compiled and run. Earlier marks stay.
fn graded(lab: &Lab<'_>, signal: i32) -> Result<(), Failed> {
    let class = Class::new(lab, 8)?;
    fs::write(&class.marks, "old")?;
    let mut call = Call::start(class.grade(lab, &["--json"])?)?;
    Call::says(call.lab.stderr.take(), "grading: 10 %")?;
    call.ends_by(signal)?;
    if fs::read_to_string(&class.marks)? != "old" {
        return Err("the marks differ".into());
    }
    class.scratch.nothing_is_left()
}

/// The rows of an interrupted class are kept and the others added. The bytes are the same
/// as without the interruption.
fn goes_on(lab: &Lab<'_>) -> Result<(), Failed> {
    let class = Class::new(lab, 4)?;
    let mut call = Call::start(class.grade(lab, &["--jobs", "1", "--into"])?)?;
    Call::says(call.lab.stderr.take(), "grading: 20 %")?;
    call.ends_by(SIGINT)?;
    let rows = |marks: &[u8]| -> Result<usize, Failed> {
        let marks: serde_json::Value = serde_json::from_slice(marks)?;
        Ok(marks["results"].as_array().map_or(0, Vec::len))
    };
    let before = rows(&fs::read(&class.marks)?)?;
    let output = succeeded(class.grade(lab, &["--into"])?)?;
    let after = output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count();
    let marks = fs::read(&class.marks)?;
    if before == 0 || before + after != 4 || rows(&marks)? != 4 {
        return Err(format!("{before} rows, then {after} more, of 4").into());
    }
    succeeded(class.grade(lab, &["--json"])?)?;
    let same = |marks: &[u8]| -> Result<(), Failed> {
        if fs::read(&class.marks)? == marks { Ok(()) } else { Err("the marks differ".into()) }
    };
    same(&marks)?;
    changes(lab, &class, &marks)?;
    // Rows of another version of the exercise are not mixed with new ones.
    let version = serde_json::from_slice::<serde_json::Value>(&marks)?["exercises"].to_string();
    let old = String::from_utf8(marks.clone())?;
    let digits = version.rsplit('"').nth(1).ok_or("there is no version")?;
    fs::write(&class.marks, old.replace(digits, "0"))?;
    let refused = class.grade(lab, &["--into"])?.stdin(Stdio::null()).output()?;
    if refused.status.code() != Some(2) || !told(&refused).contains("of another version of") {
        return Err(told(&refused).into());
    }
    succeeded(class.grade(lab, &["--regrade", "--into"])?)?;
    same(&marks)
}

/// Only the submission that has changed is graded again, and no other row changes.
fn changes(lab: &Lab<'_>, class: &Class, marks: &[u8]) -> Result<(), Failed> {
    let exercise = exercise(lab)?;
    let folder = class.folder.join("student-2").join(exercise.lesson.name.to_string());
    let file = folder.join(exercise.file.name());
    let solution = fs::read(&file)?;
    fs::write(&file, exercise.sample(&Sample::Stub))?;
    let output = succeeded(class.grade(lab, &["--into"])?)?;
    let told = String::from_utf8(output.stdout)?;
    if !told.starts_with("student-2 ") || told.lines().count() != 1 {
        return Err(format!("not only student-2 was graded:\n{told}").into());
    }
    let (before, after): (serde_json::Value, serde_json::Value) =
        (serde_json::from_slice(marks)?, serde_json::from_slice(&fs::read(&class.marks)?)?);
    for student in 0..4 {
        let [before, after] = [&before, &after].map(|marks| &marks["results"][student]);
        if (before == after) == (student == 2) {
            return Err(format!("{before:#} became {after:#}").into());
        }
    }
    fs::write(&file, solution)?;
    Ok(fs::write(&class.marks, marks)?)
}

fn succeeded(mut command: Command) -> Result<Output, Failed> {
    let output = command.stdin(Stdio::null()).output()?;
    match output.status.success() {
        true => Ok(output),
        false => Err(told(&output).into()),
    }
}

fn told(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}--- stderr\n{}", output.status, text(&output.stdout), text(&output.stderr))
}

/// A PATH with a folder of programs in front of the host's.
fn before_path(scratch: &Scratch, name: &str, script: &str) -> Result<std::ffi::OsString, Failed> {
    let folder = scratch.folder().join("bin");
    fs::create_dir_all(&folder)?;
    let program = folder.join(name);
    fs::write(&program, script)?;
    fs::set_permissions(program, Permissions::from_mode(0o755))?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path)))?)
}

/// Interrupts the build as soon as make runs. make reports that through a pipe.
fn builds_a_kernel(lab: &Lab<'_>, signal: i32) -> Result<(), Failed> {
    let scratch = Scratch::new(lab, &["kernel-source", "versions", "programs"])?;
    let pipe = scratch.folder().join("pipe");
    mkfifo(&pipe, Mode::S_IRWXU)?;
    let make = on_path("make").ok_or("there is no make")?;
    let script =
        format!("#!/bin/sh\necho > '{}'\nexec {} \"$@\"\n", pipe.display(), make.display());
    let mut command = scratch.call(lab, &["setup"])?;
    command.env("PATH", before_path(&scratch, "make", &script)?).stderr(Stdio::piped());
    let mut call = Call::start(command)?;
    // Also opened for writing, or the pipe would end with each make.
    let reader = File::options().read(true).write(true).open(&pipe)?;
    let mut runs = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
    if poll(&mut runs, PollTimeout::from(u16::MAX))? == 0 {
        call.lab.kill()?;
        return Call::says(call.lab.stderr.take(), "make");
    }
    call.ends_by(signal)?;
    scratch.nothing_is_left()
}

/// Processes that a test starts itself end too, and its temporary folders are gone.
fn tests(signal: i32) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["test", "attacks::hangs"]).env_remove("UPCALL_IS_KEPT");
    command.env("TMPDIR", folder.path()).stdout(Stdio::piped());
    let mut call = Call::start(command)?;
    Call::says(call.lab.stdout.take(), "running 1 test")?;
    call.ends_by(signal)?;
    let all = fs::read_dir(folder.path())?.next().ok_or("there were no temporary folders")??;
    let left = fs::read_dir(all.path())?.count();
    if left == usize::from(signal == SIGKILL) {
        Ok(())
    } else {
        Err(format!("{left} temporary folders are left").into())
    }
}

fn measures() -> Result<(), Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", "--runs", "1000"]).stderr(Stdio::piped());
    let mut call = Call::start(command)?;
    Call::says(call.lab.stderr.take(), "run: 00 %")?;
    call.ends_by(SIGTERM)
}

/// The program must not sleep, because the guest would skip the time.
fn executes(signal: i32) -> Result<(), Failed> {
    let script = "echo ready; while :; do :; done";
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["exec", "--timeout", "100000", "--", "busybox", "sh", "-c", script]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut call = Call::start(command)?;
    Call::says(call.lab.stdout.take(), "ready")?;
    call.ends_by(signal)
}

/// A shell puts the terminal into raw mode.
fn leaves_the_terminal() -> Result<(), Failed> {
    let terminal = openpty(None, None)?;
    let before = tcgetattr(&terminal.slave)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("shell").stdin(terminal.slave.try_clone()?).stdout(terminal.slave.try_clone()?);
    let witness = Witness::of(&mut command)?;
    let lab = command.stderr(Stdio::null()).spawn()?;
    let call = Call { lab, witness: witness.alone() };
    // The guest echoes the command, so the shell has started.
    File::from(terminal.master.try_clone()?).write_all(b"echo re''ady\n")?;
    Call::says(Some(File::from(terminal.master.try_clone()?)), "ready")?;
    if tcgetattr(&terminal.slave)? == before {
        return Err("the terminal is not raw".into());
    }
    call.ends_by(SIGKILL)?;
    match tcgetattr(&terminal.slave)? == before {
        true => Ok(()),
        false => Err("the terminal is not as it was".into()),
    }
}

/// The process waits for a lock, and signals do not interrupt that wait.
fn waits(lab: &Lab<'_>, machine: &Machine, signals: usize) -> Result<(), Failed> {
    /// The time for tidying up.
    const TIDYING: Duration = Duration::from_millis(1_500);
    let scratch = Scratch::without_checkpoints(lab)?;
    let key = lab.checkpoint_key(machine, Accel::TCG)?.to_string();
    let site = scratch.cache.root().join("checkpoints/unfinished").join(key);
    fs::create_dir_all(&site)?;
    let site = File::open(site)?;
    site.lock()?;
    let mut command = scratch.call(lab, &["run", "lesson-1"])?;
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut call = Call::start(command)?;
    Call::says(call.lab.stderr.take(), "waiting for another process that builds the checkpoints")?;
    let asked = Instant::now();
    // Two equal signals could merge into one.
    for &signal in &[SIGTERM, SIGINT][..signals] {
        call.send(signal)?;
    }
    let status = call.lab.wait_timeout(IN_TIME)?;
    let at_once = asked.elapsed() < TIDYING;
    if status.is_some_and(|status| status.signal().is_some()) && at_once == (signals == 2) {
        return Ok(());
    }
    call.lab.kill()?;
    Err(format!("{status:?} after {:?}", asked.elapsed()).into())
}

/// If QEMU does something else while it runs a lesson, the run is as usual.
fn odd_qemu(lab: &Lab<'_>, does: &str) -> Result<(), Failed> {
    let scratch = Scratch::new(lab, ALL)?;
    let qemu = on_path(QEMU).ok_or("there is no QEMU")?;
    let script =
        format!("#!/bin/sh\ncase \"$*\" in *-incoming*) ;; *) exec ‹qemu› \"$@\" ;; esac\n{does}");
    let script = script.replace("‹qemu›", &qemu.display().to_string());
    let mut command = scratch.call(lab, &["run", "lesson-1", "--story"])?;
    command.env("PATH", before_path(&scratch, QEMU, &script)?);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut call = Call::start(command)?;
    // The checkpoint may have to be made, and then QEMU has five seconds.
    let in_time = call.lab.wait_timeout(Duration::from_secs(120))?;
    call.lab.kill()?;
    let output = call.lab.wait_with_output()?;
    let usual = succeeded(scratch.call(lab, &["run", "lesson-1", "--story"])?)?;
    match in_time.is_some_and(|status| status.success()) && output.stdout == usual.stdout {
        true => call.witness.sees_the_last_go(Instant::now() + IN_TIME),
        false => Err(format!("{in_time:?}: {}", told(&output)).into()),
    }
}

/// Runs the miniature course's first lesson in a session with a limit.
fn run_within(limit: Option<(Resource, u64)>) -> Result<Output, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--course").arg(course()).args(["run", "lesson-1"]).stdin(Stdio::null());
    if let Some((resource, most)) = limit {
        // SAFETY: the closure only makes a system call.
        unsafe { command.pre_exec(move || Ok(setrlimit(resource, most, most)?)) };
    }
    Ok(command.output()?)
}

/// The report names the limit, and does not claim that the host lacks something.
fn limited(resource: Resource, most: u64, hint: &str) -> Result<(), Failed> {
    let output = run_within(Some((resource, most)))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let hint = format!("hint: {hint}: raise it\n");
    if output.status.code() == Some(4) && stderr.starts_with("error: ") && stderr.ends_with(&hint) {
        Ok(())
    } else {
        Err(format!("{}, and not 4 and `{hint}`", told(&output)).into())
    }
}

/// Shared machines in schools have such limits.
fn little_memory() -> Result<(), Failed> {
    let (usual, output) =
        (run_within(None)?, run_within(Some((Resource::RLIMIT_AS, 1_000_000 << 10)))?);
    match output.status.success() && told(&output) == told(&usual) {
        true => Ok(()),
        false => Err(told(&output).into()),
    }
}

/// Commands that `command-line::output-that-cannot-be-written` does not cover.
fn full(lab: &Lab<'_>) -> Result<(), Failed> {
    let class = Class::new(lab, 1)?;
    let student = class.folder.join("student-0");
    let work = student.to_str().ok_or("the folder's path is no UTF-8")?;
    let check = class.scratch.call(lab, &["--work", work, "check", "lesson-1"])?;
    for mut command in [class.grade(lab, &["--json"])?, check] {
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut output = command.stdout(File::options().write(true).open("/dev/full")?).output()?;
        // Only the last line is about the output.
        let mut lines = output.stderr.split_inclusive(|&byte| byte == b'\n');
        output.stderr = lines.next_back().unwrap_or_default().to_vec();
        cannot_be_written(&output)?;
    }
    Ok(())
}

/// What `| true` does: there is no message, and a program's status stays.
fn nobody_reads() -> Result<(), Failed> {
    let unread = |args: &[&str]| -> Result<ExitStatus, Failed> {
        let (reader, writer) = std::io::pipe()?;
        drop(reader);
        let mut command = Command::new(std::env::current_exe()?);
        command.args(args).stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        Ok(command.status()?)
    };
    let list = unread(&["list"])?;
    if list.signal() != Some(SIGPIPE) {
        return Err(format!("{list}, and not by SIGPIPE").into());
    }
    let events = unread(&["exec", "--events", "sys_enter", "--", "/bin/true"])?;
    if events.signal() != Some(SIGPIPE) {
        return Err(format!("{events}, and not by SIGPIPE").into());
    }
    for (args, expected) in
        [(["exec", "--", "/bin/false"], 1), (["exec", "--", "/no/such/program"], 127)]
    {
        let status = unread(&args)?;
        if status.code() != Some(expected) {
            return Err(format!("{args:?}: {status}, and not {expected}").into());
        }
    }
    Ok(())
}

/// If `exec` has no status of a program it ends with 125, even if its message cannot be
/// written.
fn used_wrongly() -> Result<(), Failed> {
    let calls: [&[&str]; 4] = [
        &["exec", "--no-such-option"],
        &["exec"],
        &["exec", "--kmod", "/no/such/module.ko", "--", "/bin/true"],
        &["exec", "--events", "sys_enter", "--", "/bin/true"],
    ];
    for args in calls {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(args).stdin(Stdio::null());
        let status = command.stderr(File::options().write(true).open("/dev/full")?).status()?;
        if status.code() != Some(125) {
            return Err(format!("{args:?}: {status}, and not 125").into());
        }
    }
    Ok(())
}
