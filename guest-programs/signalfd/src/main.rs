//! Can a signal be read like data?
//!
//! By signalfd(2) it can: a signal that is blocked waits in the kernel until a
//! read(2) takes it out, as a record of 128 bytes. Look in the timeline for
//! signals that are sent and never delivered: fs/signalfd.c takes them from the
//! same queue as `get_signal` (kernel/signal.c) would to deliver them.
//!
//! Documented in signalfd(2), signal(7), sigqueue(3) and epoll(7).

mod not_blocked;
mod sent_by_kill;
mod sent_by_sigqueue;
mod a_child_wakes_the_reader;
mod several_in_one_read;
mod a_short_buffer;
mod standard_signals_still_coalesce;
mod kill_and_stop_are_dropped_from_the_mask;
mod a_child_reads_its_own;
mod an_epoll_watches_who_registered;
mod exec_keeps_it_all;
mod a_fault_cannot_be_read;
mod a_thread_reads_its_own;
mod nothing_is_pending;

mod records;
mod readiness;

use std::{env, io};

use nix::sys::signal::{SigmaskHow, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::records::usr1_and_rtmin;

fn main() -> io::Result<()> {
    marker::open_trace();
    if let Some(fd) = env::args().nth(1) {
        return exec_keeps_it_all::after_exec(fd.parse().map_err(io::Error::other)?);
    }

    // A signal that is not blocked never reaches the descriptor.
    not_blocked::run()?;

    // All the rest needs this line: a signal that is not blocked is delivered,
    // and then there is nothing left to read.
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&usr1_and_rtmin()), None)?;
    // No SFD_CLOEXEC: step 12 takes the descriptor along.
    let signals = SignalFd::with_flags(&usr1_and_rtmin(), SfdFlags::SFD_NONBLOCK)?;

    // kill(2): the record names the sender.
    sent_by_kill::run(&signals)?;
    // sigqueue(3): a value comes along.
    sent_by_sigqueue::run(&signals)?;
    // A dying child wakes the reader.
    a_child_wakes_the_reader::run()?;
    // One read takes several records, the lowest signal first.
    several_in_one_read::run(&signals)?;
    // A buffer that is too small is refused, and nothing is lost.
    a_short_buffer::run(&signals)?;
    // A standard signal still does not queue.
    standard_signals_still_coalesce::run(&signals)?;
    // SIGKILL and SIGSTOP are dropped from the mask without an error.
    kill_and_stop_are_dropped_from_the_mask::run()?;
    // A child that inherits the descriptor reads its own signals.
    a_child_reads_its_own::run(&signals)?;
    // An epoll instance watches the process that registered.
    an_epoll_watches_who_registered::run(&signals)?;
    // execve(2) keeps mask, pending signals and descriptor.
    exec_keeps_it_all::run(&signals)?;
    // A fault kills, blocked or not.
    a_fault_cannot_be_read::run()?;
    // A thread reads its own signals and those of its process.
    a_thread_reads_its_own::run(&signals)?;
    // The refusal: nothing is pending, and the read may not wait.
    nothing_is_pending::run(&signals)
}
