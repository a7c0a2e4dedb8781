//! The queue: files that join it twice, leave it twice, and are closed by a death; and
//! the processes that sleep until there is news.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use bad_input::{ended, killed_after, start, take};
use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc::SIGIO;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};
use sigio::{CAUSE, DEVICE, News, URGENT, is_async, news, open_device, owner, raise, set_async};
use steps::wait_until_asleep;

pub fn run() -> io::Result<()> {
    joining_and_leaving_twice()?;
    a_hundred_files()?;
    dying_in_the_queue()?;
    sleepers()
}

fn asking(to: Pid) -> nix::Result<OwnedFd> {
    let device = open_device()?;
    owner::set(&device, to)?;
    set_async(&device, true)?;
    Ok(device)
}

fn joining_and_leaving_twice() -> io::Result<()> {
    mark!("joining and leaving twice");
    let device = asking(getpid())?;
    set_async(&device, true)?;
    raise(&device, CAUSE)?;
    check!("a signal", take(SIGIO)?.is_some(), true);
    for _ in 0..2 {
        set_async(&device, false)?;
        check!("O_ASYNC", is_async(&device)?, false);
    }
    raise(&device, CAUSE)?;
    check!("no signal", take(SIGIO)?, None);
    check!("news", news(&device), Ok(News { interrupts: 2, causes: CAUSE }));
    Ok(())
}

/// Every other is closed while the rest are in the queue.
fn a_hundred_files() -> io::Result<()> {
    mark!("a hundred files");
    let device = open_device()?;
    let files: Vec<OwnedFd> = (0..100).map(|_| asking(getpid())).collect::<Result<_, _>>()?;
    let rest: Vec<OwnedFd> = files.into_iter().step_by(2).collect();
    raise(&device, CAUSE)?;
    check!("a signal", take(SIGIO)?.is_some(), true);
    drop(rest);
    raise(&device, CAUSE)?;
    check!("no signal when all are closed", take(SIGIO)?, None);
    news(&device)?;
    Ok(())
}

/// A process that dies closes its files, which leave the queue.
fn dying_in_the_queue() -> io::Result<()> {
    mark!("dying in the queue");
    let (device, me) = (open_device()?, getpid());
    let child = start(|| asking(me).map(drop))?;
    check!("a child that exits", ended(child)?, Ok(()));
    check!("a child that is killed", killed_after(|| asking(me)), Ok(()));
    raise(&device, CAUSE)?;
    check!("no signal", take(SIGIO)?, None);
    news(&device)?;
    Ok(())
}

fn sleepers() -> io::Result<()> {
    mark!("sleepers");
    let device = open(DEVICE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    let by_read = start(|| news(&device).map(drop))?;
    wait_until_asleep(by_read)?;
    raise(&device, CAUSE)?;
    check!("a sleeper in read", ended(by_read)?, Ok(()));

    let by_poll = start(|| events(&device, PollTimeout::NONE).map(drop))?;
    wait_until_asleep(by_poll)?;
    kill(by_poll, Signal::SIGKILL)?;
    let killed = WaitStatus::Signaled(by_poll, Signal::SIGKILL, false);
    check!("a sleeper is killed", waitpid(by_poll, None)?, killed);
    raise(&device, URGENT)?;
    check!("events", events(&device, PollTimeout::ZERO)?, PollFlags::POLLPRI);
    raise(&device, CAUSE)?;
    let both = PollFlags::POLLPRI | PollFlags::POLLIN;
    check!("events", events(&device, PollTimeout::ZERO)?, both);
    check!("news", news(&device), Ok(News { interrupts: 2, causes: CAUSE | URGENT }));
    check!("no events", events(&device, PollTimeout::ZERO), Err(Errno::EAGAIN));
    Ok(())
}

/// What poll(2) says of the device. EAGAIN: nothing in that time.
pub fn events(device: &OwnedFd, timeout: PollTimeout) -> nix::Result<PollFlags> {
    let mut fds = [PollFd::new(device.as_fd(), PollFlags::POLLIN | PollFlags::POLLPRI)];
    match poll(&mut fds, timeout)? {
        0 => Err(Errno::EAGAIN),
        _ => fds[0].revents().ok_or(Errno::EIO),
    }
}
