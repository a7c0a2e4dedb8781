//! Three jobs, each with the transport that it needs.
//!
//! Usage: main
//!
//! Each job chooses how it is told of the next interrupts, prints `ready`, and
//! goes to work when standard input says so. Then it prints what it was asked
//! for, and who hears of a loss when more interrupts come than its transport can
//! carry.

use std::hint::black_box;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

// region: imports
use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};
// region: signals
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
// endregion
use nix::unistd::read;
// region: lesson
use transports::{Choice, EVENTFD, QUEUE, RECORDS, Record, SIGNAL, choose};
// endregion
// endregion

#[allow(unused_imports)] // Not each answer has to occur.
use transports::jobs::Hears::{HowMuch, Nothing, That};
use transports::jobs::{Overrun, Result, ready, work};

// When more interrupts come than a transport can carry, and nobody reads: what the
// sending returns to the driver, and what the reader finds when it comes to look.

// region: overruns
// region: meter-overrun
/// An eventfd cannot be overrun by as many interrupts as there will ever be.
const METER: Overrun = Overrun { sender: Nothing, reader: Nothing };
// endregion
// region: log-overrun
/// The queue is the driver's own: it knows what it drops, and says how much.
const LOG: Overrun = Overrun { sender: That, reader: HowMuch };
// endregion
// region: alarm-overrun
/// A standard signal that is pending is not sent again, and that is no error.
const ALARM: Overrun = Overrun { sender: Nothing, reader: Nothing };
// endregion
// endregion

/// The meter: prints how many interrupts there were while nobody looked. None
/// may be missing; what the device said does not matter.
fn meter(device: &OwnedFd) -> Result<()> {
    // region: meter
    // A count is all it needs, and an eventfd is one: 8 bytes, whether it stands
    // for one interrupt or for a thousand.
    let eventfd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
    let fd = eventfd.as_raw_fd();
    register(device, Choice { transport: EVENTFD, eventfd: fd, ..Choice::default() })?;
    ready()?;
    println!("meter {}", eventfd.read()?);
    // endregion
    Ok(())
}

/// The log: prints how many interrupts there were, and the sum of what the
/// device said with each, its payload. Up to 500 come while nobody looks, and no
/// payload may be missing.
fn log(device: &OwnedFd) -> Result<()> {
    // region: log
    // A payload for each: that rules out the eventfd, which only counts, and a
    // standard signal, of which only one is kept. Real-time signals are kept as far
    // as RLIMIT_SIGPENDING goes, and a socket's buffer is full sooner than the
    // driver's own queue.
    register(device, Choice { transport: QUEUE, ..Choice::default() })?;
    ready()?;
    let (mut count, mut sum) = (0, 0);
    let mut buffer = [0; RECORDS * Record::SIZE];
    loop {
        // The device was opened with O_NONBLOCK.
        let size = match read(device, &mut buffer) {
            Err(Errno::EAGAIN) => break,
            size => size?,
        };
        for record in buffer[..size].chunks_exact(Record::SIZE).map(Record::from_bytes) {
            count += 1;
            sum += record.payload;
        }
    }
    println!("log {count} {sum}");
    // endregion
    Ok(())
}

/// Set when the device has interrupted, to stop [`compute`].
static STOP: AtomicBool = AtomicBool::new(false);

// region: handler
extern "C" fn on_alarm(_: i32) {
    STOP.store(true, Ordering::Relaxed);
}

// endregion
/// The alarm: computes, until an interrupt says that the result is not wanted
/// any more. The computation makes no system call, and there is no other thread.
fn alarm(device: &OwnedFd) -> Result<()> {
    // region: register
    // Everything else waits until somebody asks for it. A signal is the only one
    // that comes by itself, in the middle of whatever the program does.
    let action = SigAction::new(SigHandler::Handler(on_alarm), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler stores into an atomic, which a handler may do.
    // region: action
    unsafe { sigaction(Signal::SIGUSR1, &action)? };
    // endregion
    let signal = Signal::SIGUSR1 as u32;
    register(device, Choice { transport: SIGNAL, signal, ..Choice::default() })?;
    // endregion
    ready()?;
    // region: compute
    compute();
    // endregion
    println!("alarm {}", if STOP.load(Ordering::Relaxed) { "stopped" } else { "too late" });
    Ok(())
}

/// Does something that takes its time, until it is done or `STOP` is set.
fn compute() {
    let mut turns = 0_u32;
    while turns < 5_000_000 && !STOP.load(Ordering::Relaxed) {
        turns = black_box(turns + 1);
    }
}

/// Tells the module how to report the next interrupts.
fn register(device: &OwnedFd, choice: Choice) -> nix::Result<()> {
    // SAFETY: the module reads one Choice, which lives through the call.
    unsafe { choose(device.as_raw_fd(), &choice) }.map(drop)
}

fn main() -> Result<()> {
    work([("meter", meter, METER), ("log", log, LOG), ("alarm", alarm, ALARM)])
}
