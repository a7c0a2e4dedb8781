//! A mutex that is not robust is in no list. The kernel does not know of it, and its owner's
//! number stays in it. Who waits sleeps on: for ever, or until pthread_mutex_timedlock(3)
//! gives up. Here the program ends it.

use marker::{check, mark, scene};
use nix::libc::PTHREAD_MUTEX_STALLED;
use nix::sys::prctl::set_name;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use steps::{Gate, ended_well, proc_value, start, wait_until_asleep};

use crate::mutex::Mutex;

pub fn run() -> nix::Result<()> {
    let mutex = Mutex::new(PTHREAD_MUTEX_STALLED)?;
    let (locked, end) = (Gate::new()?, Gate::new()?);
    scene!("13. a child has a mutex that is not robust; another waits for it");
    let owner = start(|| {
        mutex.lock()?;
        locked.open()?;
        end.wait()
    })?;
    locked.wait()?;
    let waiter = start(|| {
        set_name(c"waiter")?;
        mutex.lock()
    })?;
    wait_until_asleep(waiter)?;
    end.open()?;
    ended_well(owner)?;
    let state = proc_value(&format!("/proc/{waiter}/status"), "State")?;
    check!("the waiter", state, "S (sleeping)");
    mark!("13. the owner has ended; the other sleeps on");
    kill(waiter, Signal::SIGKILL)?;
    let killed = WaitStatus::Signaled(waiter, Signal::SIGKILL, false);
    check!("the waiter", waitpid(waiter, None)?, killed);
    println!("13. a mutex that is not robust: the owner ends, and the waiter sleeps on");
    Ok(())
}
