//! The processor finds no page, and enters the kernel at `exc_page_fault`
//! (arch/x86/mm/fault.c). The kernel finds no mapping either, so there is nothing that
//! it could put there: the task forces SIGSEGV on itself, SEGV_MAPERR.

use marker::{check, scene};
use nix::sys::signal::Signal;

use crate::mapping::{NOTHING, load};
use crate::report::caught;

pub fn run() -> nix::Result<()> {
    scene!("1. a child reads where nothing is mapped");
    let report = caught(|| {
        load(NOTHING);
        Ok(())
    })?;
    check!("signal", report.signal, Signal::SIGSEGV);
    check!("si_code", report.code, "SEGV_MAPERR");
    check!("si_addr", report.address, NOTHING);
    println!("1. nothing is mapped: SIGSEGV, SEGV_MAPERR, si_addr {:#x}", report.address);
    Ok(())
}
