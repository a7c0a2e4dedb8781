//! The worst moment of all for a resize: the one before the program falls asleep.
//!
//! To hit it, this harness executes the program's instructions one by one (ptrace(2))
//! until the next would be a system call that sleeps.

use std::error::Error;
use std::process::Child;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use student::pid;
use student::stop::{stopped, unless_ended};

use crate::terminal::Terminal;

/// So many instructions between "yes" and a sleep are enough for anybody.
const INSTRUCTIONS: u32 = 5_000;

/// System calls that a program sleeps in: read, poll, select, pause, nanosleep,
/// rt_sigtimedwait, rt_sigsuspend, futex, epoll_wait, clock_nanosleep, pselect6,
/// ppoll, epoll_pwait.
const SLEEPS: &[u64] = &[0, 7, 23, 34, 35, 128, 130, 202, 230, 232, 270, 271, 281];

/// Says that the picture is there, and stops the program where its next
/// instruction is a system call that sleeps. Nothing is done if there was no
/// picture: then it sleeps already.
pub fn step_to_sleep(program: &Child, terminal: &mut Terminal) -> Result<(), Box<dyn Error>> {
    if !terminal.asked {
        return Ok(());
    }
    let pid = pid(program);
    match ptrace::seize(pid, ptrace::Options::empty()) {
        Err(Errno::ESRCH | Errno::EPERM) => return Ok(()), // it has ended
        result => result?,
    }
    ptrace::interrupt(pid)?;
    let mut state = stopped(program)?;
    terminal.done()?;
    for _ in 0..INSTRUCTIONS {
        if matches!(state, WaitStatus::Exited(..) | WaitStatus::Signaled(..)) {
            return Ok(());
        }
        let registers = ptrace::getregs(pid)?;
        let instruction = ptrace::read(pid, registers.rip as ptrace::AddressType)?;
        // `syscall` is 0f 05. Its number is in rax, and in rdi what read is to
        // read from: from standard input it reads "yes".
        let is_syscall = instruction & 0xffff == 0x050f;
        let reads_yes = registers.rax == 0 && registers.rdi == 0;
        if is_syscall && !reads_yes && SLEEPS.contains(&registers.rax) {
            break;
        }
        // It has drawn another picture, unasked, and waits for another "yes".
        if is_syscall && reads_yes && terminal.readable(Duration::ZERO)? {
            break;
        }
        // It gets the signal that it was about to get.
        let signal = match state {
            WaitStatus::PtraceEvent(_, signal, 0) if signal != Signal::SIGTRAP => Some(signal),
            _ => None,
        };
        ptrace::step(pid, signal)?;
        state = stopped(program)?;
    }
    Ok(())
}

/// Lets a program go that `step_to_sleep` stopped.
pub fn release(program: &Child) -> nix::Result<()> {
    unless_ended(ptrace::detach(pid(program), None))
}
