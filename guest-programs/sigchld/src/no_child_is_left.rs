//! The deliberate failure: `__do_wait` (kernel/exit.c) finds no child that it could
//! wait for, so it does not wait.

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::wait::waitpid;

pub fn run() -> nix::Result<()> {
    scene!("12. waitpid without children");
    let error = waitpid(None, None).expect_err("no child is left");
    check!("waitpid without children", error, Errno::ECHILD);
    println!("waitpid without children fails: {error}");
    Ok(())
}
