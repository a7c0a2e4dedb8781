//! A group that was behind has missed all sizes until now. `tiocspgrp`
//! (drivers/tty/tty_jobctrl.c) puts it in front, and tells it nothing of them.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::os::fd::OwnedFd;

use marker::{mark, scene};
use nix::unistd::{Pid, tcgetpgrp};

use crate::reports::check_reports;
use crate::size::{resize, size};

pub fn run(master: &OwnedFd, reports: &mut BufReader<File>, turn: &mut File) -> io::Result<Pid> {
    scene!("6. the shell puts another group in front");
    turn.write_all(b"6")?;
    check_reports(reports, &["another group is in front"])?;
    let front = tcgetpgrp(master)?;
    println!("6. another group comes to the front: no signal");

    mark!("7. resized: group {} is in front", front);
    resize(master, size(40, 120))?;
    check_reports(reports, &["back: run 1, SI_KERNEL, si_pid 0, 40x120"])?;
    println!("7. 40x120: SIGWINCH, its first, for the group that was behind");
    Ok(front)
}
