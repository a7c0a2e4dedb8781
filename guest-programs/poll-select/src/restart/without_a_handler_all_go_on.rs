//! A process that is stopped and continued runs no handler. select is made once
//! more, with the time that it wrote; poll goes on in restart_syscall(2), where the
//! kernel has kept the end of its time (`do_restart_poll`, fs/select.c).

use std::io;
use std::os::fd::AsRawFd;

use marker::{check, mark, scene};
use nix::libc::{POLLIN, pollfd};
use nix::unistd::{pipe, read, write};
use steps::{ended_well, start};

use super::stop_and_continue;
use crate::calls::{poll, select};
use crate::sets::{self, nfds};
use crate::times::TEN_SECONDS;

pub fn run() -> io::Result<()> {
    let (a, a_in) = pipe()?;

    scene!("16. a child in select is stopped and continued");
    let child = start(|| {
        let (mut reads, mut left) = (sets::of(&[&a]), TEN_SECONDS);
        let ready = select(nfds(&[&a]), Some(&mut reads), None, None, Some(&mut left));
        check!("select, stopped and continued", ready, Ok(1));
        Ok(())
    })?;
    stop_and_continue(child)?;
    write(&a_in, b"x")?;
    ended_well(child)?;

    read(&a, &mut [0])?;
    mark!("17. a child in poll is stopped and continued");
    let child = start(|| {
        let mut fds = [pollfd { fd: a.as_raw_fd(), events: POLLIN, revents: 0 }];
        check!("poll, stopped and continued", poll(&mut fds, 10_000), Ok(1));
        Ok(())
    })?;
    stop_and_continue(child)?;
    write(&a_in, b"x")?;
    ended_well(child)?;
    println!("16. select, stopped and continued: goes on, returns 1");
    println!("17. poll, stopped and continued: goes on, returns 1");
    Ok(())
}
