//! A reader that keeps up loses nothing, but for a standard signal, of which one can be
//! pending (`legacy_queue`, kernel/signal.c).

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, mark, scene};

use crate::series::series;
use crate::transport::{STANDARD, Transport, choose_transport};

pub fn run(device: &OwnedFd, transports: &[(&'static str, Transport)]) -> io::Result<()> {
    println!("4. 1000 interrupts, read after each 100: arrived");
    for (name, transport) in transports {
        scene!("4. {}: 10 times 100", *name);
        choose_transport(device, transport)?;
        let mut events = 0;
        for _ in 0..10 {
            events += series(device, transport, 100)?.heard.events;
        }
        let want = if matches!(transport, Transport::Signal(STANDARD)) { 10 } else { 1000 };
        check!("events", events, want);
        println!("   {name:<21} {events:>14}");
    }
    mark!("4. end");
    Ok(())
}
