//! Without PTRACE_O_TRACESYSGOOD the status of a system call's stop is SIGTRAP, as if there
//! were a signal. There is none. If the tracer passes it on all the same,
//! `ptrace_report_syscall` (include/linux/ptrace.h) makes it true: it sends one.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::getppid;

use crate::tracee::{check_stop, start_with};

pub fn run() -> nix::Result<()> {
    scene!("8. without PTRACE_O_TRACESYSGOOD a traced child calls getppid");
    let child = start_with(Options::empty(), || {
        getppid();
        Err(Errno::EALREADY) // it does not come so far
    })?;
    ptrace::syscall(child, None)?;
    check_stop(child, Signal::SIGTRAP)?;
    check!("si_code", ptrace::getsiginfo(child)?.si_code, libc::SIGTRAP);
    mark!("8. the tracer takes the stop for a SIGTRAP, and passes it on");
    ptrace::cont(child, Signal::SIGTRAP)?;
    check_stop(child, Signal::SIGTRAP)?;
    check!("si_code", ptrace::getsiginfo(child)?.si_code, libc::SI_KERNEL);
    mark!("8. now there is a SIGTRAP, and it passes it on");
    ptrace::cont(child, Signal::SIGTRAP)?;
    let killed = WaitStatus::Signaled(child, Signal::SIGTRAP, false);
    check!("wait status", waitpid(child, None)?, killed);
    println!("8. without PTRACE_O_TRACESYSGOOD: SIGTRAP, and it is no signal;");
    println!("   passed on, it becomes one, and kills");
    Ok(())
}
