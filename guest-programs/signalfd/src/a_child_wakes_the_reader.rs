//! By default SIGCHLD is ignored, but not while it is blocked. The reader sleeps in
//! `signalfd_dequeue` (fs/signalfd.c), and the dying child wakes it, by
//! `signalfd_notify` (include/linux/signalfd.h).

use std::{fs, io};

use marker::{check, scene};
use nix::libc;
use nix::sched::sched_yield;
use nix::sys::prctl;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::SignalFd;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Uid, getppid, setuid};
use steps::{errno, exit, start_when_forked};

use crate::records::{check_record, one};

/// A user other than root, to be seen in `ssi_uid`.
const STUDENT: u32 = 1000;

pub fn run() -> io::Result<()> {
    let sigchld = SigSet::from(Signal::SIGCHLD);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigchld), None)?;
    let children = SignalFd::new(&sigchld)?; // without SFD_NONBLOCK

    scene!("4. sleeps in read until a child exits");
    let child = start_when_forked(|| {
        // Wait until the reader sleeps, however long that takes: /proc/pid/wchan
        // (proc(5)) is the kernel function that a process sleeps in.
        let wchan = format!("/proc/{}/wchan", getppid());
        while !fs::read_to_string(&wchan).map_err(errno)?.starts_with("signalfd_") {
            sched_yield()?;
        }
        setuid(Uid::from_raw(STUDENT))?;
        exit(7)
    })?;
    prctl::set_name(c"reader")?; // the trace shows who wakes a task of this name
    let record = one(&children)?;
    check_record(&record, libc::SIGCHLD, libc::CLD_EXITED, child);
    check!("ssi_status", record.ssi_status, 7);
    check!("ssi_uid", record.ssi_uid, STUDENT);
    // Reading the signal is one thing, waiting for the child another.
    check!("wait status", waitpid(child, None)?, WaitStatus::Exited(child, 7));
    println!("4. exit: SIGCHLD, CLD_EXITED, ssi_pid the child's, ssi_uid 1000,");
    println!("   ssi_status 7");

    prctl::set_name(c"signalfd")?;
    Ok(sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&sigchld), None)?)
}
