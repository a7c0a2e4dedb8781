//! `max_select_fd` (fs/select.c) compares the sets with the open descriptors before
//! it looks at any of them. After an error the sets say what was asked, and look
//! like an answer; only the time is written all the same.

use std::io;
use std::os::fd::RawFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::unistd::{pipe, write};

use crate::calls::select;
use crate::sets::{self, members};
use crate::times::{TEN_SECONDS, is_part_of_ten_seconds};

/// Not open, but below the size of the table of descriptors, which begins at 64.
const CLOSED: RawFd = 60;

pub fn run() -> io::Result<()> {
    let (a, a_in) = pipe()?;
    write(&a_in, b"x")?;

    scene!("5. select: a closed descriptor");
    let (mut reads, mut left) = (sets::of(&[&a]), TEN_SECONDS);
    sets::add(&mut reads, CLOSED);
    let before = members(&reads);
    let error = select(CLOSED + 1, Some(&mut reads), None, None, Some(&mut left));
    check!("select", error, Err(Errno::EBADF));
    check!("reads", members(&reads), before);
    check!("select rewrites the time", is_part_of_ten_seconds(&left), true);
    println!("5. descriptor {CLOSED} is closed: EBADF");
    println!("   reads {{a, {CLOSED}}} untouched, though a has data; time rewritten");
    Ok(())
}
