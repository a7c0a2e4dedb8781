//! The default action of SIGWINCH is to ignore it, so `sig_ignored` (kernel/signal.c)
//! has it dropped.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::os::fd::OwnedFd;

use marker::scene;
use nix::unistd::Pid;

use crate::reports::check_reports;
use crate::size::{resize, size};

pub fn run(
    master: &OwnedFd,
    reports: &mut BufReader<File>,
    turn: &mut File,
    front: Pid,
) -> io::Result<()> {
    turn.write_all(b"9")?;
    check_reports(reports, &["back has no handler"])?;
    scene!("9. resized: group {} has no handler", front);
    resize(master, size(24, 80))?;
    println!("9. 24x80 without a handler: dropped, and nobody is disturbed");
    Ok(())
}
