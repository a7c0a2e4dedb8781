//! Waiting for what a student's program does, but not for ever.

use std::process::Child;
use std::time::{Duration, Instant};
use std::{fs, io};

use nix::poll::{PollTimeout, poll};

/// Waits until the program is as wanted or has ended, or until `patience` is over.
pub fn until(
    program: &mut Child,
    patience: Duration,
    wanted: impl Fn(&Child) -> io::Result<bool>,
) -> io::Result<()> {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline && program.try_wait()?.is_none() && !wanted(program)? {
        // The program runs meanwhile.
        poll(&mut [], PollTimeout::from(1u8))?;
    }
    Ok(())
}

/// The system call that the program sleeps in: its number and its arguments, as
/// in /proc/pid/syscall (proc(5)). `None` while the program runs.
pub fn system_call(program: &Child) -> io::Result<Option<String>> {
    let call = fs::read_to_string(format!("/proc/{}/syscall", program.id()))?;
    Ok((!call.starts_with("running")).then_some(call))
}
