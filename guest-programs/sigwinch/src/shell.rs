//! A small shell and its jobs, which report what they see on the terminal.

use std::fs::File;
use std::io::{self, Read, Write, stdin};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::Ordering::Relaxed;

use marker::check;
use nix::sys::signal::{SaFlags, SigHandler, SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{dup2_stdin, setpgid, setsid, tcsetpgrp};
use steps::{errno, start};

use crate::handler::{CODE, COLUMNS, PID, ROWS, RUNS, is_pending, name_of, set, sigwinch};
use crate::set_by_the_group_in_front::resize_its_own;
use crate::size::tiocsctty;

/// A shell: leads a session that the terminal controls, and says which of its
/// jobs is in front.
pub fn shell(terminal: OwnedFd, mut reporter: File, mut turns: File) -> io::Result<()> {
    setsid()?;
    // SAFETY: a request whose argument is a number: 0, do not steal it.
    unsafe { tiocsctty(terminal.as_raw_fd(), 0) }?;
    dup2_stdin(terminal)?;
    // From behind, a process may say who is in front only if it blocks or ignores
    // SIGTTOU: see tcsetpgrp(3). Shells do.
    let mut sigttou = SigSet::empty();
    sigttou.add(Signal::SIGTTOU);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigttou), None)?;

    // A job is a process group, named after the first in it. This shell is in
    // one of its own.
    let front_1 = start(|| front("front 1", &mut reporter).map_err(errno))?;
    let front_2 = start(|| front("front 2", &mut reporter).map_err(errno))?;
    let behind = start(|| back(&mut reporter, &mut turns).map_err(errno))?;
    for (process, group) in [(front_1, front_1), (front_2, front_1), (behind, behind)] {
        setpgid(process, group)?;
    }
    tcsetpgrp(stdin(), front_1)?;
    report(&mut reporter, "the shell is ready")?;

    // The three that were in front are done when they have reported.
    for process in [front_1, front_2] {
        check!("job in front", waitpid(process, None)?, WaitStatus::Exited(process, 0));
    }
    wait_for_turn(b"6", &mut turns)?;
    tcsetpgrp(stdin(), behind)?;
    report(&mut reporter, "another group is in front")?;
    check!("job behind", waitpid(behind, None)?, WaitStatus::Exited(behind, 0));
    // Behind all the time, the shell itself has never been told.
    check!("SIGWINCH for the shell", is_pending()?, false);
    Ok(())
}

/// A job in front: tells what it sees of the steps 2, 4 and 5.
pub fn front(name: &str, reporter: &mut File) -> io::Result<()> {
    for _ in 1..=3 {
        tell_next(name, reporter)?;
    }
    Ok(())
}

/// The job behind it: is in front from step 7 on.
fn back(reporter: &mut File, turns: &mut File) -> io::Result<()> {
    tell_next("back", reporter)?;

    wait_for_turn(b"8", turns)?;
    resize_its_own()?;
    tell_next("back", reporter)?;

    wait_for_turn(b"9", turns)?;
    set(SigHandler::SigDfl, SaFlags::empty())?;
    // A blocked signal is kept, whatever its action is.
    sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&sigwinch()), None)?;
    report(reporter, "back has no handler")?;
    wait_for_turn(b".", turns)
}

/// Waits for the next SIGWINCH and tells what the handler saw.
fn tell_next(name: &str, reporter: &mut File) -> io::Result<()> {
    let before = RUNS.load(Relaxed);
    while RUNS.load(Relaxed) == before {
        // Unblocks and waits in one step: no signal can slip in between.
        SigSet::empty().suspend()?;
    }
    let (run, code, pid) = (RUNS.load(Relaxed), name_of(CODE.load(Relaxed)), PID.load(Relaxed));
    let (rows, columns) = (ROWS.load(Relaxed), COLUMNS.load(Relaxed));
    report(reporter, &format!("{name}: run {run}, {code}, si_pid {pid}, {rows}x{columns}"))
}

/// Tells the terminal something: in one write(2), so that no other line gets
/// into it (pipe(7), PIPE_BUF).
fn report(reporter: &mut File, line: &str) -> io::Result<()> {
    reporter.write_all(format!("{line}\n").as_bytes())
}

fn wait_for_turn(turn: &[u8; 1], turns: &mut File) -> io::Result<()> {
    let mut got = [0];
    turns.read_exact(&mut got)?;
    check!("turn", &got, turn);
    Ok(())
}
