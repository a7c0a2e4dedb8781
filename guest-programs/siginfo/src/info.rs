//! A siginfo, and the call that takes one without a handler.

use std::{mem, ptr, slice};

use nix::errno::Errno;
use nix::libc::{self, SI_KERNEL, SI_QUEUE, SI_USER, c_int, siginfo_t};

/// What this lesson looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    pub code: c_int,
    pub pid: i32,
    pub uid: u32,
    pub int: i32,
}

impl Info {
    pub fn from(info: &siginfo_t) -> Info {
        // SAFETY: these read memory inside of the siginfo, whatever its si_code
        // is. Whether what is there means something is this lesson's question.
        unsafe {
            Info {
                code: info.si_code,
                pid: info.si_pid(),
                uid: info.si_uid(),
                // si_int is the half of si_value that C calls sival_int.
                int: info.si_value().sival_ptr.addr() as i32,
            }
        }
    }
}

/// What an si_code is called.
pub fn name(code: c_int) -> &'static str {
    match code {
        SI_QUEUE => "SI_QUEUE",
        SI_KERNEL => "SI_KERNEL",
        SI_USER => "SI_USER",
        _ => "another si_code",
    }
}

/// Takes a signal, if it is pending.
pub fn take(signal: c_int) -> nix::Result<Option<Info>> {
    Ok(take_raw(signal)?.map(|info| Info::from(&info)))
}

/// The same, with the siginfo as the kernel wrote it.
pub fn take_raw(signal: c_int) -> nix::Result<Option<siginfo_t>> {
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a siginfo is integers and an address; zeros are valid.
    let mut info: siginfo_t = unsafe { mem::zeroed() };
    // SAFETY: set, siginfo and timeout are valid.
    match Errno::result(unsafe { libc::sigtimedwait(&steps::set_of(signal), &mut info, &now) }) {
        Ok(_) => Ok(Some(info)),
        Err(Errno::EAGAIN) => Ok(None),
        Err(error) => Err(error),
    }
}

/// All its bytes.
pub fn bytes(info: &siginfo_t) -> &[u8] {
    // SAFETY: the kernel wrote all of it, padding too.
    unsafe { slice::from_raw_parts(ptr::from_ref(info).cast(), size_of_val(info)) }
}
