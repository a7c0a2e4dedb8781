//! A namespace dies with its init. `alloc_pid` (kernel/pid.c) refuses a process that would
//! be born there, with the error that it also has for memory.

use marker::{check, scene};
use nix::errno::Errno;
use steps::start;

/// The next child of this process would be in the namespace whose init has just died.
pub fn run() -> nix::Result<()> {
    scene!("5. fork into the dead namespace");
    let error = start(|| Ok(())).expect_err("the namespace is dead");
    check!("fork into a dead namespace", error, Errno::ENOMEM);
    println!("5. its init is dead, one more fork: {error}");
    Ok(())
}
