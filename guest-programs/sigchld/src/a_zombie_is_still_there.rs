//! kill(pid, 0) is no test of life: `kill_pid_info_type` (kernel/signal.c) still finds
//! a task behind a zombie's pid.

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::sys::wait::waitpid;
use steps::start;

use crate::handler::wait_for_handler;

pub fn run() -> nix::Result<()> {
    scene!("6. a zombie is signalled");
    let child = start(|| Ok(()))?;
    wait_for_handler(1)?;
    check!("kill(zombie, 0)", kill(child, None), Ok(()));
    waitpid(child, None)?;
    check!("kill(reaped, 0)", kill(child, None), Err(Errno::ESRCH));
    println!("6. kill(zombie, 0) succeeds; after the wait it fails: ESRCH");
    Ok(())
}
