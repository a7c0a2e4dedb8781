//! A handler that reports what it is given, and ends its process.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::{Arg, mark};
use nix::errno::Errno;
use nix::libc::{self, REG_RIP, REG_RSP, c_int, c_void, siginfo_t, ucontext_t};
use nix::sys::signal::{SaFlags, SigHandler, Signal};
use nix::unistd::{pipe, read, write};
use steps::{ended_well, exit, start};

use crate::action::handle_all;
use crate::mapping::PAGE;

/// What a handler was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    pub signal: Signal,
    /// si_code, by its name.
    pub code: &'static str,
    /// si_addr.
    pub address: usize,
    /// The instruction that the process goes on with when the handler returns.
    pub instruction: usize,
    /// Where the stack pointer was.
    pub stack: usize,
}

/// The pipe that reports are written to.
static REPORTS: AtomicI32 = AtomicI32::new(-1);

/// Only what signal-safety(7) allows: loads, two calls of write(2) and _exit(2).
extern "C" fn on_fault(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let [instruction, stack] = [REG_RIP, REG_RSP].map(|register| {
        // SAFETY: the kernel passes a valid ucontext_t to an SA_SIGINFO handler.
        unsafe { (*context.cast::<ucontext_t>()).uc_mcontext.gregs[register as usize] as usize }
    });
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler, and for these
    // signals it has room for an address.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    if address == instruction {
        mark!("handler: {}, si_addr is the instruction", name(signal, code));
    } else if address.abs_diff(stack) < PAGE.get() {
        mark!("handler: {}, si_addr is where the stack pointer is", name(signal, code));
    } else {
        mark!("handler: {}, si_addr {}", name(signal, code), Arg::Address(address as u64));
    }
    let numbers = [signal as usize, code as usize, address, instruction, stack];
    // SAFETY: the pipe is open in a child that handles its faults by this function.
    let reports = unsafe { BorrowedFd::borrow_raw(REPORTS.load(Relaxed)) };
    let written = write(reports, numbers.map(usize::to_ne_bytes).as_flattened());
    exit(written.err().map_or(0, |error| error as c_int));
}

/// The report about what a child does. The child ends at its first fault.
pub fn caught(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Report> {
    caught_with(SaFlags::empty(), work)
}

/// The same with flags for the handler.
pub fn caught_with(flags: SaFlags, work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Report> {
    let (reader, writer) = pipe()?;
    let child = start(|| {
        REPORTS.store(writer.as_raw_fd(), Relaxed);
        handle_all(SigHandler::SigAction(on_fault), flags)?;
        work()
    })?;
    drop(writer);
    ended_well(child)?;
    let mut numbers = [[0; 8]; 5];
    if read(&reader, numbers.as_flattened_mut())? != size_of_val(&numbers) {
        return Err(Errno::ENODATA);
    }
    let [signal, code, address, instruction, stack] = numbers.map(usize::from_ne_bytes);
    let (signal, code) = (signal as c_int, code as c_int);
    let (signal, code) = (Signal::try_from(signal)?, name(signal, code));
    Ok(Report { signal, code, address, instruction, stack })
}

/// The numbers are those of include/uapi/asm-generic/siginfo.h; each signal counts its
/// own from 1.
fn name(signal: c_int, code: c_int) -> &'static str {
    match (signal, code) {
        (_, libc::SI_KERNEL) => "SI_KERNEL",
        (libc::SIGSEGV, 1) => "SEGV_MAPERR",
        (libc::SIGSEGV, 2) => "SEGV_ACCERR",
        (libc::SIGBUS, libc::BUS_ADRERR) => "BUS_ADRERR",
        (libc::SIGFPE, 1) => "FPE_INTDIV",
        (libc::SIGILL, 2) => "ILL_ILLOPN",
        _ => "another si_code",
    }
}
