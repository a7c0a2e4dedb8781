//! Level-triggered: epoll_wait puts what it reports back on its list and asks again
//! the next time (`ep_send_events`, fs/eventpoll.c), so an eventfd is ready until it
//! is read.

use std::io;

use eventfd::{Target, new_eventfd, open_device, raise_later, register};
use marker::{check, mark, scene};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};

use crate::ready;

pub fn run() -> io::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target::of(&eventfd))?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&eventfd, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;

    scene!("6. epoll, level: sleeps; edu interrupts in 100 ms");
    raise_later(&device)?;
    check!("ready", ready::wait(&epoll)?, [0]);
    mark!("6. epoll_wait has returned");
    check!("ready again", ready::now(&epoll)?, [0]);
    check!("count", eventfd.read()?, 1);
    check!("ready after the read", ready::now(&epoll)?, []);
    println!("6. epoll, level: ready, and again, until it is read: count 1");
    Ok(())
}
