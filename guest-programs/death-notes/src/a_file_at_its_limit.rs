//! `generic_write_check_limits` (fs/read_write.c) compares the write with RLIMIT_FSIZE. The
//! write that begins below the limit is cut, and says so in its result only. The one that
//! begins at it is EFBIG and SIGXFSZ, by the same `send_sig` as SIGPIPE.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::resource::{RLIM_INFINITY, Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{getpid, write};
use steps::{ended_well, start};

use crate::handler;

pub fn run() -> nix::Result<()> {
    scene!("8. a child writes 1500 bytes to a file; RLIMIT_FSIZE is 1000");
    let child = start(|| {
        handler::install(Signal::SIGXFSZ)?;
        let file = memfd_create("short", MFdFlags::MFD_CLOEXEC)?;
        setrlimit(Resource::RLIMIT_FSIZE, 1000, RLIM_INFINITY)?;
        check!("the first write", write(&file, &[0; 1500]), Ok(1000));
        mark!("8. 1000 are written; it writes the rest");
        check!("the second write", write(&file, &[0; 500]), Err(Errno::EFBIG));
        check!("si_code", handler::told().code, libc::SI_USER);
        check!("si_pid", handler::told().pid, getpid().as_raw());
        Ok(())
    })?;
    ended_well(child)?;
    println!("8. RLIMIT_FSIZE: a short write; then SIGXFSZ, si_pid is my own, and EFBIG");
    Ok(())
}
