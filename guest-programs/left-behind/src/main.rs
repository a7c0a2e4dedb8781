//! What does the kernel write into your memory?
//!
//! Most of what it writes, a call has asked for: a read fills a buffer. Here no call is made
//! when it writes. It writes at execve(2), before the program's first instruction; at the
//! clock's interrupt; at the end of a thread or of a lock's owner; and on the way back to a
//! program that was interrupted. Look in the timeline for the current task, and whether it
//! has made a call.
//!
//! A word that the kernel is to write is on a page that this program has not touched. So the
//! kernel's write is a page fault of its own, and the trace has it, with the stack.
//!
//! Documented in getauxval(3), vdso(7), set_tid_address(2), get_robust_list(2),
//! pthread_mutexattr_setrobust(3) and the kernel's Documentation/locking/robust-futex-ABI.rst.

mod what_exec_leaves;
mod with_more_rights;
mod the_clock_without_a_call;
mod a_page_that_changes;
mod the_childs_number;
mod the_dying_write;
mod nobody_shares_it;
mod what_join_waits_for;
mod the_owner_dies;
mod a_lock_half_taken;
mod one_of_two_is_told;
mod not_made_consistent;
mod not_robust;
mod the_processors_number;
mod back_to_the_beginning;
mod another_task_has_run;
mod without_its_signature;
mod where_nothing_is;
mod refusals;

mod auxv;
mod futex;
mod metronome;
mod mutex;
mod page;
mod rseq;
mod section;
mod sharer;

use steps::{run_among_others, run_until_asleep};

fn main() -> nix::Result<()> {
    marker::open_trace();
    let mut arguments = std::env::args().skip(1);
    if let (Some(scene), Some(random)) = (arguments.next(), arguments.next()) {
        // This is the program that the first scenes execute.
        return match scene.as_str() {
            "1" => what_exec_leaves::new_program(&random),
            _ => with_more_rights::new_program(&random),
        };
    }

    // At execve(2): the auxiliary vector.
    what_exec_leaves::run()?;
    with_more_rights::run()?;
    // At the clock's interrupt: the page from which the vDSO reads the time.
    the_clock_without_a_call::run()?;
    a_page_that_changes::run()?;

    // At the beginning and at the end of a task: its number, and 0 instead.
    the_childs_number::run()?;
    the_dying_write::run()?;
    nobody_shares_it::run()?;
    // One that is woken runs when the one that wakes it has ended.
    run_until_asleep()?;
    what_join_waits_for::run()?;
    // At the end of a lock's owner: a bit in the lock.
    the_owner_dies::run()?;
    a_lock_half_taken::run()?;
    one_of_two_is_told::run()?;
    not_made_consistent::run()?;
    not_robust::run()?;
    run_among_others()?;

    // On the way back to user space: the processor's number, and another next instruction.
    the_processors_number::run()?;
    back_to_the_beginning::run()?;
    another_task_has_run::run()?;
    without_its_signature::run()?;

    // Nowhere to write, and the refusals.
    where_nothing_is::run()?;
    refusals::run()
}
