//! The refusal: a second has 999,999,999 nanoseconds and the next one.
//! `timerfd_settime` (fs/timerfd.c) asks `itimerspec64_valid` (include/linux/time64.h).

use std::os::fd::{AsFd, AsRawFd};
use std::ptr;

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};

pub fn run() -> nix::Result<()> {
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC)?;
    let never = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let none = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000_000 };
    let time = libc::itimerspec { it_interval: never, it_value: none };
    scene!("9. asks for 0 s and 1,000,000,000 ns");
    let fd = timer.as_fd().as_raw_fd();
    // SAFETY: it reads one itimerspec from a valid pointer.
    let set = unsafe { libc::timerfd_settime(fd, 0, &time, ptr::null_mut()) };
    let error = Errno::result(set).expect_err("no such time");
    check!("timerfd_settime", error, Errno::EINVAL);
    println!("9. timerfd_settime with 1,000,000,000 ns fails: {error}");
    Ok(())
}
