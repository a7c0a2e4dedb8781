//! What the module is asked to answer, and what becomes of it on the way: the return
//! value of ioctl(2), and what the C library makes of it.

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32};

use errno as lab;
use errno::Answer;
use marker::mark;
use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// What the handler makes of an ioctl that is called again.
const AGAIN: i64 = 77;

/// The argument of the ioctl. The kernel reads it at each call, and so once more
/// at a call that is made again.
pub static ANSWER: Answer =
    Answer { value: AtomicI64::new(0), signal: AtomicU32::new(0), padding: AtomicU32::new(0) };

pub static RUNS: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: stores and one write(2).
extern "C" fn on_signal(_signal: c_int) {
    mark!("handler");
    RUNS.fetch_add(1, Relaxed);
    ANSWER.signal.store(0, Relaxed);
    ANSWER.value.store(AGAIN, Relaxed);
}

/// Has the driver return `value`, with a signal pending unless that is 0.
/// Returns what ioctl(3) returns, and errno, which is 0 before.
pub fn ask(device: &OwnedFd, value: i64, signal: u32) -> (c_int, i32) {
    ANSWER.value.store(value, Relaxed);
    ANSWER.signal.store(signal, Relaxed);
    Errno::clear();
    (answer(device), Errno::last_raw())
}

/// The ioctl as libc has it. nix would make a `Result` of it, and lose the
/// numbers that have no name.
pub fn answer(device: &OwnedFd) -> c_int {
    let request = nix::request_code_write!(lab::IOC, 1, size_of::<Answer>());
    // SAFETY: the module reads one Answer, which lives for ever.
    unsafe { libc::ioctl(device.as_raw_fd(), request, &raw const ANSWER) }
}

/// The ioctl without libc: syscall(2) would set errno as well.
pub fn raw_ioctl(device: &OwnedFd) -> i64 {
    let request = nix::request_code_write!(lab::IOC, 1, size_of::<Answer>());
    let result;
    // SAFETY: the arguments of the ioctl above, as syscall(2) says for x86-64;
    // the instruction changes rax, rcx and r11, and the kernel writes no memory.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") libc::SYS_ioctl => result,
            in("rdi") device.as_raw_fd() as i64,
            in("rsi") request,
            in("rdx") &raw const ANSWER,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    result
}

pub fn handle(flags: SaFlags) -> nix::Result<()> {
    let action = SigAction::new(SigHandler::Handler(on_signal), flags, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}
