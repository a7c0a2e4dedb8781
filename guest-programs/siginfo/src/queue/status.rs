//! What the kernel says about this thread's signals, in proc_pid_status(5).

use std::io;

use siginfo::SIGNAL;
use steps::{proc_hex, proc_value};

const STATUS: &str = "/proc/thread-self/status";

/// Whether the signal is in a mask of pending signals.
pub fn is_pending(mask: &str) -> nix::Result<bool> {
    Ok(proc_hex(STATUS, mask)? & 1 << (SIGNAL - 1) != 0)
}

/// How many signals are queued for this user. The file has `queued/limit`.
pub fn queued() -> io::Result<u64> {
    let both = proc_value(STATUS, "SigQ")?;
    both.split('/').next().and_then(|n| n.parse().ok()).ok_or(io::ErrorKind::InvalidData.into())
}
