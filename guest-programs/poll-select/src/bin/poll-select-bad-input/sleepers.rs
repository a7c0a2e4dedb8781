//! Processes that sleep in read, poll or epoll: two at once, interrupted, killed,
//! closed.

use std::io;

use bad_input::{ended, exit_of, start};
use marker::check;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::poll::PollFlags;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::wait::{WaitStatus, waitpid};
use poll_select::{ORDINARY, URGENT, causes, open_device, raise, raise_later};
use steps::wait_until_asleep;

use crate::events::wait_for;

pub fn run() -> io::Result<()> {
    two_readers()?;
    signals_for_a_reader()?;
    dying_asleep()?;
    closing_while_watched()?;
    interrupting_twice_at_once()
}

/// Both sleep, one interrupt wakes both, and only one finds it.
fn two_readers() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    let reader =
        || causes(&device).and_then(|got| if got == ORDINARY { Ok(()) } else { Err(Errno::EIO) });
    let (one, other) = (start(reader)?, start(reader)?);
    wait_until_asleep(one)?;
    wait_until_asleep(other)?;
    raise(&device, ORDINARY)?;
    let first = waitpid(None, None)?;
    let (first, second) = if first.pid() == Some(one) { (first, other) } else { (first, one) };
    check!("the first", exit_of(first), Ok(()));
    wait_until_asleep(second)?;
    raise(&device, ORDINARY)?;
    check!("the second", ended(second)?, Ok(()));
    Ok(())
}

extern "C" fn on_signal(_signal: libc::c_int) {}

/// A handler ends the read, or with SA_RESTART does not.
fn signals_for_a_reader() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    for (flags, want) in [(SaFlags::empty(), Err(Errno::EINTR)), (SaFlags::SA_RESTART, Ok(()))] {
        let action = SigAction::new(SigHandler::Handler(on_signal), flags, SigSet::empty());
        // SAFETY: the handler does nothing.
        unsafe { sigaction(Signal::SIGUSR1, &action) }?;
        let child = start(|| causes(&device).map(drop))?;
        wait_until_asleep(child)?;
        kill(child, Signal::SIGUSR1)?;
        if want.is_ok() {
            wait_until_asleep(child)?;
            raise(&device, ORDINARY)?;
        }
        check!("read", ended(child)?, want);
    }
    Ok(())
}

/// Nothing of the dead is left in the wait queue.
fn dying_asleep() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    let by_read = start(|| causes(&device).map(drop))?;
    let by_poll = start(|| wait_for(&device, PollFlags::POLLIN).map(drop))?;
    for child in [by_read, by_poll] {
        wait_until_asleep(child)?;
        kill(child, Signal::SIGKILL)?;
        let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
        check!("a sleeper is killed", waitpid(child, None)?, killed);
    }
    raise(&device, ORDINARY)?;
    check!("causes", causes(&device), Ok(ORDINARY));
    Ok(())
}

/// epoll watches the open file; with its last descriptor that is over.
fn closing_while_watched() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    let watched = open_device(OFlag::O_RDWR)?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&watched, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;
    raise(&device, ORDINARY)?;
    check!("while it is open", epoll.wait(&mut [EpollEvent::empty()], EpollTimeout::ZERO), Ok(1));
    drop(watched);
    check!("once it is closed", epoll.wait(&mut [EpollEvent::empty()], EpollTimeout::ZERO), Ok(0));
    check!("causes", causes(&device), Ok(ORDINARY));
    raise(&device, URGENT)?;
    check!("causes", causes(&device), Ok(URGENT));
    Ok(())
}

fn interrupting_twice_at_once() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    raise_later(&device)?;
    check!("while it is busy", raise_later(&device), Err(Errno::EBUSY));
    // When the interrupt has come, the device is ready for the next.
    check!("events", wait_for(&device, PollFlags::POLLIN)?, PollFlags::POLLIN);
    check!("causes", causes(&device), Ok(0x100));
    Ok(())
}
