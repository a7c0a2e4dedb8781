//! With PTRACE_SYSCALL, a tracee stops on its way into its next system call
//! (`syscall_trace_enter`, kernel/entry/common.c), before the kernel has done anything for
//! it, and again on its way out.

use marker::{check, mark, scene};
use nix::libc::{self, SYS_getppid};
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, getppid};
use steps::{ended_well, exit};

use crate::tracee::start_with;

pub fn run() -> nix::Result<()> {
    scene!("7. a traced child calls getppid");
    let child = start_with(Options::PTRACE_O_TRACESYSGOOD, || {
        check!("getppid", getppid() == Pid::from_raw(1), false);
        exit(0)
    })?;
    ptrace::syscall(child, None)?;
    let stop = WaitStatus::PtraceSyscall(child);
    check!("wait status", waitpid(child, None)?, stop);
    let info = ptrace::syscall_info(child)?;
    check!("op", info.op, libc::PTRACE_SYSCALL_INFO_ENTRY);
    // SAFETY: the kernel has filled in this variant, as `op` says.
    check!("nr", unsafe { info.u.entry.nr }, SYS_getppid as u64);
    mark!("7. the tracer knows which call it will be");

    ptrace::syscall(child, None)?;
    check!("wait status", waitpid(child, None)?, stop);
    let info = ptrace::syscall_info(child)?;
    check!("op", info.op, libc::PTRACE_SYSCALL_INFO_EXIT);
    // SAFETY: as above.
    check!("sval", unsafe { info.u.exit.sval }, getpid().as_raw().into());
    mark!("7. the tracer knows what it has returned");
    ptrace::cont(child, None)?;
    ended_well(child)?;
    println!("7. PTRACE_SYSCALL: two stops, both SIGTRAP|0x80; one has the number,");
    println!("   the other the result, and PTRACE_GET_SYSCALL_INFO says which it is");
    Ok(())
}
