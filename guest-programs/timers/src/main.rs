//! Who sends SIGALRM?
//!
//! The program sets timers of three kinds, and comes too late on purpose: what is left
//! of the periods that it has missed? Look in the timeline for `hardirq`: the clock's
//! interrupt sends the signals and wakes the sleepers, whatever task it falls on.
//!
//! Documented in setitimer(2), timer_create(2), timer_getoverrun(2) and
//! timerfd_create(2).

mod the_interrupt_sends_it;
mod it_falls_on_whoever_runs;
mod an_interval_timer_merges;
mod a_posix_timer_counts;
mod a_timerfd_counts;
mod the_interrupt_wakes_a_reader;
mod the_clock_is_set;
mod the_time_has_come;
mod a_second_that_is_none;

mod handler;
mod time;
mod timerfd;

use nix::sys::signal::Signal;

fn main() -> nix::Result<()> {
    marker::open_trace();
    // An interrupt is to find the program running, or the child that it has left running,
    // and nobody else.
    steps::run_first()?;
    // Both stay blocked but for the moments in which the program waits for them.
    for signal in [Signal::SIGALRM, Signal::SIGUSR1] {
        steps::block(signal as i32)?;
        handler::install(signal)?;
    }

    // Nobody calls kill(2): the sender is an interrupt, and all tasks sleep.
    the_interrupt_sends_it::run()?;
    // It falls on a task that runs as it falls on an idle processor.
    it_falls_on_whoever_runs::run()?;
    // Three periods, one SIGALRM, and no count.
    an_interval_timer_merges::run()?;
    // Three periods, one signal, and a count in its siginfo.
    a_posix_timer_counts::run()?;
    // Three periods, no signal at all, and a count to be read.
    a_timerfd_counts::run()?;
    // One who reads before that is woken by the interrupt.
    the_interrupt_wakes_a_reader::run()?;
    // One who waits for a time of day is told that the clock was set.
    the_clock_is_set::run()?;
    // Or is not, and the time has come all at once.
    the_time_has_come::run()?;
    // The refusal: there is no such time.
    a_second_that_is_none::run()
}
