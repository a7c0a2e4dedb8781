//! What should a driver use instead of a signal?
//!
//! This program registers an eventfd with `kmods/eventfd`, whose interrupt handler
//! calls `eventfd_signal` (include/linux/eventfd.h), and waits for it in every way that there
//! is. Look in the timeline for who wakes it up, and for what is not there: no
//! signal is sent, and no handler runs.
//!
//! Documented in eventfd(2), poll(2), select(2) and epoll(7); the device in QEMU's
//! docs/specs/edu.rst.

mod an_interrupt_ends_a_read;
mod every_interrupt_counts;
mod one_at_a_time;
mod the_count_is_full;
mod poll_and_select_sleep;
mod epoll_by_level;
mod epoll_by_edge;
mod two_causes_in_one_loop;
mod closed_before_the_interrupt;
mod the_module_goes_first;
mod a_number_means_nothing_in_an_interrupt;
mod a_number_is_another_tasks;
mod what_is_no_eventfd_is_refused;

mod look;
mod ready;

use std::io;

use steps::run_first;

fn main() -> io::Result<()> {
    marker::open_trace();
    // An interrupt is to find the program running, or the child that it has left running,
    // and nobody else.
    run_first()?;

    // 1. The whole way, from the device to a read(2).
    an_interrupt_ends_a_read::run()?;
    // 2. Nobody reads while a thousand interrupts come, and none is lost.
    every_interrupt_counts::run()?;
    // 3. EFD_SEMAPHORE: a read takes 1, and leaves the rest to others.
    one_at_a_time::run()?;
    // 4. The count has a limit, one for processes and one more for the kernel.
    the_count_is_full::run()?;
    // 5. The two older calls: the same wake-up, by the same function.
    poll_and_select_sleep::run()?;
    // 6. Level-triggered: ready as long as there is something to read.
    epoll_by_level::run()?;
    // 7. Edge-triggered: told of once, for each interrupt anew.
    epoll_by_edge::run()?;
    // 8. A count does not say what happened: an eventfd for each cause.
    two_causes_in_one_loop::run()?;
    // 9. The process closes the eventfd, and the module still holds it.
    closed_before_the_interrupt::run()?;
    // 10. The other way round.
    the_module_goes_first::run()?;
    // 11. What the module must not keep instead: a descriptor's number.
    a_number_means_nothing_in_an_interrupt::run()?;
    a_number_is_another_tasks::run()?;
    // 12. The refusals: a pipe, and a descriptor that is not open.
    what_is_no_eventfd_is_refused::run()
}
