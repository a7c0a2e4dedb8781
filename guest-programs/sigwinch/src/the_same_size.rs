//! The kernel compares the sizes first (`tty_do_resize`, drivers/tty/tty_io.c).

use std::io;
use std::os::fd::OwnedFd;

use marker::scene;

use crate::size::{resize, size};

pub fn run(master: &OwnedFd) -> io::Result<()> {
    scene!("3. resized to the same size");
    resize(master, size(30, 100))?;
    println!("3. 30x100 again: no signal");
    Ok(())
}
