//! Can a file descriptor send a signal?
//!
//! This program asks `kmods/sigio` for signals: F_SETOWN says whom to signal, O_ASYNC
//! that signals are wanted, F_SETSIG which. The module's interrupt handler then calls
//! `kill_fasync` (fs/fcntl.c). Look in the timeline for what `.fasync` is asked, and by
//! whom the signal is sent.
//!
//! Documented in fcntl(2), open(2) and signal(7).

mod an_interrupt_signals_the_owner;
mod both_are_needed;
mod the_signal_says_which_file;
mod the_number_may_be_old;
mod signals_merge;
mod the_queue_is_full;
mod who_set_the_owner_decides;
mod the_owner_is_gone;
mod open_asks_nobody;
mod the_last_close_ends_it;
mod a_pipe_can_do_it_too;
mod a_file_that_cannot;
mod what_is_refused;

mod handler;
mod info;

use std::io;

use nix::libc::SIGIO;
use sigio::{MODULE, MODULE_FILE, SIGNAL};
use steps::{block, load, remove, run_first};

fn main() -> io::Result<()> {
    marker::open_trace();
    // An interrupt is to find the program running, or the child that it has left running,
    // and nobody else.
    run_first()?;
    // What is sent stays pending, until a scene takes it.
    block(SIGIO)?;
    block(SIGNAL)?;
    handler::install()?;

    // 1, 2. The whole way, by the wire and by a message.
    load(MODULE_FILE, c"msi=0")?;
    an_interrupt_signals_the_owner::run("1. INTx")?;
    remove(MODULE)?;
    load(MODULE_FILE, c"msi=1")?;
    an_interrupt_signals_the_owner::run("2. MSI")?;

    // 3. An owner, and the wish for signals: neither is enough.
    both_are_needed::run()?;
    // 4, 5. F_SETSIG: the signal says which file, by a number that may be old.
    the_signal_says_which_file::run()?;
    the_number_may_be_old::run()?;
    // 6, 7. More interrupts than signals.
    signals_merge::run()?;
    the_queue_is_full::run()?;
    // 8, 9. Whose permission it takes, and whom it reaches.
    who_set_the_owner_decides::run()?;
    the_owner_is_gone::run()?;
    // 10, 11. When the driver is asked: not by open, but by the last close.
    open_asks_nobody::run()?;
    the_last_close_ends_it::run()?;
    // 12, 13. Files of the kernel's own: one that can, and one that cannot.
    a_pipe_can_do_it_too::run()?;
    a_file_that_cannot::run()?;
    // 14. The refusals.
    what_is_refused::run()
}
