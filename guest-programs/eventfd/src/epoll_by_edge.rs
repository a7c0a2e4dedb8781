//! Edge-triggered: an eventfd comes onto epoll's list by a wake-up alone
//! (`ep_poll_callback`, fs/eventpoll.c). Whether anybody read in between does not
//! matter, and two wake-ups in a row are one report.

use std::io;

use eventfd::{CAUSE_1, Target, new_eventfd, open_device, raise, register};
use marker::{check, scene};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};

use crate::{look, ready};

pub fn run() -> io::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target::of(&eventfd))?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&eventfd, EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, 0))?;

    scene!("7. epoll, edge: 1 interrupt, then 2 at once");
    raise(&device, CAUSE_1)?;
    check!("ready", ready::now(&epoll)?, [0]);
    check!("ready again", ready::now(&epoll)?, []);
    check!("eventfd-count in fdinfo", look::by_fdinfo(&eventfd)?, 1);
    println!("7. epoll, edge: ready, and not again, although the count is 1");
    raise(&device, CAUSE_1)?;
    raise(&device, CAUSE_1)?;
    check!("ready by two interrupts", ready::now(&epoll)?, [0]);
    check!("ready again", ready::now(&epoll)?, []);
    check!("count", eventfd.read()?, 3);
    println!("   2 more interrupts, nothing read: ready once, count 3");
    Ok(())
}
