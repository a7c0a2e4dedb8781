//! pthread_join(3) sleeps until such a word is 0: the C library makes each thread with
//! CLONE_CHILD_CLEARTID. The thread makes no call to say that it ends. It cannot, for after its
//! last call nobody may touch its stack, and that call would need one. So the kernel wakes the
//! waiter when the thread has left its memory.

use std::thread::Builder;

use marker::scene;
use nix::errno::Errno;
use nix::sys::prctl::set_name;
use nix::unistd::getpid;
use steps::{errno, wait_until_asleep};

pub fn run() -> nix::Result<()> {
    set_name(c"waiter")?;
    let program = getpid();
    scene!("8. joins a thread, which ends when the program sleeps");
    let thread = Builder::new().name("joined".into());
    let thread = thread.spawn(move || wait_until_asleep(program)).map_err(errno)?;
    thread.join().map_err(|_| Errno::UnknownErrno)??;
    set_name(c"left-behind")?;
    println!("8. pthread_join: woken by the thread's exit; the thread has made no call for it");
    Ok(())
}
