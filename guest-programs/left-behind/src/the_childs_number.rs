//! Two flags of clone(2) ask for a number that no call returns to the memory that it is for.
//! CLONE_PARENT_SETTID: the parent writes it, in `kernel_clone` (kernel/fork.c).
//! CLONE_CHILD_SETTID: the child itself does, in `schedule_tail` (kernel/sched/core.c), before
//! its first instruction. So each has the number in its own memory, and cannot be too late to
//! read it. fork(3) of the C library asks for the second.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::{self, c_long};
use nix::unistd::{Pid, gettid};
use steps::{ended_well, exit};

use crate::page::Page;

pub fn run() -> nix::Result<()> {
    let page = Page::private()?;
    scene!("5. clone: the child's number into the first word, and into the child's second");
    let [first, second] = page.words();
    match clone(first, second)? {
        0 => {
            let words = [first.load(SeqCst), second.load(SeqCst)];
            check!("the child's words", words, [0, gettid().as_raw().cast_unsigned()]);
            exit(0)
        }
        number => {
            let words = [first.load(SeqCst), second.load(SeqCst)];
            check!("the parent's words", words, [number.cast_unsigned(), 0]);
            ended_well(Pid::from_raw(number))?;
        }
    }
    println!("5. CLONE_PARENT_SETTID, CLONE_CHILD_SETTID: the number, in each memory");
    Ok(())
}

/// fork(2), which writes the child's number. It has no memory in common with its parent.
fn clone(for_parent: &AtomicU32, for_child: &AtomicU32) -> nix::Result<libc::pid_t> {
    let flags = libc::CLONE_PARENT_SETTID | libc::CLONE_CHILD_SETTID | libc::SIGCHLD;
    let (no_stack, no_tls): (c_long, c_long) = (0, 0);
    // SAFETY: without a stack of its own, the child goes on with a copy of this one. The
    // program has one thread, so the child may do as it likes.
    let number = Errno::result(unsafe {
        libc::syscall(
            libc::SYS_clone,
            c_long::from(flags),
            no_stack,
            for_parent.as_ptr(),
            for_child.as_ptr(),
            no_tls,
        )
    })?;
    Ok(number as libc::pid_t)
}
