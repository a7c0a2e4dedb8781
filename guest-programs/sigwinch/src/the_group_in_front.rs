//! `kill_pgrp` (kernel/signal.c) signals every process of the group in the kernel's own
//! name: the siginfo has no sender.

use std::fs::File;
use std::io::{self, BufReader};
use std::os::fd::OwnedFd;

use marker::scene;
use nix::unistd::Pid;

use crate::reports::check_reports;
use crate::size::{resize, size};

pub fn run(master: &OwnedFd, reports: &mut BufReader<File>, front: Pid) -> io::Result<()> {
    scene!("2. resized: group {} is in front", front);
    resize(master, size(30, 100))?;
    check_reports(
        reports,
        &[
            "front 1: run 1, SI_KERNEL, si_pid 0, 30x100",
            "front 2: run 1, SI_KERNEL, si_pid 0, 30x100",
        ],
    )?;
    println!("2. 30x100: both processes in front get SIGWINCH");
    println!("   SI_KERNEL, si_pid 0; the handlers find 30x100");
    Ok(())
}
