//! The clock's interrupt only finds that the time is up. `posix_cpu_timers_work`
//! (kernel/time/posix-cpu-timers.c) then runs in the task itself, on its way back to the
//! program. It sends SIGXCPU, and moves the soft limit on by a second: the next SIGXCPU
//! comes then.

use std::hint::black_box;

use marker::{check, scene};
use nix::libc;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use steps::{ended_well, start};

use crate::handler;

pub fn run() -> nix::Result<()> {
    scene!("9. a child runs; RLIMIT_CPU is 0 seconds");
    let child = start(|| {
        handler::install(Signal::SIGXCPU)?;
        let before = handler::runs();
        setrlimit(Resource::RLIMIT_CPU, 0, RLIM_INFINITY)?;
        while handler::runs() == before {
            black_box(());
        }
        check!("si_code", handler::told().code, libc::SI_KERNEL);
        check!("the soft limit", getrlimit(Resource::RLIMIT_CPU)?, (1, RLIM_INFINITY));
        Ok(())
    })?;
    ended_well(child)?;
    println!("9. RLIMIT_CPU, soft: SIGXCPU, SI_KERNEL; the limit is 1 second now");
    Ok(())
}
