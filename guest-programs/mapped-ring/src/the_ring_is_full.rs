//! The handler cannot wait for room. It drops the new record and counts it in `lost`;
//! what nobody has read yet stays. The numbers of the interrupts say where the gap is.

use std::io;
use std::sync::atomic::Ordering::Relaxed;

use mapped_ring::{RECORDS, Ring, open_device, raise};
use marker::{check, mark, scene};

pub fn run() -> io::Result<()> {
    scene!("5. eleven interrupts, room for {}", RECORDS);
    let device = open_device()?;
    let ring = Ring::map(&device)?;
    for _ in 0..11 {
        raise(&device, 0x1)?;
    }
    check!("lost", ring.lost.load(Relaxed), 3);
    let first = ring.drain();
    check!("records", &first, &(1..=RECORDS).collect::<Vec<u32>>());
    mark!("5. all are read, and one more interrupt comes");
    raise(&device, 0x1)?;
    check!("the next", &ring.drain(), &[12]);
    check!("lost", ring.lost.load(Relaxed), 3);
    println!("5. 11 interrupts, nobody looks: records of 1 to 8, lost 3");
    println!("   then the record of interrupt 12: the gap is where it was");
    Ok(())
}
