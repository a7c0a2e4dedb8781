//! When does the kernel start a program?
//!
//! When it needs what only user space can do: find a module by its name, or look at a
//! core. It starts a program by itself, of which whoever caused that knows nothing. Look in
//! the timeline for the tasks: who asks, who starts the program, whose child it is, and who
//! waits for it.
//!
//! Documented in proc_sys_kernel(5) and core(5).

mod an_unknown_file_system;
mod what_a_helper_is_given;
mod asked_from_inside;
mod the_exit_status;
mod a_helper_that_brings_it;
mod a_helper_that_is_not_there;
mod the_caller_is_killed;
mod a_core_for_a_program;
mod nobody_waits;
mod a_pid_inside;
mod a_limit_of_one;
mod an_empty_path;

mod crash;
mod device;
mod meeting;
mod names;
mod setting;
mod unknown;

use std::io;

fn main() -> io::Result<()> {
    marker::open_trace();
    names::give()?;

    // A name that the kernel does not know: it asks a program to load a module.
    an_unknown_file_system::run()?;
    // What that program has, and what it has not.
    what_a_helper_is_given::run()?;
    // Whoever has caused it, the program runs as root, outside.
    asked_from_inside::run()?;
    // What the caller learns of the program's end: nothing, or little.
    the_exit_status::run()?;
    a_helper_that_brings_it::run()?;
    a_helper_that_is_not_there::run()?;
    // Only SIGKILL ends the wait, and not the program.
    the_caller_is_killed::run()?;

    // The other program that the kernel starts: it reads the core of a process that dies.
    a_core_for_a_program::run()?;
    nobody_waits::run()?;
    a_pid_inside::run()?;
    // Two refusals.
    a_limit_of_one::run()?;
    an_empty_path::run()
}
