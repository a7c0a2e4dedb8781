//! Four values are no errors, but orders to the way out of the kernel. `handle_signal`
//! (arch/x86/kernel/signal.c) obeys them if a signal is pending. Otherwise they come
//! out as they are: see 8.

use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering::Relaxed;

use marker::{check, mark, scene};
use nix::libc;
use nix::sys::signal::{SaFlags, Signal};

use crate::answer::{RUNS, ask, handle};

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    println!("10. with a signal pending    handler        and SA_RESTART");
    for (what, value, plain, restart) in [
        ("-EINTR", -4, "EINTR", "EINTR"),
        ("-ERESTARTSYS", -512, "EINTR", "called again"),
        ("-ERESTARTNOINTR", -513, "called again", "called again"),
        ("-ERESTARTNOHAND", -514, "EINTR", "EINTR"),
        ("-ERESTART_RESTARTBLOCK", -516, "EINTR", "EINTR"),
    ] {
        for (flags, want) in [(SaFlags::empty(), plain), (SaFlags::SA_RESTART, restart)] {
            let with = if flags.is_empty() { "plain" } else { "restart" };
            handle(flags)?;
            scene!("10. {} {}", value, with);
            let got = match ask(device, value, Signal::SIGUSR1 as u32) {
                // The value that the handler put there.
                (77, 0) => "called again",
                (-1, libc::EINTR) => "EINTR",
                _ => "something else",
            };
            check!(what, got, want);
            check!("runs of the handler", RUNS.swap(0, Relaxed), 1);
        }
        println!("   {what:<26}{plain:<15}{restart}");
    }
    mark!("10. done");
    Ok(())
}
