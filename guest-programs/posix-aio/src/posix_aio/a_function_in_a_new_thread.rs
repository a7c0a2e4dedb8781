//! SIGEV_THREAD: a function instead of a signal. glibc starts a thread for it.

use std::fs::File;
use std::sync::OnceLock;

use marker::{check, mark, scene};
use nix::libc::sigval;
use nix::sys::aio::Aio;
use nix::unistd::{Pid, gettid};

use crate::requests::read_then_call;
use crate::tasks::blocked_signals;

/// What [`on_completion`] found when it ran.
struct Told {
    thread: Pid,
    value: usize,
    blocked: nix::Result<u64>,
}

static TOLD: OnceLock<Told> = OnceLock::new();

pub fn run(file: &File, helper: Pid) -> nix::Result<()> {
    let mut buffer = [0; 4];
    scene!("4. SIGEV_THREAD: a read of a file");
    let mut request = read_then_call(file, &mut buffer, on_completion, 4);
    request.as_mut().submit()?;
    let told = TOLD.wait();
    check!("aio_error", request.as_mut().error(), Ok(()));
    check!("aio_return", request.as_mut().aio_return()?, 4);
    check!("sigval", told.value, 4);
    check!("a thread of its own", told.thread != gettid() && told.thread != helper, true);
    // The program has blocked two signals, 10 and 12. The new thread has not.
    let (blocked, blocked_there) = (blocked_signals(gettid())?, told.blocked?);
    check!("SigBlk of the main thread", blocked, 1 << 9 | 1 << 11);
    check!("SigBlk of the function's thread", blocked_there, 0);
    println!("4. SIGEV_THREAD: the function runs in a third thread, with value 4");
    println!("   signals blocked (SigBlk): {blocked:x} in the main thread, {blocked_there} there");
    Ok(())
}

/// What glibc is to call. It is not a signal handler: it runs in a thread, and may
/// do anything that a thread may.
extern "C" fn on_completion(value: sigval) {
    mark!("4. this is my function");
    let (thread, value) = (gettid(), value.sival_ptr.addr());
    TOLD.get_or_init(|| Told { thread, value, blocked: blocked_signals(thread) });
}
