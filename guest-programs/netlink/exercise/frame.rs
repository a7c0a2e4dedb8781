//! Follows the interrupts that the module tells its group of, and prints for each
//! that it came or that it was missed.
//!
//! Usage: main
//!
//! Prints a line for each event: `interrupt 4`, in the order of the interrupts,
//! which the module counts from 1. When events were lost, it prints how many:
//! `missed 7`. It runs until it is killed.

use std::io;

use netlink::{Family, INTERRUPT, INTERRUPTS, Message, event, get, open_socket, resolve};
use netlink_sys::Socket;
// region: libc
use nix::libc::{ENOBUFS, MSG_DONTWAIT};
// endregion

/// The smallest receive buffer that the kernel grants, also if a program asks for
/// less. It holds two events.
const SMALLEST: usize = 1;

/// How many interrupts there were so far, by the module's own count.
fn interrupts(asking: &Socket, family: Family) -> io::Result<u32> {
    value(&get(asking, family)?, INTERRUPTS)
}

/// An attribute that the module always sends.
fn value(message: &Message, attribute: u16) -> io::Result<u32> {
    message.get(attribute).ok_or(io::ErrorKind::InvalidData.into())
}

/// Prints each interrupt that the listener is told of, and how many it missed.
fn follow(listener: &Socket, asking: &Socket, family: Family) -> io::Result<()> {
    // region: follow
    let mut known = interrupts(asking, family)?;
    // region: lossy
    let mut lossy = false;
    // endregion
    loop {
        // region: solution
        // After a loss it does not wait for the next event: that may never come.
        // endregion
        // region: event
        let flags = if lossy { MSG_DONTWAIT } else { 0 };
        match event(listener, flags) {
            // endregion
            Ok(event) => {
                // region: told
                let number = value(&event, INTERRUPT)?;
                // An event that came between the end of a recovery and its
                // answer is counted in the answer.
                if number > known {
                    known = number;
                    println!("interrupt {known}");
                }
                // endregion
            }
            // region: loss
            // Something is missing. The kernel says so once, before what arrived
            // in time. Until all of that is read, it drops whatever else comes,
            // and does not say so again. So read on first.
            Err(error) if error.raw_os_error() == Some(ENOBUFS) => lossy = true,
            // Now the buffer is empty, and what comes is kept. Ask the module how
            // things stand.
            Err(error) if lossy && error.kind() == io::ErrorKind::WouldBlock => {
                let now = interrupts(asking, family)?;
                println!("missed {}", now - known);
                known = now;
                lossy = false;
            }
            // endregion
            // region: others
            Err(error) => return Err(error),
            // endregion
        }
    }
    // endregion
}

fn main() -> io::Result<()> {
    let asking = open_socket()?;
    let family = resolve(&asking)?.map_err(|refusal| io::Error::from(refusal.errno))?;
    let listener = open_socket()?;
    listener.set_rx_buf_sz(SMALLEST)?;
    listener.add_membership(family.group)?;
    follow(&listener, &asking, family)
}
