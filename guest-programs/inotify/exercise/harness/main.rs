//! Creates, deletes and renames files while the student's program watches.
//!
//! Usage: harness FIRST QUEUE
//!
//! Files are named after numbers from FIRST on; the program's queue of events
//! holds QUEUE of them.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use marker::mark;
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use student::output::Output;

/// The folder that is watched, and another.
const WATCHED: &str = "/tmp/watched";
const ELSEWHERE: &str = "/tmp/elsewhere";

/// How many events a queue holds; looked at when it is made.
const QUEUE: &str = "/proc/sys/fs/inotify/max_queued_events";

/// How long the program may take until its list is right.
const PATIENCE: Duration = Duration::from_millis(200);

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u32>());
    let (Some(Ok(first)), Some(Ok(queue))) = (numbers.next(), numbers.next()) else {
        return Err("usage: harness FIRST QUEUE".into());
    };
    let file = |number: u32| format!("{WATCHED}/{}", first + number);
    fs::create_dir(WATCHED)?;
    fs::create_dir(ELSEWHERE)?;
    fs::write(QUEUE, queue.to_string())?;
    for number in 0..4 {
        File::create(file(number))?;
    }

    let (mut program, mut lists) = start()?;
    run_to_watch(&program)?;
    mark!("0. a file is created while it starts");
    File::create(file(4))?;
    release(&program)?;
    mark!("0. {}", lists.verdict()?);
    // Whoever has missed it is right again.
    fs::remove_file(file(4))?;
    lists.verdict()?;

    mark!("1. a file is created");
    File::create(file(5))?;
    mark!("1. {}", lists.verdict()?);

    mark!("2. a file is deleted");
    fs::remove_file(file(0))?;
    mark!("2. {}", lists.verdict()?);

    mark!("3. a file gets another name");
    fs::rename(file(1), file(6))?;
    mark!("3. {}", lists.verdict()?);

    mark!("4. a file is moved elsewhere");
    fs::rename(file(5), format!("{ELSEWHERE}/{first}"))?;
    mark!("4. {}", lists.verdict()?);

    // While it is stopped, it reads nothing.
    mark!("5. more happens than the queue can hold");
    stop(&program)?;
    for number in 10..10 + queue {
        File::create(file(number))?;
    }
    // Now the queue is full.
    for number in [2, 3, 10] {
        fs::remove_file(file(number))?;
    }
    for number in 50..53 {
        File::create(file(number))?;
    }
    go_on(&program)?;
    mark!("5. {}", lists.verdict()?);

    mark!("6. a file is created");
    File::create(file(7))?;
    lists.verdict()?;
    let is_there = lists.last.contains(&(first + 7).to_string());
    mark!("6. its list {} the new file", if is_there { "has" } else { "lacks" });

    program.kill()?;
    student::wait(&mut program)?;
    Ok(())
}

/// Starts the student's program, which stops before its first instruction: it
/// asks to be traced (ptrace(2)).
fn start() -> Result<(Child, Lists), Box<dyn Error>> {
    let mut command = student::command([WATCHED.into()]);
    command.stdout(Stdio::piped());
    // SAFETY: one system call, which a child between fork and exec may make.
    unsafe { command.pre_exec(|| Ok(ptrace::traceme()?)) };
    let mut program = student::spawn(&mut command)?;
    let lists = Lists { output: Output::of(&mut program)?, last: BTreeSet::new() };
    Ok((program, lists))
}

/// Lets the program run until it calls inotify_add_watch, or prints its first
/// list.
fn run_to_watch(program: &Child) -> nix::Result<()> {
    let pid = pid(program);
    while !matches!(state(program)?, WaitStatus::Exited(..) | WaitStatus::Signaled(..)) {
        let registers = ptrace::getregs(pid)?;
        let (call, argument) = (registers.orig_rax as i64, registers.rdi);
        let watches = call == libc::SYS_inotify_add_watch;
        let prints = call == libc::SYS_write && argument == 1;
        if watches || prints {
            break;
        }
        // To where the next system call begins or ends.
        ptrace::syscall(pid, None)?;
    }
    Ok(())
}

/// Lets a program go that was stopped by `run_to_watch`.
fn release(program: &Child) -> nix::Result<()> {
    unless_ended(ptrace::detach(pid(program), None))
}

/// Stops the program, and waits until it has stopped.
fn stop(program: &Child) -> nix::Result<()> {
    unless_ended(kill(pid(program), Signal::SIGSTOP))?;
    state(program).map(drop)
}

fn go_on(program: &Child) -> nix::Result<()> {
    unless_ended(kill(pid(program), Signal::SIGCONT))
}

/// Waits until the program has stopped or ended. A program that has ended can still be
/// waited for.
fn state(program: &Child) -> nix::Result<WaitStatus> {
    let any = WaitPidFlag::WSTOPPED | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    waitid(Id::Pid(pid(program)), any)
}

/// If the program has ended, that is its own fault.
fn unless_ended(result: nix::Result<()>) -> nix::Result<()> {
    match result {
        Err(Errno::ESRCH) => Ok(()),
        result => result,
    }
}

fn pid(program: &Child) -> Pid {
    Pid::from_raw(program.id() as i32)
}

/// The lists that the program prints, a line each.
struct Lists {
    output: Output,
    /// The last list.
    last: BTreeSet<String>,
}

impl Lists {
    /// Whether the program's list becomes what is in the folder.
    fn verdict(&mut self) -> io::Result<String> {
        let mut there = BTreeSet::new();
        for entry in fs::read_dir(WATCHED)? {
            there.insert(entry?.file_name().to_string_lossy().into_owned());
        }
        let deadline = Instant::now() + PATIENCE;
        while self.last != there {
            if !self.read(deadline)? {
                if self.output.lines == 0 {
                    return Ok("there is no list".to_owned());
                }
                let lacks = there.difference(&self.last).count();
                let wrong = self.last.difference(&there).count();
                return Ok(format!("its list lacks {lacks}, and has {wrong} that are gone"));
            }
        }
        Ok("its list is right".to_owned())
    }

    /// Reads what lists come, at least one; false if there is none before the
    /// deadline.
    fn read(&mut self, deadline: Instant) -> io::Result<bool> {
        let left = deadline.saturating_duration_since(Instant::now());
        let lists = self.output.hear_some(1, left)?;
        if let Some(list) = lists.last() {
            self.last = list.split_whitespace().map(str::to_owned).collect();
        }
        Ok(!lists.is_empty())
    }
}
