//! Which signals does a process send itself?
//!
//! A reader ends, a limit is reached, a parent dies: the kernel sends a signal. No other
//! process has called kill(2), but si_code and si_pid often say so. Look in the timeline
//! for the current task when the signal is sent, and for the call that it is in.
//!
//! Rust's runtime ignores SIGPIPE from the start, so each scene first says itself what it
//! wants done.
//!
//! Documented in signal(7), pipe(7), getrlimit(2) and prctl(2).

mod the_reader_has_ended;
mod kill_says_the_same;
mod by_default_it_is_the_end;
mod ignored_there_is_only_the_error;
mod what_exec_leaves;
mod a_call_that_asks_for_no_signal;
mod a_write_that_is_cut_short;
mod a_file_at_its_limit;
mod no_time_left;
mod the_hard_limit_kills;
mod a_parent_that_dies;
mod a_thread_that_ends;
mod another_user_is_not_told;
mod a_parent_without_permission;
mod there_is_no_signal_65;

mod action;
mod handler;
mod heir;
mod lonely;

use nix::sys::prctl::set_child_subreaper;

fn main() -> nix::Result<()> {
    marker::open_trace();

    // A write without a reader: the writer sends SIGPIPE to itself.
    let told = the_reader_has_ended::run()?;
    // Its handler is told what a kill(2) would tell it.
    kill_says_the_same::run(told)?;
    // Without a handler it is the end.
    by_default_it_is_the_end::run()?;
    // Ignored, the error is all there is; and the next program ignores it, too.
    ignored_there_is_only_the_error::run()?;
    what_exec_leaves::run()?;
    // A socket's writer can do without the signal.
    a_call_that_asks_for_no_signal::run()?;
    // Signal and success in one: a write whose reader ends meanwhile.
    a_write_that_is_cut_short::run()?;

    // Limits: the one that reaches them is the one that sends.
    a_file_at_its_limit::run()?;
    no_time_left::run()?;
    the_hard_limit_kills::run()?;

    // A parent that dies sends what its child has asked for. This program takes the
    // place of the parents, so that it can wait for their children.
    set_child_subreaper(true)?;
    a_parent_that_dies::run()?;
    // The parent is the thread that forked.
    a_thread_that_ends::run()?;
    // Two ways to get nothing.
    another_user_is_not_told::run()?;
    a_parent_without_permission::run()?;
    // The refusal.
    there_is_no_signal_65::run()
}
