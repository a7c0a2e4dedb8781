//! Not every fault is about memory. Each exception of the processor has its own entry
//! into the kernel (arch/x86/kernel/traps.c), and becomes the signal that the table
//! there says: `exc_divide_error` SIGFPE, `exc_invalid_op` SIGILL. What si_addr holds
//! then is where the program was.

use std::arch::asm;

use marker::{check, scene};
use nix::sys::signal::Signal;

use crate::report::{Report, caught};

pub fn run() -> nix::Result<()> {
    scene!("5. a child divides by zero");
    let report = caught(|| {
        // SAFETY: it faults, which is all that is wanted of it.
        unsafe { asm!("div {0:e}", in(reg) 0, inout("eax") 1 => _, inout("edx") 0 => _) };
        Ok(())
    })?;
    check!("signal", report.signal, Signal::SIGFPE);
    told(report, "FPE_INTDIV");

    scene!("6. a child executes ud2, which is no instruction");
    // SAFETY: as above.
    let report = caught(|| unsafe { asm!("ud2", options(noreturn)) })?;
    check!("signal", report.signal, Signal::SIGILL);
    told(report, "ILL_ILLOPN");

    println!("5. 1/0: SIGFPE, FPE_INTDIV, si_addr is the instruction");
    println!("6. ud2: SIGILL, ILL_ILLOPN, si_addr is the instruction");
    Ok(())
}

fn told(report: Report, code: &str) {
    check!("si_code", report.code, code);
    check!("si_addr", report.address, report.instruction);
}
