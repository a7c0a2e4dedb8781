//! A read that waits, and that a signal interrupts.

use std::io;
use std::os::fd::AsRawFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use marker::mark;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::signal::{SaFlags, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use student::handler;

use crate::{open_device, told};

/// Long enough for everything that is to happen at once; guest time.
const PATIENCE: Duration = Duration::from_millis(300);

/// A timer with a handler with SA_RESTART interrupts a read that waits.
pub fn a_read() -> io::Result<()> {
    mark!("a read is interrupted");
    let child = steps::start(|| {
        if let Err(error) = read_interrupted() {
            mark!("the read cannot be tried: {}", error);
        }
        Ok(())
    })?;
    let start = Instant::now();
    while waitpid(child, Some(WaitPidFlag::WNOHANG))? == WaitStatus::StillAlive {
        if start.elapsed() > PATIENCE {
            mark!("it sleeps on, and gets a byte");
            let device = open_device(OFlag::O_NONBLOCK)?;
            // What the write returns is of no interest: it was tried before.
            let _ = nix::unistd::write(&device, b"x");
            waitpid(child, None)?;
            return Ok(());
        }
        sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn read_interrupted() -> nix::Result<()> {
    let device = open_device(OFlag::empty())?;
    // So that the read that is interrupted has something to return.
    handler::write_to(&device);
    handler::install(Signal::SIGALRM, SaFlags::SA_RESTART)?;
    handler::alarm_after(Duration::from_millis(10))?;
    let mut byte = 0_u8;
    // SAFETY: there is room for the one byte.
    let read = unsafe { libc::read(device.as_raw_fd(), (&raw mut byte).cast(), 1) };
    mark!("the read returns: {}", told(read as i64));
    Ok(())
}
