//! `tty_do_resize` (drivers/tty/tty_io.c) asks for the group in front. There is none
//! yet, so there is nobody to signal.

use std::io;
use std::os::fd::OwnedFd;

use marker::scene;

use crate::size::{resize, size};

pub fn run(master: &OwnedFd) -> io::Result<()> {
    scene!("1. nobody is on the terminal");
    resize(master, size(24, 80))?;
    println!("1. 24x80 with nobody on the terminal: no signal");
    Ok(())
}
