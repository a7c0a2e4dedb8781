//! A series of interrupts, what came of it, and what it cost.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::Duration;

use marker::check;
use nix::time::{ClockId, clock_gettime};
use transports::{Counters, RECORDS, counters, raise};

use crate::hear::{Heard, hear};
use crate::transport::{SIGPENDING, STANDARD, Transport};

/// The guest's clock goes by instructions: this many nanoseconds for each.
const NS_PER_INSTRUCTION: u32 = 32;

/// One series of interrupts, and what it cost.
pub struct Series {
    pub heard: Heard,
    pub counters: Counters,
    pub send: Duration,
    pub receive: Duration,
}

/// So many interrupts, and only then does this program look what it got.
pub fn series(device: &OwnedFd, transport: &Transport, count: u32) -> io::Result<Series> {
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

/// What each transport promises, and no more.
pub fn check_series(transport: &Transport, count: u32, series: &Series) {
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

fn now() -> nix::Result<Duration> {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from)
}

pub fn instructions(time: Duration) -> u64 {
    (time.as_nanos() / u128::from(NS_PER_INSTRUCTION)) as u64
}
