//! The registrant executes another program, exits, ends a thread. And it is held no
//! longer than it has to be.

use std::ffi::CStr;
use std::{io, thread};

use bad_input::{Registration, ended, nobody_is_held, start, take};
use marker::check;
use nix::errno::Errno;
use nix::libc;
use nix::sched::sched_yield;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, dup, execve, getpid, gettid};
use siginfo::{
    KILL_PID, QUEUE, SIGNAL, Target, counters, open_device, raise, register, unregister,
};

use crate::SENDS;

pub fn run() -> io::Result<()> {
    executing_while_registered()?;
    a_registrant_that_is_gone()?;
    a_thread_that_is_gone()?;
    the_registrant_is_not_held_for_ever()
}

/// The argument with which this program executes itself.
const EXECUTED: &CStr = c"executed";

/// O_CLOEXEC: a program that does not know of the signal does not get it.
fn executing_while_registered() -> io::Result<()> {
    let device = open_device()?;
    let child = start(|| {
        let own = open_device()?;
        register(&own, Target::default())?;
        execve(c"/proc/self/exe", &[c"siginfo-bad-input", EXECUTED], &[] as &[&CStr]).map(drop)
    })?;
    check!("the child", ended(child)?, Ok(()));
    check!("after it", register(&device, Target::default()), Ok(()));
    Ok(())
}

/// The program that it executes: the process that registered lives on, but is no
/// longer registered.
pub fn was_executed() -> io::Result<()> {
    let device = open_device()?;
    raise(&device)?;
    check!("signal after execve", take(SIGNAL)?, None);
    check!("registering after execve", register(&device, Target::default()), Ok(()));
    Ok(())
}

/// It registered through a file that stays open when it is gone.
fn a_registrant_that_is_gone() -> io::Result<()> {
    let device = open_device()?;
    for send in SENDS {
        let child = start(|| register(&device, Target::sent_by(send)))?;
        // WNOWAIT waits for the exit and leaves the zombie in place.
        waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
        raise(&device)?;
        check!("a zombie", counters(&device)?.result, 0);
        check!("the child", ended(child)?, Ok(()));
        raise(&device)?;
        check!("nobody", counters(&device)?.result, -(Errno::ESRCH as i32));
        check!("signal for this process", take(SIGNAL)?, None);
        unregister(&device)?;
    }
    Ok(())
}

/// A thread that is gone is not mistaken for its process, nor is a process gone
/// because a thread is.
fn a_thread_that_is_gone() -> io::Result<()> {
    for (send, result) in [(QUEUE, -(Errno::ESRCH as i32)), (KILL_PID, 0)] {
        let device = open_device()?;
        let copy = dup(&device)?;
        let registrant =
            thread::spawn(move || register(&copy, Target::sent_by(send)).map(|()| gettid()));
        let thread = registrant.join().expect("it does not panic")?;
        // join() returns when the thread has let go of its memory, which is a
        // little before it is gone.
        while exists(thread) {
            sched_yield()?;
        }
        raise(&device)?;
        check!("result", counters(&device)?.result, result);
        check!("signal", take(SIGNAL)?, (result == 0).then_some(0));
    }
    Ok(())
}

fn exists(thread: Pid) -> bool {
    // SAFETY: signal 0 is not sent; it is only found out whether it could be.
    unsafe { libc::syscall(libc::SYS_tgkill, getpid().as_raw(), thread.as_raw(), 0) == 0 }
}

fn the_registrant_is_not_held_for_ever() -> io::Result<()> {
    nobody_is_held(Registration {
        open: open_device,
        register: |device| register(device, Target::default()),
        unregister,
    })
}
