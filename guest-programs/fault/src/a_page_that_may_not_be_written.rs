//! Here a mapping is found, but it forbids what is asked for: `access_error`
//! (arch/x86/mm/fault.c) says so, and si_code is SEGV_ACCERR.

use marker::{check, mark, scene};
use nix::sys::signal::Signal;

use crate::mapping::{PLACE, load, map_for_reading, store};
use crate::report::caught;

pub fn run() -> nix::Result<()> {
    scene!("2. a child reads and writes a page that may only be read");
    let address = PLACE.get() + 8;
    let report = caught(|| {
        map_for_reading()?;
        // The first touch of a page is a fault, too. The kernel repairs it, and the
        // instruction runs again: nobody is told.
        check!("what is there", load(address), 0);
        mark!("2. it has read, and writes");
        store(address, 1);
        Ok(())
    })?;
    check!("signal", report.signal, Signal::SIGSEGV);
    check!("si_code", report.code, "SEGV_ACCERR");
    check!("si_addr", report.address, address);
    println!("2. it may only be read: SIGSEGV, SEGV_ACCERR, si_addr {:#x}", report.address);
    Ok(())
}
