//! `signalfd_poll` (fs/signalfd.c) puts an epoll instance into the wait queue of the
//! process that adds the descriptor. So only that process's signals tell the instance
//! to look, whoever calls epoll_wait(2).

use std::io;

use marker::{check, mark, scene};
use nix::libc;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::sys::signal::{Signal, kill};
use nix::sys::signalfd::SignalFd;
use nix::unistd::getpid;
use steps::{ended_well, start_when_forked};

use crate::readiness::{readable, ready};
use crate::records::{check_record, one};

pub fn run(signals: &SignalFd) -> io::Result<()> {
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    epoll.add(signals, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;

    scene!("10. a child's SIGUSR1: poll sees it, epoll does not");
    let child = start_when_forked(|| {
        kill(getpid(), Signal::SIGUSR1)?;
        check!("epoll_wait in the child", ready(&epoll)?, 0);
        check!("poll in the child", readable(signals)?, 1);
        check_record(&one(signals)?, libc::SIGUSR1, libc::SI_USER, getpid());
        Ok(())
    })?;
    ended_well(child)?;
    println!("10. epoll from before the fork: blind for the child's SIGUSR1,");
    println!("    which poll sees and read returns");

    mark!("11. the parent's SIGUSR1: a child's epoll_wait eats it");
    kill(getpid(), Signal::SIGUSR1)?;
    check!("epoll_wait in the parent", ready(&epoll)?, 1);
    ended_well(start_when_forked(|| {
        check!("epoll_wait in the child", ready(&epoll)?, 0);
        Ok(())
    })?)?;
    check!("epoll_wait in the parent, after the child's", ready(&epoll)?, 0);
    check!("poll in the parent", readable(signals)?, 1);
    // SIGUSR1 is pending already, so this one is dropped and wakes no task.
    kill(getpid(), Signal::SIGUSR1)?;
    check!("epoll_wait in the parent, after another SIGUSR1", ready(&epoll)?, 0);
    check_record(&one(signals)?, libc::SIGUSR1, libc::SI_USER, getpid());
    println!("11. the parent's SIGUSR1: epoll_wait 1; after a child's epoll_wait 0,");
    println!("    although it is still pending, and another SIGUSR1 changes nothing");
    Ok(())
}
