//! `do_notify_parent_cldstop` (kernel/signal.c) puts into SIGCHLD's si_status the lowest
//! seven bits of the stop's code: that it is a system call's, or which event it is, is not
//! among them. And it is a standard signal, of which one is kept. wait(2) tells everything.

use marker::{check, mark, scene};
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::getppid;
use steps::{block, ended_well};

use crate::handler::set;
use crate::tracee::start_with;

/// Only what signal-safety(7) allows: one write(2).
extern "C" fn on_sigchld(_: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler, and for SIGCHLD
    // it holds a status.
    let (code, status) = unsafe { ((*info).si_code, (*info).si_status()) };
    let trapped = code == libc::CLD_TRAPPED;
    let code = if trapped { "CLD_TRAPPED" } else { "another si_code" };
    mark!("handler: {}, si_status {}", code, status);
}

pub fn run() -> nix::Result<()> {
    scene!("9. a traced child calls getppid again");
    let child = start_with(Options::PTRACE_O_TRACESYSGOOD, || {
        getppid();
        Ok(())
    })?;
    set(Signal::SIGCHLD, SigHandler::SigAction(on_sigchld))?;
    block(Signal::SIGCHLD as i32)?;
    mark!("9. now the tracer handles SIGCHLD, and blocks it");
    for stop in ["before the call", "after it"] {
        ptrace::syscall(child, None)?;
        check!(stop, waitpid(child, None)?, WaitStatus::PtraceSyscall(child));
    }
    mark!("9. wait has returned two stops of a system call; SIGCHLD is unblocked");
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
    set(Signal::SIGCHLD, SigHandler::SigDfl)?;
    ptrace::cont(child, None)?;
    ended_well(child)?;
    println!("9. wait: two stops, both SIGTRAP|0x80; SIGCHLD: once, CLD_TRAPPED,");
    println!("   si_status {} (SIGTRAP)", libc::SIGTRAP);
    Ok(())
}
