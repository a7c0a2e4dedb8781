//! `tty_do_resize` (drivers/tty/tty_io.c) does not look at who asks: a process of the
//! group in front is signalled by its own call.

use std::fs::File;
use std::io::{self, BufReader, Write, stdin};

use marker::scene;

use crate::reports::check_reports;
use crate::size::{resize, size};

pub fn run(reports: &mut BufReader<File>, turn: &mut File) -> io::Result<()> {
    turn.write_all(b"8")?;
    check_reports(reports, &["back: run 2, SI_KERNEL, si_pid 0, 50x132"])?;
    println!("8. 50x132, set by the group in front itself: SI_KERNEL, si_pid 0 all the same");
    Ok(())
}

/// What the process in front does.
pub fn resize_its_own() -> nix::Result<()> {
    scene!("8. resizes its own terminal");
    resize(stdin(), size(50, 132))
}
