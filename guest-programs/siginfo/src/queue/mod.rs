//! Where a signal waits until it is taken, and how many can.

mod a_thread_or_a_process;
mod a_queue_or_not;
mod no_room_for_another;
mod kill_pid_does_not_say_so;
mod a_standard_signal_is_sent_in_any_case;

mod status;

use std::io;
use std::os::fd::OwnedFd;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use siginfo::{Target, register, unregister};

use crate::interrupt;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    // 5. send_sig_info signals a thread, kill_pid a process.
    a_thread_or_a_process::run(device)?;
    // 6. Three interrupts while the signal is blocked.
    a_queue_or_not::run(device)?;

    let (soft, hard) = getrlimit(Resource::RLIMIT_SIGPENDING)?;
    // 7, 8. The refusal: one signal has room, and the next does not.
    no_room_for_another::run(device, hard)?;
    // 9. kill_pid sends the signal, and loses what it carries.
    kill_pid_does_not_say_so::run(device)?;
    // 10. A standard signal has room without one, or loses its number.
    a_standard_signal_is_sent_in_any_case::run(device)?;
    setrlimit(Resource::RLIMIT_SIGPENDING, soft, hard)?;
    Ok(())
}

/// One signal by one interrupt, for one registration. Returns what the module's
/// sending returned.
fn send(device: &OwnedFd, target: Target) -> nix::Result<i32> {
    register(device, target)?;
    let result = interrupt::now(device)?;
    unregister(device)?;
    Ok(result)
}
