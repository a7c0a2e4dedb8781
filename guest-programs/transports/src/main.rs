//! A thousand interrupts: who loses what?
//!
//! The same interrupts of edu, told by `kmods/transports` in five ways, to a
//! program that reads too late. Look in the timeline at the moment from which
//! on a transport refuses more, and in the table at who is told.
//!
//! Documented in signal(7), getrlimit(2), eventfd(2), netlink(7) and read(2).

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::time::Duration;

use marker::{Measured, check, mark};
use netlink_sys::Socket;
use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::SigSet;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::read;
use transports::{
    Choice, Counters, EVENTFD, NETLINK, QUEUE, RECORDS, Record, SIGNAL, choose, counters, event,
    listen, load, open_device, raise,
};

/// A standard signal, and one of those that queue: SIGRTMIN + 10.
const STANDARD: c_int = libc::SIGUSR1;
const REAL_TIME: c_int = 44;

/// How many real-time signals may be pending, for all processes of this user.
const SIGPENDING: u64 = 100;

/// The guest's clock goes by instructions: this many nanoseconds for each.
const NS_PER_INSTRUCTION: u32 = 32;

/// One way by which interrupts are told, with what it takes to hear them.
enum Transport {
    Nothing,
    Signal(c_int),
    Eventfd(EventFd),
    Netlink(Socket),
    Queue,
}

/// What arrived, when the program came to look.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    /// Events, or what a counter says.
    events: u32,
    payloads: Vec<u32>,
    /// Whether the reader was told that something is missing, ...
    told: bool,
    /// ... and if so, how much.
    told_lost: Option<u32>,
}

/// One series of interrupts, and what it cost.
struct Series {
    heard: Heard,
    counters: Counters,
    send: Duration,
    receive: Duration,
}

fn main() -> io::Result<()> {
    marker::open_trace();
    load()?;
    let device = open_device()?;
    block()?;
    let hard = getrlimit(Resource::RLIMIT_SIGPENDING)?.1;
    setrlimit(Resource::RLIMIT_SIGPENDING, SIGPENDING, hard)?;

    let transports = [
        ("standard signal", Transport::Signal(STANDARD)),
        ("real-time signal", Transport::Signal(REAL_TIME)),
        ("eventfd", Transport::Eventfd(EventFd::from_flags(flags())?)),
        ("netlink", Transport::Netlink(listen()?)),
        ("read queue", Transport::Queue),
    ];
    mark!("1. nobody is told");
    let nothing = series(&device, &Transport::Nothing, 1000)?;
    check!("interrupts", nothing.counters.interrupts, 1000);

    println!("1. interrupts that arrive of         10       100      1000");
    let mut table = Vec::new();
    for (name, transport) in &transports {
        // A mark is to fit on one line.
        let short = name.trim_end_matches(" signal");
        let mut arrived = Vec::new();
        for count in [10, 100, 1000] {
            mark!("2. {}: {}", short, count);
            choose_transport(&device, transport)?;
            let series = series(&device, transport, count)?;
            check_series(transport, count, &series);
            arrived.push(series.heard.events);
            if count == 1000 {
                table.push((name, series));
            }
        }
        println!("   {name:<21} {:>14} {:>9} {:>9}", arrived[0], arrived[1], arrived[2]);
    }
    mark!("2. end");

    println!("2. of 1000               arrived  payloads  sender  reader told");
    for (name, series) in &table {
        let Series { heard, counters, .. } = series;
        let sender = match counters.refused {
            0 => "0".to_owned(),
            _ => format!("{:?}", Errno::from_raw(-counters.error)),
        };
        let reader = match (heard.told, heard.told_lost) {
            (true, Some(lost)) => format!("{lost} lost"),
            (true, None) => "ENOBUFS".to_owned(),
            (false, _) => "nothing".to_owned(),
        };
        let payloads = heard.payloads.len();
        println!("   {name:<21} {:>8} {payloads:>9}  {sender:<7} {reader}", heard.events);
    }

    println!("3. guest instructions       to send one    to read all");
    for (name, series) in &table {
        // Without what the interrupt itself costs.
        let send = instructions(series.send.saturating_sub(nothing.send)) / 1000;
        let receive = instructions(series.receive);
        println!("   {name:<21} {:>14} {:>14}", Measured(send), Measured(receive));
    }

    println!("4. 1000 interrupts, read after each 100: arrived");
    for (name, transport) in &transports {
        mark!("4. {}: 10 times 100", *name);
        choose_transport(&device, transport)?;
        let mut events = 0;
        for _ in 0..10 {
            events += series(&device, transport, 100)?.heard.events;
        }
        let want = if matches!(transport, Transport::Signal(STANDARD)) { 10 } else { 1000 };
        check!("events", events, want);
        println!("   {name:<21} {events:>14}");
    }
    mark!("4. end");

    // The deliberate failure: a transport that there is not.
    let unknown = Choice { transport: 9, ..Choice::default() };
    // SAFETY: the module reads one Choice, which lives through the call.
    let refused = unsafe { choose(device.as_raw_fd(), &unknown) };
    check!("transport 9", refused, Err(Errno::EINVAL));
    println!("5. transport 9: {}", Errno::EINVAL);
    Ok(())
}

/// Tells the module by what the next interrupts are to be told, and sets its
/// counters back.
fn choose_transport(device: &OwnedFd, transport: &Transport) -> nix::Result<()> {
    let mut choice = Choice::default();
    match transport {
        Transport::Nothing => return Ok(()),
        Transport::Signal(signal) => {
            choice.transport = SIGNAL;
            choice.signal = signal.cast_unsigned();
        }
        Transport::Eventfd(eventfd) => {
            choice.transport = EVENTFD;
            choice.eventfd = eventfd.as_fd().as_raw_fd();
        }
        Transport::Netlink(_) => choice.transport = NETLINK,
        Transport::Queue => choice.transport = QUEUE,
    }
    // SAFETY: the module reads one Choice, which lives through the call.
    unsafe { choose(device.as_raw_fd(), &choice) }.map(drop)
}

/// So many interrupts, and only then does this program look what it got.
fn series(device: &OwnedFd, transport: &Transport, count: u32) -> io::Result<Series> {
    let start = now()?;
    // SAFETY: the module reads one u32, which lives through the call.
    unsafe { raise(device.as_raw_fd(), &count) }?;
    let middle = now()?;
    let heard = hear(device, transport)?;
    let end = now()?;
    let mut sent = Counters::default();
    // SAFETY: the module writes one Counters, any content of which is valid.
    unsafe { counters(device.as_raw_fd(), &mut sent) }?;
    Ok(Series { heard, counters: sent, send: middle - start, receive: end - middle })
}

/// Takes whatever has arrived, until there is nothing left.
fn hear(device: &OwnedFd, transport: &Transport) -> io::Result<Heard> {
    let mut heard = Heard::default();
    match transport {
        Transport::Nothing => {}
        Transport::Signal(signal) => {
            while let Some(value) = take_signal(*signal)? {
                heard.payloads.push(value);
            }
            heard.events = heard.payloads.len() as u32;
        }
        Transport::Eventfd(eventfd) => {
            heard.events = u32::try_from(eventfd.read()?).map_err(io::Error::other)?;
        }
        Transport::Netlink(socket) => {
            let mut buffer = Vec::with_capacity(8192);
            loop {
                match event(socket, &mut buffer) {
                    Ok(payload) => heard.payloads.push(payload),
                    Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => heard.told = true,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error),
                }
            }
            heard.events = heard.payloads.len() as u32;
        }
        Transport::Queue => {
            let mut buffer = [0; RECORDS * Record::SIZE];
            loop {
                let size = match read(device, &mut buffer) {
                    Err(Errno::EAGAIN) => break,
                    size => size?,
                };
                for record in buffer[..size].chunks_exact(Record::SIZE).map(Record::from_bytes) {
                    if record.lost > 0 {
                        heard.told = true;
                        heard.told_lost = Some(heard.told_lost.unwrap_or(0) + record.lost);
                    }
                    // Number 0: nothing but the loss at the end.
                    if record.number > 0 {
                        heard.payloads.push(record.payload);
                    }
                }
            }
            heard.events = heard.payloads.len() as u32;
        }
    }
    Ok(heard)
}

/// What each transport promises, and no more.
fn check_series(transport: &Transport, count: u32, series: &Series) {
    let Series { heard, counters, .. } = series;
    check!("interrupts", counters.interrupts, count);
    check!("sendings", counters.accepted + counters.refused, count);
    // The first ones arrive, the last ones are lost; nothing in between.
    let first: Vec<u32> = (1..).take(heard.payloads.len()).collect();
    check!("payloads", &heard.payloads, &first);
    match transport {
        Transport::Nothing => {}
        Transport::Signal(STANDARD) => {
            check!("arrived", heard.events, 1);
            // The sender is told that all is well, a thousand times.
            check!("refused", counters.refused, 0);
        }
        Transport::Signal(_) => {
            check!("arrived", heard.events, count.min(SIGPENDING as u32));
            check!("refused", counters.refused, count - heard.events);
        }
        Transport::Eventfd(_) => {
            check!("counted", heard.events, count);
            check!("payloads", heard.payloads.len(), 0);
        }
        Transport::Netlink(_) => {
            check!("arrived", heard.events, counters.accepted);
            check!("told of a loss", heard.told, heard.events < count);
        }
        Transport::Queue => {
            check!("arrived", heard.events, count.min(RECORDS as u32));
            check!("told what was lost", heard.told_lost.unwrap_or(0), count - heard.events);
        }
    }
}

fn flags() -> EfdFlags {
    EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK
}

fn now() -> nix::Result<Duration> {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from)
}

fn instructions(time: Duration) -> u64 {
    (time.as_nanos() / u128::from(NS_PER_INSTRUCTION)) as u64
}

/// The two signals. nix's `Signal` names standard signals only; this and the
/// next two functions are libc's work.
fn signal_set(signals: &[c_int]) -> libc::sigset_t {
    let mut set = *SigSet::empty().as_ref();
    for signal in signals {
        // SAFETY: an initialised set and a valid signal number.
        unsafe { libc::sigaddset(&mut set, *signal) };
    }
    set
}

/// What is sent stays pending until this program takes it.
fn block() -> nix::Result<()> {
    let set = signal_set(&[STANDARD, REAL_TIME]);
    // SAFETY: the set is valid, and the old mask is not asked for.
    let result = unsafe { libc::sigprocmask(libc::SIG_BLOCK, &set, std::ptr::null_mut()) };
    Errno::result(result).map(drop)
}

/// Takes a pending signal, if there is one, and returns its value.
fn take_signal(signal: c_int) -> nix::Result<Option<u32>> {
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a siginfo is plain data, for which zeroes are a value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: set, siginfo and timeout are valid and live through the call.
    match Errno::result(unsafe { libc::sigtimedwait(&signal_set(&[signal]), &mut info, &now) }) {
        Ok(_) => {
            check!("si_code", info.si_code, libc::SI_QUEUE);
            // SAFETY: the siginfo of SI_QUEUE holds a value. Its integer is the
            // half of the pointer that lies first.
            let value = unsafe { info.si_value() }.sival_ptr.addr() as u32;
            Ok(Some(value))
        }
        Err(Errno::EAGAIN) => Ok(None),
        Err(error) => Err(error),
    }
}
