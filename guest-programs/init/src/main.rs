//! PID 1 of the lab's machine: prepares it, runs one job, sends the record to
//! the host and powers the machine off.
//!
//! ```text
//! mounts, host name, the machine's modules   (same for every lesson)
//! [waits, and stops the machine to be saved] checkpoint only
//! an idle processor is not halted any more
//! finds the devices that came since          PCI rescan
//! payload  ── ivshmem ──▶ /lab               programs, modules, job.json
//! modules, trace events
//! [where the trace lies ──▶ host]           `exec --events` only
//! the program                                in a child: PID 1 blocks signals
//!   [its streams ◀─ virtio port ─▶ host]     `exec` and `shell` only
//! [looks for leaked memory]                  debug kernel only
//! record   ── ivshmem ──▶ host               outcome, stdout, stderr, trace
//! power off
//! ```
//!
//! PID 1 never returns from `main`: if it ends, the kernel panics. An error
//! reaches the host in the outcome or, if no outcome can be sent, in the kernel
//! log.

mod checkpoint;
mod job;
mod leaks;
mod machine;
mod mounts;
mod out;
mod pages;
mod payload;
mod port;
mod record;
mod registers;
mod session;
mod supervise;
mod trace;
mod watchdog;

use std::convert::Infallible;
use std::process::abort;

use protocol::{Ended, HALT_FILE, IDLE_FILE, LAB, Outcome};

fn main() {
    // A panic of PID 1 is a bug in the lab. Its text goes to the kernel log. PID 1
    // then ends, which becomes a kernel panic, and the host is told of that.
    std::panic::set_hook(Box::new(|info| machine::log(&format!("init: bug: {info}"))));
    match run() {
        Ok(never) => match never {},
        Err(error) => {
            machine::log(&format!("init: {error}"));
            abort()
        }
    }
}

/// Everything from the first mount to power-off. Returns only if no record could
/// be sent, with the reason.
fn run() -> Result<Infallible, String> {
    supervise::block_signals()?;
    mounts::mount_all()?;
    machine::set_up()?;
    for module in [IDLE_FILE, HALT_FILE] {
        machine::load_module(&format!("/{module}").into(), "")?;
    }
    if checkpoint::is_wanted()? {
        checkpoint::settle()?;
        checkpoint::stop_here()?;
    }
    // Only after the checkpoint, because the sleep in `stop_here` needs a processor
    // that halts: it then ends at the same moment of the clock, however QEMU moved
    // the clock.
    machine::stay_awake(true)?;
    machine::rescan_pci()?;
    machine::speak_up()?;
    let payload = payload::Payload::open()?;
    let job = payload.job()?;
    let mut not_loaded = Vec::new();
    let ended = payload
        .unpack(LAB, &job)
        .and_then(|()| job::run(&job, &mut not_loaded))
        .unwrap_or_else(Ended::NotStarted);
    let wanted = job.session.map_or(Vec::new(), |session| session.out);
    let (nonce, no_room) = (job.nonce, Vec::new());
    record::send(Outcome { nonce, ended, not_loaded, no_room }, &wanted)?;
    machine::power_off()
}
