//! In the kernel select returns -ERESTARTNOHAND (`core_sys_select`, fs/select.c), and
//! poll -ERESTART_RESTARTBLOCK (`set_restart_fn`). Any handler turns either into EINTR,
//! whatever its flags are. They differ in what they have written by then.

use std::io;
use std::os::fd::AsRawFd;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc::{POLLIN, pollfd};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{getpid, pipe};
use steps::{ended_well, start_when_asleep};

use super::handler;
use crate::calls::{poll, select};
use crate::sets::{self, members, nfds, numbers};
use crate::times::{TEN_SECONDS, micros};

pub fn run() -> io::Result<()> {
    let parent = getpid();
    let (a, _a_in) = pipe()?;

    scene!("13. select sleeps; a signal comes, with SA_RESTART");
    let child = start_when_asleep(|| kill(parent, Signal::SIGUSR1))?;
    let (mut reads, mut left) = (sets::of(&[&a]), TEN_SECONDS);
    let error = select(nfds(&[&a]), Some(&mut reads), None, None, Some(&mut left));
    check!("select", error, Err(Errno::EINTR));
    check!("runs of the handler", handler::runs(), 1);
    check!("reads", members(&reads), numbers(&[&a]));
    check!("select rewrites the time", (1..10_000_000).contains(&micros(&left)), true);
    ended_well(child)?;
    println!("13. select, a signal, SA_RESTART: EINTR all the same");
    println!("   reads {{a}} untouched, though a has no data; time rewritten");

    mark!("14. poll sleeps; a signal comes, with SA_RESTART");
    let child = start_when_asleep(|| kill(parent, Signal::SIGUSR1))?;
    let mut fds = [pollfd { fd: a.as_raw_fd(), events: POLLIN, revents: !0 }];
    check!("poll", poll(&mut fds, -1), Err(Errno::EINTR));
    check!("runs of the handler", handler::runs(), 2);
    check!("revents", fds[0].revents, 0);
    ended_well(child)?;
    println!("14. poll, a signal, SA_RESTART: EINTR; revents is written: 0");
    Ok(())
}
