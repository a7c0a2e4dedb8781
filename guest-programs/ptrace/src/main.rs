//! How does a debugger hear?
//!
//! The program traces children: it sees their signals, system calls, new programs and
//! ends. Look in the timeline at the line before each of its marks: it is the traced child
//! that tells, and then it sleeps until the tracer lets it go on.
//!
//! Documented in ptrace(2), wait(2) and signal(7).

mod the_tracer_hears_first;
mod the_signal_is_swallowed;
mod another_signal_instead;
mod an_ignored_signal_is_shown;
mod a_blocked_signal_waits;
mod sigkill_is_not_shown;
mod a_system_call_stops_twice;
mod a_stop_is_no_signal;
mod sigchld_says_less;
mod a_new_program;
mod a_new_process;
mod before_the_end;
mod a_stop_for_all;
mod the_parent_hears_last;
mod only_while_it_is_stopped;
mod one_tracer_at_a_time;

mod handler;
mod tracee;

use steps::run_first;

fn main() -> nix::Result<()> {
    marker::open_trace();
    // The tracer runs whenever it is not asleep. So a tracee acts when the tracer waits
    // for it, and not before.
    run_first()?;

    // The tracee has a handler, and stops in front of it.
    the_tracer_hears_first::run()?;
    // What the handler gets is the tracer's choice: nothing, or something else.
    the_signal_is_swallowed::run()?;
    another_signal_instead::run()?;
    // Even a signal that the tracee ignores is shown.
    an_ignored_signal_is_shown::run()?;
    // It is shown when it would be delivered, not when it is sent.
    a_blocked_signal_waits::run()?;
    // SIGKILL is not shown at all.
    sigkill_is_not_shown::run()?;
    // A system call: a stop before it, and one after it.
    a_system_call_stops_twice::run()?;
    // Such a stop may look like a signal. Who sends that on kills.
    a_stop_is_no_signal::run()?;
    // A tracer may handle SIGCHLD, but it is told less than by wait(2).
    sigchld_says_less::run()?;
    // Three events: another program, another process, the end.
    a_new_program::run()?;
    a_new_process::run()?;
    before_the_end::run()?;
    // SIGSTOP stops twice: once for the tracer, once as for everybody.
    a_stop_for_all::run()?;
    // Where the tracer is not the parent, the parent is told of the end alone, and late.
    the_parent_hears_last::run()?;
    // The refusals: a tracee that runs, and a second tracer.
    only_while_it_is_stopped::run()?;
    one_tracer_at_a_time::run()
}
