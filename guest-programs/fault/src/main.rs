//! Who sends SIGSEGV?
//!
//! Children run into faults: they touch memory that is not theirs, divide by zero, use
//! up their stack. Look in the timeline for the current task when the signal is sent: it
//! is the child itself, in the kernel's handler for the processor's exception. The last
//! scene has the same fault in a system call, and no signal.
//!
//! Each fault happens in a child of its own, because most of them end it. Rust's
//! runtime installs handlers for SIGSEGV and SIGBUS, so each child first says itself
//! what it wants done.
//!
//! Documented in sigaction(2), signal(7), sigaltstack(2) and mmap(2).

mod nothing_is_mapped_there;
mod a_page_that_may_not_be_written;
mod past_the_end_of_a_file;
mod no_address_at_all;
mod an_instruction_that_cannot_be;
mod a_breakpoint_is_a_trap;
mod a_handler_that_returns;
mod blocked_it_kills;
mod ignored_it_kills;
mod no_room_for_the_handler;
mod a_stack_for_the_handler;
mod in_a_system_call;

mod action;
mod mapping;
mod report;
mod stack;

fn main() -> nix::Result<()> {
    marker::open_trace();

    // An address where nothing is: the fault's signal carries it.
    nothing_is_mapped_there::run()?;
    // One where something is, but not for writing.
    a_page_that_may_not_be_written::run()?;
    // One that is mapped, but past the end of its file: SIGBUS.
    past_the_end_of_a_file::run()?;
    // One that the processor does not even look up.
    no_address_at_all::run()?;
    // Faults that are no question of memory: SIGFPE and SIGILL.
    an_instruction_that_cannot_be::run()?;
    // A trap is no fault: the program goes on after the instruction.
    a_breakpoint_is_a_trap::run()?;
    // A handler that returns from a fault has the fault again.
    a_handler_that_returns::run()?;
    // Nobody can wait for a fault's signal, or do without it.
    blocked_it_kills::run()?;
    ignored_it_kills::run()?;
    // A handler needs a stack, and it may be the stack that has run out.
    no_room_for_the_handler::run()?;
    a_stack_for_the_handler::run()?;
    // The refusal: in a system call the same address is an error.
    in_a_system_call::run()
}
