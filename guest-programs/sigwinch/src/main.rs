//! Who sends SIGWINCH?
//!
//! This program is a terminal: it holds the master of a pty and changes its
//! size. On the other side are a shell, two processes in the foreground and
//! one in the background. Look in the timeline at who sends each SIGWINCH, and
//! to whom: `tty_do_resize` (drivers/tty/tty_io.c) does it, in the ioctl.
//!
//! Documented in ioctl_tty(2), pty(7), tcsetpgrp(3) and signal(7).

mod nobody_is_there;
mod the_group_in_front;
mod the_same_size;
mod only_the_pixels;
mod twice_while_stopped;
mod another_group_in_front;
mod set_by_the_group_in_front;
mod without_a_handler;
mod a_pipe_has_no_size;
mod sent_by_kill;

mod reports;
mod shell;
mod handler;
mod size;

use std::fs::File;
use std::io::{self, BufReader, Write};

use marker::check;
use nix::fcntl::OFlag;
use nix::pty::{OpenptyResult, openpty};
use nix::sys::signal::{SaFlags, SigHandler, SigmaskHow, sigprocmask};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{pipe2, tcgetpgrp};
use steps::{errno, start};

use crate::handler::{on_sigwinch, set, sigwinch};
use crate::reports::check_reports;
use crate::shell::shell;

fn main() -> io::Result<()> {
    marker::open_trace();

    // SIGWINCH stays blocked but for the moments in which a process waits for
    // it. Every child inherits this and the handler, so none is ever too late.
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigwinch()), None)?;
    set(SigHandler::SigAction(on_sigwinch), SaFlags::SA_SIGINFO)?;

    let OpenptyResult { master, slave } = openpty(None, None)?;
    // The others report by lines in one pipe. In the other, a byte says whose turn
    // it is.
    let (reports, reporter) = pipe2(OFlag::O_CLOEXEC)?;
    let (turns, turn) = pipe2(OFlag::O_CLOEXEC)?;
    let mut reports = BufReader::new(File::from(reports));
    let mut turn = File::from(turn);

    // Nobody is on the terminal: no signal.
    nobody_is_there::run(&master)?;

    let shell = start(move || shell(slave, reporter.into(), turns.into()).map_err(errno))?;
    check_reports(&mut reports, &["the shell is ready"])?;
    let front = tcgetpgrp(&master)?;

    // Every process of the group in front gets it.
    the_group_in_front::run(&master, &mut reports, front)?;
    // The same size again: no signal.
    the_same_size::run(&master)?;
    // Another size in pixels: a signal.
    only_the_pixels::run(&master, &mut reports)?;
    // Two sizes while the group is stopped: one signal, and the last size.
    twice_while_stopped::run(&master, &mut reports, front)?;
    // Another group comes to the front, without a signal, and gets the next.
    let front = another_group_in_front::run(&master, &mut reports, &mut turn)?;
    // A process that sets the size gets it as well.
    set_by_the_group_in_front::run(&mut reports, &mut turn)?;
    // Without a handler it is dropped.
    without_a_handler::run(&master, &mut reports, &mut turn, front)?;

    // Everybody has done what was expected, and leaves.
    turn.write_all(b".")?;
    check!("shell", waitpid(shell, None)?, WaitStatus::Exited(shell, 0));

    // A pipe is no terminal, and has no size.
    a_pipe_has_no_size::run(&turn)?;

    // For comparison: a process sends it.
    sent_by_kill::run()
}
