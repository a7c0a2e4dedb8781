//! What a read of a timerfd returns.

use nix::errno::Errno;
use nix::sys::timerfd::TimerFd;
use nix::unistd::read;

/// The number of expirations since the last read. Sleeps until there is one.
pub fn expirations(timer: &TimerFd) -> nix::Result<u64> {
    let mut count = [0; 8];
    match read(timer, &mut count)? {
        8 => Ok(u64::from_ne_bytes(count)),
        _ => Err(Errno::EIO),
    }
}
