//! The module holds the eventfd's context (`struct eventfd_ctx`), which is there when
//! the interrupt comes, whoever else has let go of it. The file is gone with its last
//! descriptor, and with the file every way to read the count.

use std::io;
use std::os::fd::AsRawFd;

use eventfd::{CAUSE_1, Target, counters, new_eventfd, open_device, raise, register};
use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::unistd::{dup, read};

use crate::ready;

pub fn run() -> io::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target::of(&eventfd))?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&eventfd, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;

    // One descriptor of two is no close: the other one reads on.
    let (number, copy) = (eventfd.as_raw_fd(), dup(&eventfd)?);
    drop(eventfd);
    scene!("9. one of two descriptors is closed");
    raise(&device, CAUSE_1)?;
    let mut count = [0; 8];
    check!("bytes", read(&copy, &mut count)?, 8);
    check!("count", u64::from_ne_bytes(count), 1);

    drop(copy);
    // A new one gets the lowest free number, as always. It is not the old one.
    let other = new_eventfd()?;
    check!("number of the next eventfd", other.as_raw_fd(), number);
    mark!("9. the eventfd is closed, and {} is another one", number);
    raise(&device, CAUSE_1)?;
    check!("calls of eventfd_signal", counters(&device)?.signals, 2);
    check!("count of the next", other.read(), Err(Errno::EAGAIN));
    check!("ready", ready::now(&epoll)?, []);
    println!("9. closed before the interrupt: counted where nobody can read it");
    println!("   the next eventfd has its number {number}, and no count: EAGAIN");
    println!("   epoll has forgotten it: nothing ready");
    Ok(())
}
