//! A real kill(2) to oneself. `prepare_kill_siginfo` (kernel/signal.c) says the same of the
//! sender as `__send_signal_locked` did in the write. What is different is where the signal
//! is kept: that of kill(2) is the process's, that of the write was the thread's.

use marker::{check, scene};
use nix::sys::signal::{Signal, kill};
use nix::unistd::getpid;

use crate::handler::{self, Told};

pub fn run(by_the_write: Told) -> nix::Result<()> {
    let before = handler::runs();
    scene!("2. kill: SIGPIPE to itself");
    kill(getpid(), Signal::SIGPIPE)?;
    check!("the handler's runs", handler::runs(), before + 1);
    check!("the siginfo", handler::told(), by_the_write);
    println!("2. kill(2) of SIGPIPE to oneself: the siginfo is the same");
    Ok(())
}
