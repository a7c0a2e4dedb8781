//! Drives the student's `lab_@topic@`: makes edu interrupt, and reads.
//!
//! Usage: harness CAUSE INTERRUPTS

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use marker::{Arg, mark};
use nix::fcntl::{OFlag, open};
use nix::libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::stat::Mode;
use nix::unistd::{alarm, read};
use student::edu::Edu;
use student::module;

use @crate@ as lab;

/// How long a read may sleep, seconds. An interrupt comes after 0.1 s.
const PATIENCE: u32 = 1;

/// Whether a read slept for too long.
static LATE: AtomicBool = AtomicBool::new(false);

/// Because SA_RESTART is not set, this handler ends a sleeping read.
extern "C" fn on_alarm(_signal: c_int) {
    LATE.store(true, Relaxed);
}

fn main() -> io::Result<()> {
    marker::open_trace();
    let arguments: Result<Vec<u32>, _> = std::env::args().skip(1).map(|n| n.parse()).collect();
    let [cause, interrupts] = arguments.map_err(io::Error::other)?[..] else {
        return Err(io::Error::other("usage: harness CAUSE INTERRUPTS"));
    };
    let action = SigAction::new(SigHandler::Handler(on_alarm), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler stores one value.
    unsafe { sigaction(Signal::SIGALRM, &action) }?;

    // With MSI, an interrupt that is not acknowledged leaves a stale cause instead
    // of a handler that runs for ever.
    if module::load("lab_@topic@", c"msi=1").is_err() {
        return Ok(());
    }
    let edu = Edu::map()?;
    let device = open(lab::DEVICE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;

    for number in 0..interrupts {
        edu.raise(cause << number);
        match edu.causes() {
            0 => mark!("1. acknowledged"),
            left => mark!("1. the device still has the causes {}", Arg::Address(left.into())),
        }
        // Causes that are left belong to this interrupt, not to the next.
        edu.acknowledge(edu.causes());
    }
    hear(&device, "2. read", "returns")?;

    // SAFETY: the request has no argument.
    unsafe { lab::raise_later(device.as_raw_fd()) }?;
    hear(&device, "3. read", "is ended by the interrupt and returns")?;
    edu.acknowledge(edu.causes());

    drop(device);
    // The results are already in the trace.
    let _ = module::remove(lab::MODULE);
    Ok(())
}

/// Reads, and marks the result of read, or that nothing ended its sleep.
fn hear(device: &OwnedFd, step: &str, what: &str) -> io::Result<()> {
    let mut count = [0; 4];
    LATE.store(false, Relaxed);
    alarm::set(PATIENCE);
    let result = read(device, &mut count);
    alarm::cancel();
    match (LATE.load(Relaxed), result) {
        (true, _) => mark!("{}: nothing ends it", step),
        (false, Ok(4)) => mark!("{} {} {}", step, what, u32::from_ne_bytes(count)),
        (false, result) => mark!("{}: {}", step, format!("{result:?}")),
    }
    Ok(())
}
