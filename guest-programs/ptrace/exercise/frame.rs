//! A strace in fifty lines: runs a program, and says what it does.
//!
//! Usage: main PROGRAM ARGUMENTS…
//!
//! It prints a line for each system call that has returned, by its number, for each signal,
//! and for the end.

use std::ffi::CString;

use nix::errno::Errno;
// region: pipe-flags
use nix::fcntl::OFlag;
// endregion
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
// region: imports
use nix::sys::wait::{WaitStatus, waitpid};
// endregion
// region: pipe
use nix::unistd::{ForkResult, Pid, execv, fork, pipe2, read, write};
// endregion

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

// region: options
// region: solution
/// TRACESYSGOOD tells the stops of system calls from a SIGTRAP. EXITKILL: if this program
/// ends early, the one that it traces does not run on unseen.
// endregion
const OPTIONS: Options = Options::PTRACE_O_TRACESYSGOOD.union(Options::PTRACE_O_EXITKILL);
// endregion

// region: event
/// The event of a stop that is none of a signal's, nor of a system call's.
const EVENT_STOP: i32 = ptrace::Event::PTRACE_EVENT_STOP as i32;

// endregion
/// Follows the program, which is stopped, to its end. Each of its stops is told by waitpid,
/// and lasts until the program is let go on.
fn trace(program: Pid) -> Result<()> {
    // region: trace
    // region: solution
    // The call that it is in. Its stops alternate: only those of calls count.
    // endregion
    let mut entered = None;
    go_on(program, None)?;
    loop {
        match waitpid(program, None)? {
            // region: call
            WaitStatus::PtraceSyscall(_) => {
                let registers = ptrace::getregs(program)?;
                // region: registers
                // region: solution
                // rax is for the result, so the number is kept in orig_rax.
                // endregion
                match entered.take() {
                    None => entered = Some(registers.orig_rax),
                    Some(number) => println!("{number} = {}", registers.rax.cast_signed()),
                }
                // endregion
                go_on(program, None)?;
            }
            // endregion
            // region: stopped
            // region: solution
            // It has stopped as any program would, and stays so.
            // endregion
            WaitStatus::PtraceEvent(_, signal, EVENT_STOP) if signal != Signal::SIGTRAP => {
                listen(program)?;
            }
            // endregion
            // region: signal
            // region: solution
            // The signal is the program's: it gets it now.
            // endregion
            WaitStatus::Stopped(_, signal) => {
                println!("--- {signal}");
                go_on(program, Some(signal))?;
            }
            // endregion
            WaitStatus::Exited(_, status) => {
                println!("+++ exited with {status}");
                return Ok(());
            }
            WaitStatus::Signaled(_, signal, _) => {
                println!("+++ killed by {signal}");
                return Ok(());
            }
            _ => go_on(program, None)?,
        }
    }
    // endregion
}

fn main() -> Result<()> {
    let command: Vec<CString> =
        std::env::args().skip(1).map(CString::new).collect::<std::result::Result<_, _>>()?;
    if command.is_empty() {
        return Err("usage: main PROGRAM ARGUMENTS…".into());
    }
    trace(start(&command)?)
}

/// Starts the program. It is traced, and stopped, and has not been executed yet.
fn start(command: &[CString]) -> Result<Pid> {
    // region: start
    let (exit, entry) = pipe2(OFlag::O_CLOEXEC)?;
    // SAFETY: this program has one thread.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => {
            ptrace::seize(child, OPTIONS)?;
            ptrace::interrupt(child)?;
            waitpid(child, None)?;
            write(&entry, b"!")?;
            Ok(child)
        }
        ForkResult::Child => {
            read(&exit, &mut [0])?;
            match execv(&command[0], command)? {}
        }
    }
    // endregion
}

/// Lets the program run until its next stop, such as where its next system call begins or
/// ends, with a signal or with none (PTRACE_SYSCALL).
fn go_on(program: Pid, signal: Option<Signal>) -> Result<()> {
    match ptrace::syscall(program, signal) {
        // Somebody has killed it: waitpid says so.
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Leaves the program stopped, until SIGCONT comes (PTRACE_LISTEN).
// region: attribute-of-listen
// endregion
fn listen(program: Pid) -> Result<()> {
    let nothing = std::ptr::null_mut::<libc::c_void>();
    // SAFETY: the request uses no memory.
    let result = unsafe { libc::ptrace(libc::PTRACE_LISTEN, program.as_raw(), nothing, nothing) };
    match Errno::result(result) {
        Ok(_) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
