//! `check_process_timers` (kernel/time/posix-cpu-timers.c) looks at the hard limit first. It
//! has the task send SIGKILL to itself, and a limit that is soft as well does not matter
//! any more.

use marker::{check, scene};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use steps::{spin_for_ever, start};

pub fn run() -> nix::Result<()> {
    scene!("10. a child runs; both limits are 0 seconds");
    let child = start(|| {
        setrlimit(Resource::RLIMIT_CPU, 0, 0)?;
        spin_for_ever()
    })?;
    let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
    check!("the child", waitpid(child, None)?, killed);
    println!("10. RLIMIT_CPU, hard: SIGKILL, and no SIGXCPU before it");
    Ok(())
}
