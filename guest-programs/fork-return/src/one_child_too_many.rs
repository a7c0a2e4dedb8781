//! The deliberate failure: at the limit `copy_process` (kernel/fork.c) returns -EAGAIN,
//! which is -11; libc turns it into -1 and errno.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc::{self, c_long};
use steps::exit;

use crate::raw_fork::{STUDENT, fork_without_libc};

/// Runs in a process of a user with a limit of 3, and with two zombies.
pub fn run() -> nix::Result<()> {
    scene!("3. one child too many");
    // SAFETY: this program has one thread, so the child may do as it likes.
    let returned = unsafe { libc::fork() };
    let error = Errno::last();
    if returned == 0 {
        exit(0);
    }
    check!("fork", returned, -1);
    check!("errno", error, Errno::EAGAIN);
    println!("3. user {STUDENT}, limit 3: itself and 2 zombies; one more:");
    println!("   fork returns {returned}, errno is {error}");

    mark!("3. the same without libc");
    let raw = fork_without_libc();
    if raw == 0 {
        exit(0);
    }
    check!("fork without libc", raw, -c_long::from(libc::EAGAIN));
    println!("   without libc it returns {raw}");
    Ok(())
}
