//! `core_sys_select` (fs/select.c) copies the sets in, and copies the ready ones out
//! to the same place: a bit that stays is an answer.

use std::io;
use std::os::fd::AsRawFd;

use marker::{check, scene};
use nix::unistd::{pipe, write};

use crate::calls::select;
use crate::sets::{self, members, nfds, numbers};
use crate::times::NO_TIME;

pub fn run() -> io::Result<()> {
    let ((a, a_in), (b, _b_in)) = (pipe()?, pipe()?);
    write(&a_in, b"x")?;

    scene!("1. select: data in one pipe of two");
    let (mut reads, mut writes) = (sets::of(&[&a, &b]), sets::of(&[&a_in]));
    let ready = select(nfds(&[&a, &b, &a_in]), Some(&mut reads), Some(&mut writes), None, None);
    check!("select", ready, Ok(2));
    check!("reads", members(&reads), numbers(&[&a]));
    check!("writes", members(&writes), numbers(&[&a_in]));
    println!("1. select on two pipes, one with data: returns 2");
    println!("   reads  {{a, b}}  becomes {{a}}");
    println!("   writes {{a_in}}  stays {{a_in}}");

    // Descriptors are counted from 0, so nfds is the highest plus 1.
    let (mut reads, nfds) = (sets::of(&[&a]), a.as_raw_fd());
    let ready = select(nfds, Some(&mut reads), None, None, Some(&mut { NO_TIME }));
    check!("nfds", ready, Ok(0));
    println!("   nfds = a, not a + 1: returns 0, nobody looked at a");
    Ok(())
}
