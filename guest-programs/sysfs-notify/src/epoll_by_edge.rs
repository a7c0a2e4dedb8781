//! By edge, epoll tells each announcement once, whether or not the attribute is read: the
//! one thing that also helps who forgets to. A reader that reads needs no edge.

use std::io;

use marker::{check, mark, scene};
use nix::poll::PollTimeout;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use sysfs_notify::attribute::open_and_read;
use sysfs_notify::raise;

pub fn run() -> io::Result<()> {
    scene!("9. reads; epoll, by edge: an interrupt");
    let file = open_and_read()?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&file, EpollEvent::new(EpollFlags::EPOLLPRI | EpollFlags::EPOLLET, 0))?;
    let news = || {
        let mut events = [EpollEvent::empty()];
        let ready = epoll.wait(&mut events, PollTimeout::ZERO)?;
        Ok::<_, io::Error>(events[..ready].first().map(EpollEvent::events))
    };
    let want = Some(EpollFlags::EPOLLPRI | EpollFlags::EPOLLERR);
    raise()?;
    check!("epoll", news()?, want);
    mark!("9. asks again, without a read");
    check!("epoll", news()?, None);
    mark!("9. the next interrupt");
    raise()?;
    check!("epoll", news()?, want);
    println!("9. EPOLLET: each of two interrupts is told once, though nothing is read");
    Ok(())
}
