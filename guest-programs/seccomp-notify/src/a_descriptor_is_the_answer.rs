//! A descriptor's number means something in one process only. So a supervisor that answers
//! an open(2) asks the kernel to put a descriptor of its own into the caller's table
//! (SECCOMP_IOCTL_NOTIF_ADDFD). The caller does that itself, when it is woken, and with
//! SECCOMP_ADDFD_FLAG_SEND the new number is what its call returns.

use std::os::fd::AsFd;

use marker::{check, mark, scene};
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::sys::prctl::set_name;
use nix::sys::stat::Mode;
use nix::unistd::{pipe, read, write};
use steps::ended_well;

use crate::caller::start_caller;

const NEWS: &[u8] = b"news";

pub fn run() -> nix::Result<()> {
    scene!("14. a caller opens a file that does not exist");
    let (caller, listener) = start_caller(libc::SYS_openat, || {
        set_name(c"caller")?;
        let file = open("/no/such/file", OFlag::O_RDONLY, Mode::empty())?;
        let mut bytes = [0; NEWS.len()];
        check!("read", read(&file, &mut bytes)?, NEWS.len());
        check!("what it has read", &bytes[..], NEWS);
        mark!("14. it has read what the supervisor had written");
        set_name(c"seccomp-notify")
    })?;
    let request = listener.receive()?;
    let (exit, entry) = pipe()?;
    write(&entry, NEWS)?;
    mark!("14. the supervisor answers with a pipe");
    listener.answer_with(request.id, exit.as_fd())?;
    mark!("14. the caller has the descriptor");
    ended_well(caller)?;
    println!("14. SECCOMP_IOCTL_NOTIF_ADDFD: open returns a descriptor of the supervisor's");
    Ok(())
}
