//! The program's start, up to the moment when it begins to watch.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

use nix::libc;
use nix::sys::ptrace;
use nix::sys::wait::WaitStatus;
use student::pid;
use student::stop::{stopped, unless_ended};

use crate::WATCHED;

/// Starts the student's program, which stops before its first instruction: it
/// asks to be traced (ptrace(2)).
pub fn start() -> io::Result<Child> {
    let mut command = student::command([WATCHED.into()]);
    command.stdout(Stdio::piped());
    // SAFETY: one system call, which a child between fork and exec may make.
    unsafe { command.pre_exec(|| Ok(ptrace::traceme()?)) };
    student::spawn(&mut command)
}

/// Lets the program run until it calls inotify_add_watch, or prints its first
/// list.
pub fn run_to_watch(program: &Child) -> nix::Result<()> {
    let pid = pid(program);
    while !matches!(stopped(program)?, WaitStatus::Exited(..) | WaitStatus::Signaled(..)) {
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
pub fn release(program: &Child) -> nix::Result<()> {
    unless_ended(ptrace::detach(pid(program), None))
}
