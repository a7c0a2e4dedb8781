//! A mutex that is not robust is in no list. The kernel does not know of it, and its owner's
//! number stays in it. Who waits would wait for ever; here it has a deadline, and the clock
//! wakes it.

use std::time::Duration;

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::PTHREAD_MUTEX_STALLED;
use nix::sys::prctl::set_name;
use nix::unistd::getpid;
use steps::{Gate, ended_well, start, wait_until_asleep};

use crate::mutex::Mutex;

pub fn run() -> nix::Result<()> {
    let mutex = Mutex::new(PTHREAD_MUTEX_STALLED)?;
    let (gate, program) = (Gate::new()?, getpid());
    scene!("13. a child ends with a mutex that is not robust, while the program waits");
    let owner = start(|| {
        mutex.lock()?;
        gate.open()?;
        wait_until_asleep(program)
    })?;
    gate.wait()?;
    set_name(c"waiter")?;
    let waited = mutex.lock_within(Duration::from_millis(20));
    set_name(c"left-behind")?;
    check!("lock", waited, Err(Errno::ETIMEDOUT));
    ended_well(owner)?;
    println!("13. a mutex that is not robust: nobody is told; ETIMEDOUT");
    Ok(())
}
