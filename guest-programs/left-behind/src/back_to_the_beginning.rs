//! What the kernel writes may be the task's next instruction. A task says that it is in a
//! critical section, and where to go on if it does not come through it undisturbed. A signal
//! is a disturbance: `rseq_ip_fixup` (kernel/rseq.c) first moves the instruction pointer there.
//! Only then does the kernel prepare the handler, and what the handler sees of the program is
//! that it has already left.

use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, siginfo_t, ucontext_t};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use steps::run_second;

use crate::rseq::{Rseq, SIGNATURE};
use crate::{section, sharer};

/// The instruction that the handler returns to.
static NEXT: AtomicU64 = AtomicU64::new(0);

extern "C" fn on_alarm(_: c_int, _: *mut siginfo_t, context: *mut c_void) {
    let context: *const ucontext_t = context.cast();
    // SAFETY: the kernel passes a valid context to an SA_SIGINFO handler.
    let next = unsafe { (*context).uc_mcontext.gregs[libc::REG_RIP as usize] };
    NEXT.store(next.cast_unsigned(), SeqCst);
    mark!("15. handler");
}

pub fn run() -> nix::Result<()> {
    static RSEQ: Rseq = Rseq::new();
    scene!("15. a task stays in a critical section; SIGALRM comes");
    sharer::run(|| {
        let handler = SigHandler::SigAction(on_alarm);
        let action = SigAction::new(handler, SaFlags::SA_SIGINFO, SigSet::empty());
        // SAFETY: the handler does only what signal-safety(7) allows.
        unsafe { sigaction(Signal::SIGALRM, &action)? };
        // No other task runs meanwhile.
        run_second()?;
        RSEQ.call(0, SIGNATURE)?;
        start_timer()?;
        let abort = section::stay(&RSEQ);
        mark!("15. goes on where it asked for");
        check!("where the handler found it", NEXT.load(SeqCst), abort);
        check!("it is forgotten", section::is_left(&RSEQ), true);
        Ok::<(), Errno>(())
    })?;
    println!("15. a signal in a critical section: the kernel moves the next instruction");
    Ok(())
}

/// Asks for SIGALRM in 10 ms.
fn start_timer() -> nix::Result<()> {
    let never = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let soon = libc::timeval { tv_sec: 0, tv_usec: 10_000 };
    let once = libc::itimerval { it_interval: never, it_value: soon };
    // SAFETY: the call reads one itimerval. The old one is not asked for.
    Errno::result(unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const once, ptr::null_mut()) })
        .map(drop)
}
