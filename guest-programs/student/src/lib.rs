//! How the lab runs a student's program: as an unprivileged user, within
//! limits, and with a mark in the trace when it starts and when it ends.
//!
//! If an exercise has to act on the program, it has a *harness*: a program of
//! the lab that PID 1 runs as root. It starts the student's program with this
//! crate, acts, and waits for the end:
//!
//! ```ignore
//! marker::open_trace();
//! let mut program = student::start(std::env::args_os().skip(1))?;
//! // … writes to its pipe, makes edu interrupt, resizes its terminal …
//! student::wait(&mut program)?;
//! ```
//!
//! An exercise without a harness is run by `src/main.rs`, which does just this.
//! Only root can write marks, so no student can.
//!
//! Where the student writes a kernel module, the harness loads it ([`module`])
//! and acts on it from outside, as user space and as the device ([`edu`]).

pub mod edu;
pub mod handler;
pub mod module;
pub mod output;
pub mod rest;
pub mod stop;
pub mod wait;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};

use marker::{Arg, mark};
use nix::mount::{MsFlags, mount};
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::Pid;
use protocol::limits::{FILE_BYTES, PROCESSES};
use protocol::{GuestFile, STUDENT};

/// Address space of each process, bytes (RLIMIT_AS). This is more than the
/// machine's memory, because thread stacks are mostly empty.
const ADDRESS_SPACE: u64 = 256 << 20;

/// The student's program with its arguments, user and limits; the caller may
/// still give it another stdin, stdout or stderr.
pub fn command(args: impl IntoIterator<Item = OsString>) -> Command {
    let mut command = Command::new(GuestFile::STUDENT.path());
    // `uid` also drops root's supplementary groups.
    command
        .args(args)
        .stdin(Stdio::null())
        .current_dir(STUDENT.home)
        .uid(STUDENT.uid)
        .gid(STUDENT.uid);
    let hidden = hide_processes();
    // SAFETY: setrlimit is a system call and nothing else, as a child between
    // fork and exec needs it to be.
    unsafe { command.pre_exec(move || hidden.map_err(io::Error::from).and_then(|()| limit())) };
    command
}

/// From now on users see no processes in /proc but their own: the harness's
/// arguments say what the student's program has to find out.
fn hide_processes() -> nix::Result<()> {
    let nothing: Option<&str> = None;
    mount(nothing, "/proc", nothing, MsFlags::MS_REMOUNT, Some("hidepid=invisible"))
}

fn limit() -> io::Result<()> {
    for (resource, limit) in [
        (Resource::RLIMIT_NPROC, PROCESSES),
        (Resource::RLIMIT_AS, ADDRESS_SPACE),
        (Resource::RLIMIT_FSIZE, FILE_BYTES),
        (Resource::RLIMIT_CORE, 0),
    ] {
        setrlimit(resource, limit, limit)?;
    }
    Ok(())
}

/// Starts the student's program and marks that.
pub fn start(args: impl IntoIterator<Item = OsString>) -> io::Result<Child> {
    spawn(&mut command(args))
}

/// The same for a command of which the caller changed something.
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    let child = command.spawn()?;
    mark!("the program runs as {}", Arg::Task(child.id() as i32));
    Ok(child)
}

/// Its process ID.
pub fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

/// Waits for its end and marks that: `the program exited with 0`, or `the
/// program was killed by signal 11`.
pub fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let status = child.wait()?;
    match (status.code(), status.signal()) {
        (Some(code), _) => mark!("the program exited with {}", code),
        (None, signal) => mark!("the program was killed by signal {}", signal.unwrap_or_default()),
    }
    Ok(status)
}
