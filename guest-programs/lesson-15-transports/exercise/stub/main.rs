//! Three jobs, each with the transport that it needs.
//!
//! Usage: main
//!
//! Each job chooses by what the next interrupts are told, says `ready`, and goes
//! to work when it is told to on standard input. Then it prints what it was
//! asked for, and who hears of it when more interrupts come than its transport
//! can carry.

use std::hint::black_box;
use std::io::{self, Read, stdin};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use lesson_15_transports::{Choice, SIGNAL, choose, open_device};
use nix::sys::signal::Signal;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What somebody hears of a loss.
#[allow(dead_code)] // Not each answer has to occur.
enum Hears {
    Nothing,
    /// That something is lost.
    That,
    /// And how many interrupts that are.
    HowMuch,
}
use Hears::{HowMuch, Nothing, That};

/// When more interrupts come than a transport can carry, and nobody reads.
struct Overrun {
    /// What the sending returns to the driver: nothing, or that it failed.
    sender: Hears,
    /// What the reader finds when it comes to look.
    reader: Hears,
}

// TODO: what is heard by the transports that you choose.
const METER: Overrun = Overrun { sender: HowMuch, reader: Nothing };
const LOG: Overrun = Overrun { sender: Nothing, reader: That };
const ALARM: Overrun = Overrun { sender: HowMuch, reader: Nothing };

/// The meter: prints how many interrupts there were while nobody looked. None
/// may be missing; what the device said does not matter.
fn meter(device: &OwnedFd) -> Result<()> {
    // TODO: choose a transport, and print the count. What stands here and below
    // is a signal that a process ignores unless it has a handler for it.
    let signal = Signal::SIGURG as u32;
    register(device, Choice { transport: SIGNAL, signal, ..Choice::default() })?;
    ready()?;
    println!("meter 0");
    Ok(())
}

/// The log: prints how many interrupts there were, and the sum of what the
/// device said with each, its payload. Up to 500 come while nobody looks, and of
/// none the payload may be missing.
fn log(device: &OwnedFd) -> Result<()> {
    // TODO: choose a transport, and print the count and the sum.
    let signal = Signal::SIGURG as u32;
    register(device, Choice { transport: SIGNAL, signal, ..Choice::default() })?;
    ready()?;
    println!("log 0 0");
    Ok(())
}

/// Set when the device has interrupted, to stop [`compute`].
static STOP: AtomicBool = AtomicBool::new(false);

/// The alarm: computes, until an interrupt says that the result is not wanted
/// any more. The computation makes no system call, and there is no other thread.
fn alarm(device: &OwnedFd) -> Result<()> {
    // TODO: choose a transport that sets STOP.
    let signal = Signal::SIGURG as u32;
    register(device, Choice { transport: SIGNAL, signal, ..Choice::default() })?;
    ready()?;
    compute();
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

/// Tells the module by what the next interrupts are to be told.
fn register(device: &OwnedFd, choice: Choice) -> nix::Result<()> {
    // SAFETY: the module reads one Choice, which lives through the call.
    unsafe { choose(device.as_raw_fd(), &choice) }.map(drop)
}

/// Says that the transport is chosen, and waits until there is work.
fn ready() -> io::Result<()> {
    println!("ready");
    wait_for(b'g')
}

fn wait_for(word: u8) -> io::Result<()> {
    let mut byte = [0];
    while byte[0] != word {
        stdin().read_exact(&mut byte)?;
    }
    Ok(())
}

fn main() -> Result<()> {
    type Job = fn(&OwnedFd) -> Result<()>;
    let jobs: [(&str, Job, Overrun); 3] =
        [("meter", meter, METER), ("log", log, LOG), ("alarm", alarm, ALARM)];
    for (name, job, overrun) in jobs {
        let device = open_device()?;
        // A job that fails leaves the others their chance.
        if let Err(error) = job(&device) {
            eprintln!("{name}: {error}");
        }
        let word = |hears| match hears {
            Nothing => "nothing",
            That => "that",
            HowMuch => "how much",
        };
        let (sender, reader) = (word(overrun.sender), word(overrun.reader));
        println!("{name} overrun: sender {sender}, reader {reader}");
        wait_for(b'n')?;
    }
    Ok(())
}
