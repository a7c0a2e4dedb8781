//! clock_gettime(3) is a function of the vDSO, code that the kernel has mapped into the
//! program (vdso(7)). It reads the time from a page that the kernel writes, and the
//! processor's counter, and makes no call. Without a counter that it may read, it would.

use std::mem::MaybeUninit;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};

pub fn run() -> nix::Result<()> {
    scene!("3. reads the clock twice");
    let first = clock_gettime(ClockId::CLOCK_MONOTONIC)?;
    let second = clock_gettime(ClockId::CLOCK_MONOTONIC)?;
    check!("it has moved", second > first, true);
    mark!("3. reads it by the system call");
    let third = call()?;
    check!("they agree", third > second, true);
    println!("3. clock_gettime, twice: no system call, and the clock has moved");
    Ok(())
}

fn call() -> nix::Result<TimeSpec> {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the call fills in one timespec.
    Errno::result(unsafe {
        libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_MONOTONIC, time.as_mut_ptr())
    })?;
    // SAFETY: it has.
    Ok(unsafe { time.assume_init() }.into())
}
