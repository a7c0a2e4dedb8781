//! There is nothing to wait for at a file on a disk. It has no `.poll`, which poll
//! and select take for "always ready" (`vfs_poll`, include/linux/poll.h) and
//! `do_epoll_ctl` (fs/eventpoll.c) refuses.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::{POLLIN, POLLOUT, pollfd};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::unistd::read;

use crate::calls::{poll, select};
use crate::sets::{self, nfds};

pub fn run() -> io::Result<()> {
    let file = File::options().read(true).write(true).create_new(true).open("empty")?;
    fs::remove_file("empty")?;

    scene!("9. a regular file");
    let mut fds = [pollfd { fd: file.as_raw_fd(), events: POLLIN | POLLOUT, revents: 0 }];
    check!("poll", poll(&mut fds, -1), Ok(1));
    check!("revents", fds[0].revents, POLLIN | POLLOUT);
    check!("read", read(&file, &mut [0]), Ok(0));
    let [mut reads, mut writes] = [sets::of(&[&file]); 2];
    let ready = select(nfds(&[&file]), Some(&mut reads), Some(&mut writes), None, None);
    check!("select", ready, Ok(2));

    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let added = epoll.add(&file, EpollEvent::new(EpollFlags::EPOLLIN, 0));
    check!("epoll_ctl", added, Err(Errno::EPERM));
    println!("9. empty regular file: readable and writable, always");
    println!("   epoll_ctl: EPERM");
    Ok(())
}
