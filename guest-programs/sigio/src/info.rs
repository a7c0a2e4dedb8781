//! A siginfo of SIGIO, or of the signal in its place, and the call that takes one without
//! a handler.

use std::mem;

use nix::errno::Errno;
use nix::libc::{self, SI_KERNEL, SIGIO, c_int, c_long, siginfo_t};
use sigio::SIGNAL;

/// Reasons for a signal, from include/uapi/asm-generic/siginfo.h. They are no bits, and
/// not those of poll(2).
pub const POLL_IN: c_int = 1;
pub const POLL_PRI: c_int = 5;

/// What this lesson looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    pub signal: c_int,
    pub code: c_int,
    pub band: c_long,
    pub fd: c_int,
}

/// SIGIO that says nothing: nobody asked for more, or there was no room for it. Its
/// si_fd is 0, which is no descriptor here.
pub const PLAIN: Info = Info { signal: SIGIO, code: SI_KERNEL, band: 0, fd: 0 };

/// The beginning of `siginfo_t` as it is for these signals; libc has no names for the
/// last two.
#[repr(C)]
struct SigPoll {
    signo: c_int,
    errno: c_int,
    code: c_int,
    padding: c_int,
    band: c_long,
    fd: c_int,
}

impl Info {
    pub fn from(info: &siginfo_t) -> Info {
        const { assert!(size_of::<SigPoll>() <= size_of::<siginfo_t>()) };
        // SAFETY: the layout is that of the kernel's siginfo, and any content is valid.
        let info = unsafe { &*std::ptr::from_ref(info).cast::<SigPoll>() };
        Info { signal: info.signo, code: info.code, band: info.band, fd: info.fd }
    }
}

/// What an si_code is called.
pub fn name(code: c_int) -> &'static str {
    match code {
        SI_KERNEL => "SI_KERNEL",
        POLL_IN => "POLL_IN",
        POLL_PRI => "POLL_PRI",
        _ => "another si_code",
    }
}

/// Takes SIGIO or the lesson's signal, if one is pending: SIGIO first, which has the
/// lower number.
pub fn take() -> nix::Result<Option<Info>> {
    let mut set = steps::set_of(SIGIO);
    // SAFETY: the set is initialised.
    Errno::result(unsafe { libc::sigaddset(&mut set, SIGNAL) })?;
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a siginfo is integers and an address; zeros are valid.
    let mut info: siginfo_t = unsafe { mem::zeroed() };
    // SAFETY: set, siginfo and timeout are valid.
    match Errno::result(unsafe { libc::sigtimedwait(&set, &mut info, &now) }) {
        Ok(_) => Ok(Some(Info::from(&info))),
        Err(Errno::EAGAIN) => Ok(None),
        Err(error) => Err(error),
    }
}
