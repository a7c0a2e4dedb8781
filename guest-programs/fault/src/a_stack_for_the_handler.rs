//! An alternate stack that is told in time: for a handler with SA_ONSTACK `get_sigframe`
//! (arch/x86/kernel/signal.c) takes it, and the handler can say what has happened.

use marker::{check, scene};
use nix::sys::signal::{SaFlags, Signal};

use crate::mapping::PAGE;
use crate::report::caught_with;
use crate::stack;

pub fn run() -> nix::Result<()> {
    scene!("12. one with an alternate stack uses up its stack");
    let report = caught_with(SaFlags::SA_ONSTACK, || {
        // It is to live as long as the process: a fault may come at any time.
        stack::set_alternate(Vec::leak(vec![0; 64 << 10]))?;
        stack::use_up()
    })?;
    check!("signal", report.signal, Signal::SIGSEGV);
    check!("si_code", report.code, "SEGV_MAPERR");
    // The child's stack is where this process has its own.
    let end = stack::top()? - stack::LIMIT;
    let in_the_page_below = (end - PAGE.get()..end).contains(&report.address);
    check!("si_addr is in the page below the limit", in_the_page_below, true);
    check!("si_addr is near", report.address.abs_diff(report.stack) < PAGE.get(), true);
    println!("12. an alternate stack, SA_ONSTACK: the handler runs; si_addr is near");
    println!("    the stack pointer, in the page below the stack's limit");
    Ok(())
}
