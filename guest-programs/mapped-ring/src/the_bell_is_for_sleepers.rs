//! Who has nothing else to do should sleep. The module adds 1 to an eventfd
//! (`eventfd_signal_mask`, fs/eventfd.c) only if the program has said in the page that it
//! sleeps. A program that looks anyway pays for no wake-up.

use std::io;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::fence;

use mapped_ring::{Ring, open_device, raise, raise_later, set_doorbell};
use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::os::fd::AsFd;

pub fn run() -> io::Result<()> {
    let (device, bell) = (open_device()?, EventFd::from_flags(EfdFlags::EFD_NONBLOCK)?);
    let ring = Ring::map(&device)?;
    set_doorbell(&device, &bell)?;

    scene!("6. awake: the interrupt writes, and does not ring");
    raise(&device, 0x1)?;
    check!("eventfd", bell.read(), Err(Errno::EAGAIN));
    check!("records", &ring.drain(), &[1]);

    mark!("6. asleep: edu interrupts in 100 ms");
    raise_later(&device)?;
    ring.asleep.store(1, Relaxed);
    fence(SeqCst);
    check!("records before it sleeps", &ring.drain(), &[]);
    poll(&mut [PollFd::new(bell.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE)?;
    ring.asleep.store(0, Relaxed);
    check!("eventfd", bell.read(), Ok(1));
    check!("records", &ring.drain(), &[2]);
    mark!("6. awake again");
    println!("6. awake: 1 record, the eventfd has no count; asleep: 1 record, count 1");
    Ok(())
}
