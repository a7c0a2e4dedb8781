//! An address whose upper bits are not all the same is none: the processor does not
//! look for its page, and raises another exception, which brings no address along.
//! `exc_general_protection` (arch/x86/kernel/traps.c) has none to give.

use marker::{check, scene};
use nix::sys::signal::Signal;

use crate::mapping::load;
use crate::report::caught;

/// Of 64 bits this processor uses 48; bit 47 is to be repeated in all above it.
const NOT_CANONICAL: usize = 0x1234_0000_0000_0000;

pub fn run() -> nix::Result<()> {
    scene!("4. a child reads at an address that is not canonical");
    let report = caught(|| {
        load(NOT_CANONICAL);
        Ok(())
    })?;
    check!("signal", report.signal, Signal::SIGSEGV);
    check!("si_code", report.code, "SI_KERNEL");
    check!("si_addr", report.address, 0);
    println!("4. {NOT_CANONICAL:#x}: SIGSEGV, SI_KERNEL, si_addr {}", report.address);
    Ok(())
}
