//! Who unlocks it without pthread_mutex_consistent(3) says: this cannot be repaired. From then
//! on each lock is ENOTRECOVERABLE, and does not wait. That is the C library's doing; the
//! kernel has only set the bit.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc::PTHREAD_MUTEX_ROBUST;
use steps::{ended_well, start};

use crate::mutex::Mutex;

pub fn run() -> nix::Result<()> {
    let mutex = Mutex::new(PTHREAD_MUTEX_ROBUST)?;
    scene!("12. a child ends with a robust mutex");
    let owner = start(|| mutex.lock())?;
    ended_well(owner)?;
    check!("lock", mutex.lock(), Err(Errno::EOWNERDEAD));
    mark!("12. lock: EOWNERDEAD; it only unlocks");
    mutex.unlock()?;
    check!("lock", mutex.lock(), Err(Errno::ENOTRECOVERABLE));
    check!("lock", mutex.lock(), Err(Errno::ENOTRECOVERABLE));
    mark!("12. lock, twice: ENOTRECOVERABLE");
    println!("12. unlocked, and not made consistent: ENOTRECOVERABLE from then on");
    Ok(())
}
