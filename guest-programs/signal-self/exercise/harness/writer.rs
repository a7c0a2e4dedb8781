//! A process that writes to the device.

use std::fs::File;
use std::io::{self, Write as _};
use std::time::Duration;

use marker::mark;
use nix::sys::signal::{SaFlags, Signal};
use nix::sys::wait::waitpid;
use signal_self::DEVICE;
use student::handler;

use crate::{start, told};

/// Nobody sends a signal.
pub fn is_left_alone(bytes: usize) -> io::Result<()> {
    let writer = start(|| {
        mark!("1. write: {}", told(write(&vec![0; bytes])?));
        Ok(())
    })?;
    waitpid(writer, None)?;
    Ok(())
}

/// A timer expires while the device takes bytes.
pub fn is_interrupted(bytes: usize) -> io::Result<()> {
    mark!("5. a signal while it writes");
    let writer = start(|| {
        handler::install(Signal::SIGALRM, SaFlags::empty())?;
        handler::alarm_after(Duration::from_millis(5))?;
        match write(&vec![0; bytes])? {
            Ok(written) if written == bytes => mark!("5. write: goes on to its end"),
            Ok(written) if (1..bytes).contains(&written) => mark!("5. write: cut short, some done"),
            result => mark!("5. write: {}", told(result)),
        }
        Ok(())
    })?;
    waitpid(writer, None)?;
    Ok(())
}

/// One write(2) to the device, and what it returns.
fn write(bytes: &[u8]) -> io::Result<io::Result<usize>> {
    let mut device = File::options().write(true).open(DEVICE)?;
    Ok(device.write(bytes))
}
