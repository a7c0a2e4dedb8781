//! Can one process answer another's system call?
//!
//! The program's children have filters (seccomp(2)). Some filters answer a call themselves.
//! Others leave that to this program: it is the supervisor. Look in the timeline for
//! `enters getuid`: it is there only if the call really begins.
//!
//! Documented in seccomp(2) and seccomp_unotify(2).

mod the_filter_answers;
mod the_program_answers_itself;
mod the_process_is_killed;
mod the_most_severe_wins;
mod another_process_answers;
mod an_error_is_negative;
mod the_call_goes_on;
mod what_was_checked_may_change;
mod a_signal_interrupts;
mod the_call_is_made_again;
mod a_signal_waits;
mod the_caller_is_killed;
mod the_listener_is_closed;
mod a_descriptor_is_the_answer;
mod one_answer;
mod who_may_filter;

mod caller;
mod filter;
mod getuid;
mod handler;
mod listener;
mod memory;
mod sigsys;

use steps::run_first;

fn main() -> nix::Result<()> {
    marker::open_trace();
    // The supervisor runs whenever it is not asleep. So a caller acts when the supervisor
    // waits for it, and not before.
    run_first()?;

    // Three answers that need no other process: an error, a signal, the end.
    the_filter_answers::run()?;
    the_program_answers_itself::run()?;
    the_process_is_killed::run()?;
    // Of several filters, none can be softened by a later one.
    the_most_severe_wins::run()?;
    // The caller sleeps, and another process answers: a value, an error, go on.
    another_process_answers::run()?;
    an_error_is_negative::run()?;
    the_call_goes_on::run()?;
    // Go on is no yes.
    what_was_checked_may_change::run()?;
    // The caller may be gone before the answer comes: by a signal, which may bring it back
    // with another request, or for ever.
    a_signal_interrupts::run()?;
    the_call_is_made_again::run()?;
    a_signal_waits::run()?;
    the_caller_is_killed::run()?;
    // Or the supervisor is gone.
    the_listener_is_closed::run()?;
    // The answer may be a descriptor.
    a_descriptor_is_the_answer::run()?;
    // The refusals: of a supervisor, and of a filter.
    one_answer::run()?;
    who_may_filter::run()
}
