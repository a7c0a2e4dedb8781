//! `tty_do_resize` (drivers/tty/tty_io.c) compares the sizes in pixels too, which no
//! text depends on.

use std::fs::File;
use std::io::{self, BufReader};
use std::os::fd::OwnedFd;

use marker::scene;
use nix::pty::Winsize;

use crate::reports::check_reports;
use crate::size::{resize, size};

pub fn run(master: &OwnedFd, reports: &mut BufReader<File>) -> io::Result<()> {
    scene!("4. only the size in pixels differs");
    resize(master, Winsize { ws_xpixel: 800, ws_ypixel: 600, ..size(30, 100) })?;
    check_reports(
        reports,
        &[
            "front 1: run 2, SI_KERNEL, si_pid 0, 30x100",
            "front 2: run 2, SI_KERNEL, si_pid 0, 30x100",
        ],
    )?;
    println!("4. 30x100, other pixels: SIGWINCH, although the text fits as before");
    Ok(())
}
