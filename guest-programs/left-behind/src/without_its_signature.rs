//! The kernel goes on only where the task's signature stands in front: else who can write one
//! word of a program could have it go on anywhere. Without the signature it sends SIGSEGV, and
//! there was no page fault.

use marker::{check, scene};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use steps::{run_second, sleep_for_ever};

use crate::metronome::beside;
use crate::rseq::{Rseq, SIGNATURE};
use crate::{section, sharer};

pub fn run() -> nix::Result<()> {
    static RSEQ: Rseq = Rseq::new();
    scene!("17. the same, with another signature");
    beside(|| {
        let task = sharer::start(|| {
            // Rust's runtime has a handler, which looks for a stack that is full.
            // SAFETY: no function of this program runs.
            unsafe { signal(Signal::SIGSEGV, SigHandler::SigDfl)? };
            run_second()?;
            RSEQ.call(0, !SIGNATURE)?;
            section::stay(&RSEQ);
            sleep_for_ever()
        })?;
        let killed = WaitStatus::Signaled(task, Signal::SIGSEGV, false);
        check!("the task", waitpid(task, None)?, killed);
        Ok(())
    })?;
    println!("17. the place to go on has another signature: SIGSEGV");
    Ok(())
}
