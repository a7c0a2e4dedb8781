//! How can one call return twice?
//!
//! fork(2) is called once, by one process, and returns in two. Run it in the
//! lab and read the timeline beside the output: the kernel is entered once and
//! left twice, by two tasks. The child's way out begins in `ret_from_fork`
//! (arch/x86/kernel/process.c), with a return value that `copy_thread` wrote
//! into its registers before it ever ran: 0.
//!
//! Documented in fork(2), clone(2), vfork(2), execve(2), getrlimit(2),
//! pid_namespaces(7) and pidfd_open(2).

mod one_call_two_returns;
mod two_calls_without_a_branch;
mod no_more_processes;
mod one_child_too_many;
mod a_new_pid_namespace;
mod a_dead_pid_namespace;
mod exec_returns_to_another_program;
mod vfork_returns_in_turn;
mod a_number_used_twice;
mod a_pidfd_tells_the_end;

mod raw_fork;
mod pidfd;

fn main() -> nix::Result<()> {
    marker::open_trace();
    // One call returns in two processes.
    one_call_two_returns::run()?;
    // Two calls without a branch make four processes.
    two_calls_without_a_branch::run()?;
    // A user at the limit gets EAGAIN.
    no_more_processes::run()?;
    // A process has a number in each namespace, as long as the namespace has an init.
    a_new_pid_namespace::run()?;
    // execve(2) returns to another program.
    exec_returns_to_another_program::run()?;
    // vfork(2) returns in the child first.
    vfork_returns_in_turn::run()?;
    // A pid is used again; a pidfd is not fooled.
    a_number_used_twice::run()?;
    // A pidfd is readable at the exit, and hung up after the wait.
    a_pidfd_tells_the_end::run()
}
