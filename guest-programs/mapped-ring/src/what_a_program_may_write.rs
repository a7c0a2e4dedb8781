//! The page is the program's to write, too. The module keeps a `head` of its own and
//! never reads the page's back; a `tail` that cannot be makes the ring look full, which is
//! the program's own loss.

use std::io;
use std::sync::atomic::Ordering::Relaxed;

use mapped_ring::{FIRST, Ring, open_device, raise};
use marker::{check, mark, scene};

pub fn run() -> io::Result<()> {
    let device = open_device()?;
    let ring = Ring::map(&device)?;

    scene!("8. the program writes a head: the kernel has its own");
    ring.head.store(1_000_000, Relaxed);
    raise(&device, 0x1)?;
    check!("head", ring.head.load(Relaxed), FIRST + 1);
    check!("records", &ring.drain(), &[1]);

    mark!("8. it writes a tail that cannot be: full");
    let tail = ring.tail.swap(1_000_000, Relaxed);
    raise(&device, 0x1)?;
    check!("lost", ring.lost.load(Relaxed), 1);

    mark!("8. and the right one: written");
    ring.tail.store(tail, Relaxed);
    raise(&device, 0x1)?;
    check!("records", &ring.drain(), &[3]);
    println!("8. a wrong head: written over; a wrong tail: lost, until it is right again");
    Ok(())
}
