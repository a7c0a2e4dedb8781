//! The whole way: edu interrupts, `lab_mapped_ring_isr` writes a record and then `head`
//! (`smp_store_release`), and this program, which looks at `head` all the time, finds it.
//! It is not in the kernel, is not woken, and makes no system call.

use std::hint::black_box;
use std::io;

use mapped_ring::{Record, Ring, open_device, raise_later};
use marker::{check, mark, scene};
use nix::sys::prctl;

/// What edu raises when a transfer ends, and so what `raise_later` raises.
const CAUSE_DMA: u32 = 0x100;

/// `wire` is what the module was loaded for.
pub fn run(wire: &str) -> io::Result<()> {
    let device = open_device()?;
    let ring = Ring::map(&device)?;
    // The lesson traces each system call of a task that has this name.
    prctl::set_name(c"looks")?;
    raise_later(&device)?;
    scene!("{}: looks at its memory, again and again; edu interrupts", wire);
    let record = loop {
        // Not spin_loop(): its PAUSE is costly in an emulator.
        if let Some(record) = black_box(&ring).next() {
            break record;
        }
    };
    mark!("{}: found the record of interrupt {}", wire, record.interrupt);
    prctl::set_name(c"mapped-ring")?;
    check!("record", record, Record { interrupt: 1, causes: CAUSE_DMA });
    println!("{wire}: 1 record, found by looking: interrupt 1, causes 0x100");
    Ok(())
}
