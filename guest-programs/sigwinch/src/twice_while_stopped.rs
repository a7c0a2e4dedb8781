//! SIGWINCH is a standard signal and does not queue (`legacy_queue`, kernel/signal.c).
//! The handler asks for the size when it runs, so it finds the last one.

use std::fs::File;
use std::io::{self, BufReader};
use std::os::fd::OwnedFd;

use marker::scene;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::reports::check_reports;
use crate::size::{resize, size};

pub fn run(master: &OwnedFd, reports: &mut BufReader<File>, front: Pid) -> io::Result<()> {
    scene!("5. resized twice while {} is stopped", front);
    // From here on they do not run, whether they have noticed yet or not.
    killpg(front, Signal::SIGSTOP)?;
    resize(master, size(31, 101))?;
    resize(master, size(32, 102))?;
    killpg(front, Signal::SIGCONT)?;
    check_reports(
        reports,
        &[
            "front 1: run 3, SI_KERNEL, si_pid 0, 32x102",
            "front 2: run 3, SI_KERNEL, si_pid 0, 32x102",
        ],
    )?;
    println!("5. 31x101 and 32x102 while stopped: one run each, which finds 32x102");
    Ok(())
}
