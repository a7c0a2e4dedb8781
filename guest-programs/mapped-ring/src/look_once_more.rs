//! An interrupt that comes after the last look, and before the program has said that it
//! sleeps, rings no bell. So the program looks once more, after it has said so. The
//! barriers are on both sides (`smp_mb` in the module, a fence here): one of the two sees
//! what the other wrote.

use std::io;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::fence;

use mapped_ring::{Ring, open_device, raise, set_doorbell};
use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};

pub fn run() -> io::Result<()> {
    let (device, bell) = (open_device()?, EventFd::from_flags(EfdFlags::EFD_NONBLOCK)?);
    let ring = Ring::map(&device)?;
    set_doorbell(&device, &bell)?;

    scene!("7. an interrupt between the last look and the word that it sleeps");
    check!("the last look", ring.next(), None);
    raise(&device, 0x1)?;
    ring.asleep.store(1, Relaxed);
    fence(SeqCst);
    // To sleep now would be to sleep until the next interrupt.
    check!("eventfd", bell.read(), Err(Errno::EAGAIN));
    check!("one look more", &ring.drain(), &[1]);
    ring.asleep.store(0, Relaxed);
    println!("7. interrupt just before it sleeps: no count, but one more look finds it");
    Ok(())
}
