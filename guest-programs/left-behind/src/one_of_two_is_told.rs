//! The same with a mutex of the C library, whose owner ends while two wait. The kernel wakes
//! one, and pthread_mutex_lock(3) returns EOWNERDEAD to it. It *has* the mutex then. It may
//! look whether what the mutex protects is half done, repairs it, says so by
//! pthread_mutex_consistent(3), and unlocks. The other has an ordinary mutex.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc::PTHREAD_MUTEX_ROBUST;
use nix::sys::prctl::set_name;
use steps::{Gate, ended_well, start, wait_until_asleep};

use crate::mutex::Mutex;

pub fn run() -> nix::Result<()> {
    let mutex = Mutex::new(PTHREAD_MUTEX_ROBUST)?;
    let (locked, end) = (Gate::new()?, Gate::new()?);
    scene!("11. a child has a robust mutex; two others wait for it");
    let owner = start(|| {
        set_name(c"owner")?;
        mutex.lock()?;
        locked.open()?;
        end.wait()
    })?;
    locked.wait()?;
    let first = start(|| {
        set_name(c"waiter")?;
        check!("lock", mutex.lock(), Err(Errno::EOWNERDEAD));
        mark!("11. lock: EOWNERDEAD; it has the mutex, and makes it consistent");
        mutex.consistent()?;
        mutex.unlock()
    })?;
    wait_until_asleep(first)?;
    let second = start(|| {
        set_name(c"waiter")?;
        check!("lock", mutex.lock(), Ok(()));
        mark!("11. lock: 0; it has the mutex, and is not told");
        mutex.unlock()
    })?;
    wait_until_asleep(second)?;
    mark!("11. both sleep; the owner may end");
    end.open()?;
    for child in [owner, first, second] {
        ended_well(child)?;
    }
    println!("11. pthread_mutex_lock: EOWNERDEAD to the first; made consistent, 0 to the next");
    Ok(())
}
