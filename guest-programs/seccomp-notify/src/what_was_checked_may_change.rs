//! SECCOMP_USER_NOTIF_FLAG_CONTINUE is no "yes": the kernel reads the arguments again. If
//! one is an address, then what is there may have changed since the supervisor has looked
//! (time of check, time of use). Here it is a task's name, in memory that two tasks share.

use std::num::NonZeroUsize;

use marker::{check, mark, scene};
use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use steps::{ended_well, start};

use crate::caller::start_caller;
use crate::memory::read;

const NAME: [u8; 8] = *b"allowed\0";
const OTHER: [u8; 8] = *b"refused\0";

pub fn run() -> nix::Result<()> {
    scene!("8. a caller would call itself \"allowed\"");
    let size = NonZeroUsize::new(NAME.len()).expect("it is not empty");
    let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping, which replaces none.
    let page = unsafe { mmap_anonymous(None, size, protection, MapFlags::MAP_SHARED)? };
    let name = page.cast::<[u8; 8]>().as_ptr();
    // SAFETY: it is large enough, and nobody else writes to it yet.
    unsafe { name.write_volatile(NAME) };

    let (caller, listener) = start_caller(libc::SYS_prctl, || {
        // SAFETY: the name ends with a zero, whoever has written it.
        check!("prctl", unsafe { libc::prctl(libc::PR_SET_NAME, name) }, 0);
        Ok(())
    })?;
    let request = listener.receive()?;
    check!("operation", request.data.args[0], libc::PR_SET_NAME as u64);
    check!("name", read(&listener, &request, request.data.args[1])?, NAME);
    mark!("8. the supervisor has read \"allowed\"");
    ended_well(start(|| {
        mark!("8. another task writes \"refused\" there");
        // SAFETY: the caller waits meanwhile.
        unsafe { name.write_volatile(OTHER) };
        Ok(())
    })?)?;
    mark!("8. the supervisor lets the call go on");
    listener.go_on(request.id)?;
    ended_well(caller)?;
    println!("8. the supervisor has read \"allowed\"; the call that went on has used \"refused\"");
    Ok(())
}
