//! What can a signal carry from an interrupt?
//!
//! An old and much copied piece of advice lets a driver send a number along with a
//! signal: signal 44, `si_int` 1234, and `si_code` SI_QUEUE, because with SI_KERNEL
//! "the data is not delivered". This program tries it with `kmods/siginfo`, both
//! ways, on everybody who can receive a signal; then it looks at what else may
//! become of the number.
//!
//! Documented in sigaction(2), sigwaitinfo(2), signalfd(2), signal(7),
//! getrlimit(2) and rt_sigqueueinfo(2).

mod value;
mod queue;
mod sender;

mod interrupt;
mod info;

use std::io;

use marker::mark;
use nix::libc::SIGUSR1;
use siginfo::{SIGNAL, open_device};
use steps::{block, run_untraced};

fn main() -> io::Result<()> {
    marker::open_trace();
    // Blocked except while a handler is waited for: so each signal arrives where
    // the scene says.
    block(SIGNAL)?;
    block(SIGUSR1)?;
    let device = open_device()?;

    // 1 to 4. The advice, tried: who finds the number?
    value::run(&device)?;
    // 5 to 10. Where a signal waits, how many can, and what becomes of the rest.
    queue::run(&device)?;
    // 11 to 14. The siginfo names a sender. Can that be believed?
    sender::run(&device)?;
    drop(device);

    // 15. Another program asks of the module what no well-behaved one would.
    mark!("15. bad input, untraced");
    run_untraced("/lab/siginfo-bad-input")
}
