//! `core_sys_select` (fs/select.c) cuts nfds down to the size of the table of
//! descriptors. What lies above is neither looked at nor written, so a closed
//! descriptor up there is no error, and its bit stays.

use std::io;
use std::os::fd::RawFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::unistd::{close, dup2_raw};

use crate::calls::select;
use crate::sets::{self, members};
use crate::times::{ONE_MS, micros};

/// Not open, and above the size of the table, which begins at 64.
const ABOVE: RawFd = 900;

pub fn run() -> io::Result<()> {
    scene!("6. select: a closed descriptor above the table");
    let (mut reads, mut left) = (sets::empty(), ONE_MS);
    sets::add(&mut reads, ABOVE);
    let ready = select(ABOVE + 1, Some(&mut reads), None, None, Some(&mut left));
    check!("select", ready, Ok(0));
    check!("time left, us", micros(&left), 0);
    check!("reads", members(&reads), vec![ABOVE]);
    println!("6. descriptor {ABOVE} is closed: no error, returns 0 after 1 ms");
    println!("   reads {{{ABOVE}}} untouched: it looks ready");

    // The table grows with the highest descriptor, and never shrinks.
    // SAFETY: nothing in this program owns a descriptor of that number.
    let high = unsafe { dup2_raw(io::stdin(), ABOVE) }?;
    close(high)?;
    let mut reads = sets::empty();
    sets::add(&mut reads, ABOVE);
    let error = select(ABOVE + 1, Some(&mut reads), None, None, Some(&mut { ONE_MS }));
    check!("select with a larger table", error, Err(Errno::EBADF));
    println!("   after {ABOVE} was open once: EBADF");
    Ok(())
}
