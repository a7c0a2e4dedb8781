//! How does an interrupt become a signal?
//!
//! This program registers itself with `kmods/kill_pid`, whose interrupt handler
//! calls `kill_pid` (kernel/signal.c), and has the edu device interrupt. Look in
//! the timeline at the task that each interrupt falls on.
//!
//! Documented in signal(7), sigaction(2) and clone(2); the device in QEMU's
//! docs/specs/edu.rst.

mod an_interrupt_becomes_a_signal;
mod the_interrupted_task_seems_to_send;
mod the_interrupted_task_needs_permission;
mod the_target_is_gone;
mod its_number_is_used_again;
mod sigkill_is_refused;
mod a_user_needs_permission;

mod handler;
mod interrupt;
mod student;

use std::io;

use kill_pid::{MODULE, MODULE_FILE, open_device};
use steps::{load, remove, run_first};

fn main() -> io::Result<()> {
    marker::open_trace();
    // An interrupt is to find the program running, or the child that it has left running,
    // and nobody else.
    run_first()?;
    handler::install()?;

    // 1, 2. The whole way, by the wire and by a message.
    load(MODULE_FILE, c"msi=0")?;
    an_interrupt_becomes_a_signal::run("1. INTx")?;
    remove(MODULE)?;
    load(MODULE_FILE, c"msi=1")?;
    an_interrupt_becomes_a_signal::run("2. MSI")?;

    let device = open_device()?;
    // 3, 4. With priv=0 the signal claims to come from whatever task was there.
    the_interrupted_task_seems_to_send::run(&device)?;
    // 5, 6. And that task's permission decides whether there is a signal.
    the_interrupted_task_needs_permission::run(&device)?;
    // 7, 8. The process is a zombie, and then reaped.
    the_target_is_gone::run(&device)?;
    // 9. Another process has its number: numbers are used again, references are not.
    its_number_is_used_again::run(&device)?;
    // 10. The refusal: a signal that no handler could take.
    sigkill_is_refused::run(&device)?;
    // 11. For comparison a process that sends: kill(2).
    a_user_needs_permission::run()
}
