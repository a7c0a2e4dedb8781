//! `head` and `tail` only grow, and go on at 0 after 2^32 - 1: the module starts shortly
//! before, so that every user meets it at once. Then `head` is less than `tail`, and
//! `head - tail`, modulo 2^32, is still how many records there are.

use std::io;
use std::sync::atomic::Ordering::Relaxed;

use mapped_ring::{FIRST, Ring, open_device, raise};
use marker::{check, scene};

pub fn run() -> io::Result<()> {
    scene!("4. twenty interrupts, read by fives: head passes 2^32");
    let device = open_device()?;
    let ring = Ring::map(&device)?;
    let mut interrupts = Vec::new();
    for round in 0..4 {
        for _ in 0..5 {
            raise(&device, 0x1)?;
        }
        if round == 0 {
            let (head, tail) = (ring.head.load(Relaxed), ring.tail.load(Relaxed));
            check!("head and tail", (head, tail), (1, FIRST));
            check!("records", head.wrapping_sub(tail), 5);
            println!("4. head {head}, tail {tail}: {} records", head.wrapping_sub(tail));
        }
        interrupts.extend(ring.drain());
    }
    check!("interrupts", &interrupts, &(1..=20).collect::<Vec<u32>>());
    println!("   20 interrupts, read by fives: 20 records, in order");
    Ok(())
}
