//! Two causes in one interrupt are one call of `eventfd_signal`
//! (include/linux/eventfd.h), and a count does not say which. So each cause has an
//! eventfd, with an open file of the device that registers it. One loop waits for both.

use std::io;

use eventfd::{CAUSE_1, CAUSE_2, Target, new_eventfd, open_device, raise, register};
use marker::{check, scene};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};

use crate::ready;

pub fn run() -> io::Result<()> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let mut sources = Vec::new();
    for cause in [CAUSE_1, CAUSE_2] {
        let (device, eventfd) = (open_device()?, new_eventfd()?);
        register(&device, Target { causes: cause, ..Target::of(&eventfd) })?;
        epoll.add(&eventfd, EpollEvent::new(EpollFlags::EPOLLIN, cause.into()))?;
        sources.push((device, eventfd));
    }
    scene!("8. causes 0x1, 0x2, then both in 1 interrupt");
    for (causes, want) in [(0x1, vec![0x1]), (0x2, vec![0x2]), (0x3, vec![0x1, 0x2])] {
        raise(&sources[0].0, causes)?;
        check!("ready", &ready::now(&epoll)?, &want);
        for cause in &want {
            check!("count", sources[*cause as usize - 1].1.read()?, 1);
        }
        println!("8. interrupt with causes {causes:#x}: ready {want:?}, count 1 each");
    }
    Ok(())
}
