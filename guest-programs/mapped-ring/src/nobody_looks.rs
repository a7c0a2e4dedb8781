//! Records wait in the page until somebody looks. Each has what its interrupt had: they
//! do not merge, as pending signals and an eventfd's count do.

use std::io;

use mapped_ring::{Record, Ring, open_device, raise};
use marker::{check, mark, scene};

pub fn run() -> io::Result<()> {
    scene!("3. three interrupts, and nobody looks");
    let device = open_device()?;
    let ring = Ring::map(&device)?;
    for causes in [0x1, 0x2, 0x4] {
        raise(&device, causes)?;
    }
    mark!("3. looks");
    for (interrupt, causes) in [(1, 0x1), (2, 0x2), (3, 0x4)] {
        check!("record", ring.next(), Some(Record { interrupt, causes }));
    }
    check!("no more", ring.next(), None);
    println!("3. 3 interrupts, nobody looks: 3 records later, causes 0x1, 0x2, 0x4");
    Ok(())
}
