//! The errno of a call that the standard library made.

use std::io;

use nix::errno::Errno;

/// The errno that an error of the standard library was made from.
pub fn errno(error: io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw)
}
