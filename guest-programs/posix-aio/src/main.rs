//! Who tells you that the I/O is done?
//!
//! The same question to three interfaces for asynchronous I/O. POSIX AIO is not
//! part of the kernel: glibc keeps threads which read for you, and such a thread
//! sends the signal or starts your function. Kernel AIO and io_uring are part of
//! the kernel, and there the kernel signals an eventfd. Run it in the lab and
//! read in the timeline who does it, and where.
//!
//! Documented in aio(7), sigevent(7), lio_listio(3), io_submit(2), eventfd(2)
//! and io_uring(7). What glibc does here is true of glibc only: another C library
//! does it differently.

mod posix_aio;
mod in_the_kernel;
mod io_uring;

mod requests;
mod signals;
mod tasks;
mod kernel_aio;
mod uring;

use std::fs::File;

use marker::check;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::pipe;
use steps::{errno, run_until_asleep};

use crate::in_the_kernel::{kernel_aio_reads_a_file, kernel_aio_waits_for_a_pipe};
use crate::io_uring::{io_uring_reads_a_pipe, one_count_or_three};
use crate::posix_aio::{
    a_blocked_signal_kills, a_function_in_a_new_thread, a_list_that_fails, a_signal_from_ourselves,
    a_thread_reads, three_notices_for_a_list,
};
use crate::tasks::{fork_child, threads};

fn main() -> nix::Result<()> {
    marker::open_trace();
    // Threads, glibc's included, and children take turns: each runs until it
    // sleeps. Otherwise the clock would decide which of two comes first.
    run_until_asleep()?;

    // Both signals stay blocked: the program fetches them when it wants them.
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGUSR1);
    signals.add(Signal::SIGUSR2);
    signals.thread_block()?;

    // The victim of step 7 is forked while this process has one thread: a child
    // has only the thread that forked, and glibc would wait for its parent's
    // other threads for ever.
    let (go, start) = pipe()?;
    let victim = fork_child(|| posix_aio::a_blocked_signal_kills::victim(&go))?;

    // Something to read.
    std::fs::write("data", "in a file").map_err(errno)?;
    let file = File::open("data").map_err(errno)?;

    // SIGEV_NONE: a thread of glibc's reads, and no notice comes. Not every request
    // can be cancelled.
    let helper = a_thread_reads::run()?;
    // SIGEV_SIGNAL: the process signals itself.
    a_signal_from_ourselves::run(&file)?;
    // SIGEV_THREAD: glibc starts a thread for the function.
    a_function_in_a_new_thread::run(&file, helper)?;
    // A list of requests: of three notices, one signal is lost.
    three_notices_for_a_list::run()?;
    // A list fails with EIO if one of its requests does.
    a_list_that_fails::run(&file)?;
    // The thread of SIGEV_THREAD blocks no signal.
    a_blocked_signal_kills::run(victim, &start)?;

    let before = threads()?;
    // A file is read before io_submit(2) returns.
    kernel_aio_reads_a_file::run(&file)?;
    // A pipe has to be polled.
    kernel_aio_waits_for_a_pipe::run()?;
    // io_uring waits for a pipe by itself.
    io_uring_reads_a_pipe::run()?;
    // Three completions: a count of three, or of one.
    one_count_or_three::run(&file)?;
    // Threads of glibc that found nothing to do for a second may have ended.
    check!("threads added by the kernel", threads()?.is_subset(&before), true);

    println!("                      POSIX AIO        kernel AIO      io_uring");
    println!("who waits for a pipe  glibc's thread   the kernel      the kernel");
    println!("  asked by            any read         IOCB_CMD_POLL   any read");
    println!("who tells             user space       the kernel      the kernel");
    println!("  by                  rt_sigqueueinfo  eventfd_signal  eventfd_signal");
    println!("  in the context of   glibc's thread   a kworker       the submitter");
    println!("threads in my process 1 more, or 2     no more         no more");
    println!("three notices come as 2 signals        a count of 3    a count of 1");
    Ok(())
}
