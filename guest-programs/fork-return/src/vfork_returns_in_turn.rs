//! vfork lends its memory to the child, and sleeps in `wait_for_vfork_done`
//! (kernel/fork.c) until an execve has left it for good, or the child has exited.
//!
//! Rust's libc deprecates vfork: parent and child would return on one stack, and
//! the child destroys what the parent needs. This is the same call by clone(2),
//! with a stack for the child; posix_spawn(3) does it like this.

use std::ffi::c_char;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;

use marker::{check, mark, scene};
use nix::libc;
use nix::sched::{CloneFlags, clone};
use nix::sys::prctl;
use nix::unistd::getpid;
use steps::{ended_well, run_first};

use crate::raw_fork::{OTHER, c_string};

pub fn run() -> nix::Result<()> {
    static FROM_THE_CHILD: AtomicI32 = AtomicI32::new(0);
    // All that the child needs is made before: it may not allocate.
    let path = c_string(OTHER);
    let arguments: [*const c_char; 2] = [path.as_ptr(), std::ptr::null()];
    let in_the_child = || {
        FROM_THE_CHILD.store(getpid().as_raw(), Relaxed);
        // The trace tells the two apart by their names.
        let _ = prctl::set_name(c"vfork-child");
        mark!("7. the child executes");
        // SAFETY: path and arguments end with a zero, and outlive the call.
        unsafe { libc::execv(path.as_ptr(), arguments.as_ptr()) };
        127
    };
    let mut stack = vec![0; 64 * 1024];

    // As soon as the parent is woken it runs, and the child's execve ends behind it.
    run_first()?;
    scene!("7. the parent vforks");
    let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK;
    // SAFETY: the child has a stack of its own, allocates nothing and executes
    // another program; until then this process sleeps.
    let child = unsafe { clone(Box::new(in_the_child), &mut stack, flags, Some(libc::SIGCHLD)) }?;
    mark!("7. the parent goes on");
    check!("what the child stored", FROM_THE_CHILD.load(Relaxed), child.as_raw());
    ended_well(child)?;
    println!("7. vfork: returns the pid when the child's execve lets the memory go;");
    println!("   what the child stored before, the parent finds there");
    Ok(())
}
