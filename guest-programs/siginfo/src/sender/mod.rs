//! What a siginfo says of its sender.

mod a_pid_that_is_no_number;
mod a_uid_of_the_interrupted_task;
mod anybody_may_claim_si_queue;
mod nobody_may_claim_si_kernel;

mod forge;

use std::io;
use std::os::fd::OwnedFd;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    // 11. A process that calls itself 1, and is not taken for the other one.
    a_pid_that_is_no_number::run(device)?;
    // 12. The module wrote si_uid 0, and something else arrives.
    a_uid_of_the_interrupted_task::run(device)?;
    // 13. A child sends the module's siginfo, byte for byte.
    anybody_may_claim_si_queue::run(device)?;
    // 14. The refusal: what the kernel alone may claim, not even root may.
    nobody_may_claim_si_kernel::run()
}
