//! What a program hears when it comes to look.

use std::io;
use std::os::fd::OwnedFd;

use marker::check;
use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::unistd::read;
use steps::set_of;
use transports::{RECORDS, Record, event};

use crate::transport::Transport;

/// What arrived, when the program came to look.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Events, or what a counter says.
    pub events: u32,
    pub payloads: Vec<u32>,
    /// Whether the reader was told that something is missing, ...
    pub told: bool,
    /// ... and if so, how much.
    pub told_lost: Option<u32>,
}

/// Takes whatever has arrived, until there is nothing left.
pub fn hear(device: &OwnedFd, transport: &Transport) -> io::Result<Heard> {
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

/// Takes a pending signal, if there is one, and returns its value.
fn take_signal(signal: c_int) -> nix::Result<Option<u32>> {
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a siginfo is plain data, for which zeroes are a value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: set, siginfo and timeout are valid and live through the call.
    match Errno::result(unsafe { libc::sigtimedwait(&set_of(signal), &mut info, &now) }) {
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
