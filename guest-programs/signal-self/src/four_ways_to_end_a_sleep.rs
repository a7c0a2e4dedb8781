//! When a signal ends its sleep, the read returns one of four numbers that user space
//! never sees. `handle_signal` and
//! `arch_do_signal_or_restart` (arch/x86/kernel/signal.c) make of it what the process
//! sees, by its handler and that handler's flags.

use std::os::fd::OwnedFd;

use marker::{check, mark, scene};
use nix::sys::signal::SaFlags;
use signal_self::{RESTARTBLOCK, RESTARTNOHAND, RESTARTNOINTR, RESTARTSYS};

use crate::sleep::End::{self, Again, Eintr, GoesOn};
use crate::sleep::{handled, stopped};

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    println!("8. a read that a signal interrupts:");
    println!("                     SA_RESTART  no SA_RESTART  no handler");
    for (restart, value, what, ends) in [
        (RESTARTSYS, -512, "ERESTARTSYS", [Again, Eintr, GoesOn]),
        (RESTARTNOINTR, -513, "ERESTARTNOINTR", [Again, Again, GoesOn]),
        (RESTARTNOHAND, -514, "ERESTARTNOHAND", [Eintr, Eintr, GoesOn]),
        (RESTARTBLOCK, -516, "_RESTARTBLOCK", [Eintr, Eintr, GoesOn]),
    ] {
        scene!("8. {} restart", value);
        check!(what, handled(device, restart, SaFlags::SA_RESTART)?, ends[0]);
        mark!("8. {} plain", value);
        check!(what, handled(device, restart, SaFlags::empty())?, ends[1]);
        mark!("8. {} stopped", value);
        check!(what, stopped(device, restart)?, ends[2]);
        let [a, b, c] = ends.map(End::name);
        println!("   {what:<18}{a:<12}{b:<15}{c}");
    }
    mark!("8. done");
    Ok(())
}
