//! getuid(2), which has no arguments and never fails. So whatever else happens here is the
//! filter's doing, or the supervisor's.

use nix::errno::Errno;
use nix::libc::{self, c_long};

/// The call alone: libc's function has no error to return.
pub fn getuid() -> nix::Result<c_long> {
    // SAFETY: the call uses no memory.
    Errno::result(unsafe { libc::syscall(libc::SYS_getuid) })
}
