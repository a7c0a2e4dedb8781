//! `poll_select_finish` (fs/select.c) writes what is left of the time, for select
//! and for pselect6 alike. POSIX says that pselect() does not, so the C library
//! hands the system call a copy.

use std::{io, ptr};

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::{self, fd_set, timespec, timeval};
use nix::unistd::{pipe, write};

use crate::calls::select;
use crate::sets::{self, nfds};
use crate::times::{TEN_SECONDS, is_part_of_ten_seconds};

pub fn run() -> io::Result<()> {
    let (a, a_in) = pipe()?;
    write(&a_in, b"x")?;

    scene!("4. what is left of 10 s");
    let (mut reads, mut left) = (sets::of(&[&a]), TEN_SECONDS);
    check!("select", select(nfds(&[&a]), Some(&mut reads), None, None, Some(&mut left)), Ok(1));
    check!("select rewrites the time", is_part_of_ten_seconds(&left), true);

    let mut left = timespec { tv_sec: 10, tv_nsec: 0 };
    let null = ptr::null_mut::<fd_set>();
    // SAFETY: set and time are valid, and there is no signal mask.
    let ready = unsafe {
        libc::pselect(nfds(&[&a]), &raw mut reads, null, null, &raw const left, ptr::null())
    };
    check!("pselect()", Errno::result(ready), Ok(1));
    check!("time after pselect()", (left.tv_sec, left.tv_nsec), (10, 0));

    // The system call behind it, which writes.
    // SAFETY: as above.
    let ready = unsafe {
        let (nfds, reads, left) = (nfds(&[&a]), &raw mut reads, &raw mut left);
        libc::syscall(libc::SYS_pselect6, nfds, reads, null, null, left, null)
    };
    check!("pselect6", Errno::result(ready), Ok(1));
    let left = timeval { tv_sec: left.tv_sec, tv_usec: left.tv_nsec / 1000 };
    check!("pselect6 rewrites the time", is_part_of_ten_seconds(&left), true);
    println!("4. data at once, timeout 10 s: select makes it 9.9…");
    println!("   pselect() leaves it at 10; its system call makes it 9.9… too");
    Ok(())
}
