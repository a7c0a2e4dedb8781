//! No group is in front, so the kernel has nobody to signal.

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
