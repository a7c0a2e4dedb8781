//! When fork returns, everything is there twice. Only the return value tells which copy
//! this is, and `copy_thread` (arch/x86/kernel/process.c) has written the child's: 0.

use marker::{Arg, check, mark, scene};
use nix::libc::{self, pid_t};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, getppid, pipe, read, write};

use steps::exit;

pub fn run() -> nix::Result<()> {
    let parent = getpid();
    let (reader, writer) = pipe()?;
    let mut number = 1;

    scene!("1. fork is called once");
    // nix's fork takes the number apart already: here it is as libc returns it.
    // SAFETY: this program has one thread, so the child may do as it likes.
    let returned = unsafe { libc::fork() };
    if returned == 0 {
        mark!("1. here it returned 0");
        number += 1;
        check!("getppid() in the child", getppid(), parent);
        check!("write", write(&writer, &getpid().as_raw().to_ne_bytes())?, 4);
        exit(number);
    }
    check!("fork failed", returned == -1, false);
    mark!("1. here it returned {}", Arg::Task(returned));

    let mut pid = [0; 4];
    check!("read", read(&reader, &mut pid)?, 4);
    check!("getpid() in the child", pid_t::from_ne_bytes(pid), returned);
    let child = Pid::from_raw(returned);
    check!("wait status", waitpid(child, None)?, WaitStatus::Exited(child, 2));
    check!("the parent's number", number, 1);
    println!("1. fork: returns the child's pid in the parent, 0 in the child");
    println!("   a number was 1: 2 in the child, still 1 in the parent");
    Ok(())
}
