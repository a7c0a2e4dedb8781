//! kill(2) for comparison: the sender is the task that called it, so `si_pid` and the
//! permission are its own. `check_kill_permission` (kernel/signal.c) wants the same user,
//! CAP_KILL, or for SIGCONT the same session.

use std::io;

use kill_pid::SIGNAL;
use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl::set_keepcaps;
use nix::unistd::{getpid, setsid};
use steps::{ended, ended_well, start};

use crate::handler;
use crate::student::{become_student, keep_cap_kill, kill};

pub fn run() -> io::Result<()> {
    let me = getpid();
    scene!("11. a user calls kill(2): refused");
    let student = start(|| become_student().and_then(|()| kill(me, SIGNAL)))?;
    check!("kill", ended(student)?, Err(Errno::EPERM));
    println!("11. kill(2) by user 1000: EPERM");

    mark!("11. the same with CAP_KILL: sent");
    let student = start(|| {
        set_keepcaps(true)?;
        become_student()?;
        keep_cap_kill()?;
        kill(me, SIGNAL)
    })?;
    ended_well(student)?;
    handler::wait()?;
    check!("kill, CAP_KILL", handler::siginfo(), (libc::SI_USER, student.as_raw()));
    println!("    with CAP_KILL: SI_USER, its si_pid");

    mark!("11. SIGCONT, from the same session and from another");
    let student = start(|| become_student().and_then(|()| kill(me, libc::SIGCONT)))?;
    ended_well(student)?;
    let student = start(|| {
        setsid()?;
        become_student()?;
        kill(me, libc::SIGCONT)
    })?;
    check!("SIGCONT, another session", ended(student)?, Err(Errno::EPERM));
    println!("    SIGCONT: sent in the same session, EPERM from another");
    Ok(())
}
