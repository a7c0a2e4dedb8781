//! A sleep in a read of the device, and a signal that ends it.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::check;
use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use signal_self::{Target, raise_later, register, wake, wake_ups};
use steps::{ended_well, start, wait_until_asleep};

use crate::{handler, name};

/// How a process sees the end of its sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The call was made once more, and nobody knows.
    Again,
    /// It failed with EINTR.
    Eintr,
    /// As `Again`: the trace tells which call was made.
    GoesOn,
}

impl End {
    pub fn name(self) -> &'static str {
        match self {
            End::Again => "again",
            End::Eintr => "EINTR",
            End::GoesOn => "goes on",
        }
    }
}

/// The device, for the handler.
static DEVICE: AtomicI32 = AtomicI32::new(-1);

/// Sees to it that a read that is made again ends, by one write(2).
extern "C" fn on_signal(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    handler::on_signal(signal, info, context);
    // SAFETY: the device is open while `handled`, which has it sent, runs.
    let device = unsafe { BorrowedFd::borrow_raw(DEVICE.load(Relaxed)) };
    // What goes wrong here shows as a read that does not end.
    let _ = wake(device);
}

/// A read, a signal, a handler.
pub fn handled(device: &OwnedFd, restart: u32, flags: SaFlags) -> nix::Result<End> {
    DEVICE.store(device.as_raw_fd(), Relaxed);
    handler::install(Signal::SIGUSR2, on_signal, flags)?;
    register(device, Target::new(Signal::SIGUSR2, restart))?;
    raise_later(device)?;
    let result = name::with(c"sleeper", || wake_ups(device))?;
    // The handler sees what the kernel is going to do: it has put -EINTR into
    // RAX, or the number of the call (0 is read) to be made again.
    match (result, handler::seen()) {
        (Ok(1), (1, libc::SYS_read)) => Ok(End::Again),
        (Err(Errno::EINTR), (1, rax)) if rax == -(Errno::EINTR as i64) => Ok(End::Eintr),
        other => {
            println!("neither: {other:?}");
            Err(Errno::EINVAL)
        }
    }
}

/// A read, and SIGSTOP, which no process handles; later SIGCONT, which this one
/// does not.
pub fn stopped(device: &OwnedFd, restart: u32) -> nix::Result<End> {
    let child = start(|| {
        register(device, Target::new(Signal::SIGSTOP, restart))?;
        raise_later(device)?;
        // One wake-up: the sleep went on as if nothing had happened.
        check!("wake-ups", name::with(c"sleeper", || wake_ups(device))?, Ok(1));
        Ok(())
    })?;
    let stopped = WaitStatus::Stopped(child, Signal::SIGSTOP);
    check!("the child", waitpid(child, Some(WaitPidFlag::WUNTRACED))?, stopped);
    kill(child, Signal::SIGCONT)?;
    wait_until_asleep(child)?;
    wake(device)?;
    ended_well(child)?;
    Ok(End::GoesOn)
}
