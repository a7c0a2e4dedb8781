//! rt_sigqueueinfo(2), which has no wrapper.

use nix::errno::Errno;
use nix::libc::{self, c_int, siginfo_t};
use nix::unistd::Pid;
use siginfo::{SIGNAL, VALUE};

/// Sends the siginfo that the module sends, but for the si_code.
pub fn send(to: Pid, code: c_int) -> nix::Result<()> {
    /// As libc's, whose union is not for others to fill.
    #[repr(C)]
    struct SigInfo {
        signo: c_int,
        errno: c_int,
        code: c_int,
        padding: c_int,
        pid: i32,
        uid: u32,
        value: i64,
        rest: [u64; 12],
    }
    const { assert!(size_of::<SigInfo>() == size_of::<siginfo_t>()) };
    let info = SigInfo {
        signo: SIGNAL,
        errno: 0,
        code,
        padding: 0,
        pid: 0,
        uid: 0,
        value: VALUE.into(),
        rest: [0; 12],
    };
    // SAFETY: the siginfo is valid, and lives through the call.
    let result =
        unsafe { libc::syscall(libc::SYS_rt_sigqueueinfo, to.as_raw(), SIGNAL, &raw const info) };
    Errno::result(result).map(drop)
}
