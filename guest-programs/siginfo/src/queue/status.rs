//! What the kernel tells of this thread's signals, in proc_pid_status(5).

use std::{fs, io};

use siginfo::SIGNAL;

fn line(field: &str) -> io::Result<String> {
    let status = fs::read_to_string("/proc/thread-self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(":\t"));
    line.map(str::to_owned).ok_or(io::ErrorKind::InvalidData.into())
}

/// Whether the signal is in a mask, which is hexadecimal; bit 0 is signal 1.
pub fn is_pending(field: &str) -> io::Result<bool> {
    let mask = u64::from_str_radix(&line(field)?, 16).map_err(io::Error::other)?;
    Ok(mask & 1 << (SIGNAL - 1) != 0)
}

/// How many signals are queued for this user, of the limit: `queued/limit`.
pub fn queued() -> io::Result<u64> {
    let both = line("SigQ")?;
    both.split('/').next().and_then(|n| n.parse().ok()).ok_or(io::ErrorKind::InvalidData.into())
}
