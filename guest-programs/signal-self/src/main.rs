//! When does a process see a signal sent to itself in a system call?
//!
//! This program asks `kmods/signal_self` to send it a signal, in an ioctl: look in
//! the timeline for what the module does *after* that. Then it sleeps in a read of
//! the module's device, and a signal ends the sleep in four ways.
//!
//! Documented in signal(7), sigaction(2) and restart_syscall(2); the device in
//! QEMU's docs/specs/edu.rst.

mod the_ioctl_runs_to_its_end;
mod the_module_asks;
mod a_sleep_ends_at_once;
mod a_blocked_signal_is_for_later;
mod sigkill_waits_too;
mod no_system_call_at_all;
mod four_ways_to_end_a_sleep;
mod signal_65_is_refused;
mod a_write_without_a_reader;

mod handler;
mod name;
mod sleep;

use nix::sys::signal::{SaFlags, Signal};
use signal_self::open_device;

fn main() -> nix::Result<()> {
    marker::open_trace();
    let device = open_device()?;
    handler::install(Signal::SIGUSR1, handler::on_signal, SaFlags::empty())?;

    // 1. The statement after the signal runs; the handler comes later.
    the_ioctl_runs_to_its_end::run(&device)?;
    // 2. The module can stop there, if it asks.
    the_module_asks::run(&device)?;
    // 3. An interruptible sleep asks as well, and does not begin.
    a_sleep_ends_at_once::run(&device)?;
    // 4. A blocked signal stops nothing, and ends no sleep.
    a_blocked_signal_is_for_later::run(&device)?;
    // 5, 6. Not even SIGKILL stops the module in the middle.
    sigkill_waits_too::run(&device)?;
    // 7. A process in a handler, although it makes no system call.
    no_system_call_at_all::run(&device)?;
    // 8. What a read returns in the kernel, and what the process sees of it.
    four_ways_to_end_a_sleep::run(&device)?;
    // 9. The refusal: there is no such signal, and nothing is sent.
    signal_65_is_refused::run(&device)?;
    // 10. The kernel's own example: SIGPIPE.
    a_write_without_a_reader::run()
}
