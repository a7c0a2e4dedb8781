//! The memory of a caller.

use std::fs::File;
use std::os::unix::fs::FileExt;

use nix::libc::seccomp_notif;
use steps::errno;

use crate::listener::Listener;

/// Reads from the caller's memory. Meanwhile the caller may be killed, and its pid given to
/// another process; or a signal's handler runs in it. So the listener is asked afterwards
/// whether the caller still waits. If it does, it has waited all the time.
pub fn read<const N: usize>(
    listener: &Listener,
    request: &seccomp_notif,
    address: u64,
) -> nix::Result<[u8; N]> {
    let memory = File::open(format!("/proc/{}/mem", request.pid)).map_err(errno)?;
    let mut bytes = [0; N];
    let read = memory.read_exact_at(&mut bytes, address).map_err(errno);
    listener.still_waits(request.id)?;
    read.map(|()| bytes)
}
