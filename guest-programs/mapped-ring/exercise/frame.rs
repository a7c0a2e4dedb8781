//! Prints the records that a driver writes into a ring in this program's memory.
//!
//! Usage: main RING BELL
//!
//! RING is the descriptor of the driver's file, of which one page is mapped. BELL is an
//! eventfd, to which the driver adds 1 with a new record if `asleep` is not 0. The program
//! prints each record's interrupt and causes, as in `3 0x4`, and how many were lost. It
//! ends after a record with the cause 0x80.

use std::num::NonZeroUsize;
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::atomic::AtomicU32;
// region: orderings
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::fence;
// endregion

use nix::sys::mman::{MapFlags, ProtFlags, mmap};
use nix::unistd::read;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How many records the ring holds.
const RECORDS: u32 = 8;
/// The cause that ends the program.
const STOP: u32 = 0x80;

/// The page. The driver writes `head`, `lost` and the records, this program the rest.
/// `head` and `tail` only grow, and go on at 0 after 2^32 - 1; the record number n is at
/// n % RECORDS.
#[repr(C)]
struct Page {
    /// Counts the records that were written.
    head: AtomicU32,
    /// Counts the interrupts that found no room.
    lost: AtomicU32,
    /// Counts the records that were read.
    tail: AtomicU32,
    /// Not 0: BELL is to be rung.
    asleep: AtomicU32,
    records: [Record; RECORDS as usize],
}

#[repr(C)]
struct Record {
    interrupt: AtomicU32,
    causes: AtomicU32,
}

/// Takes the next record, its interrupt and causes, if there is one.
fn next(page: &Page) -> Option<(u32, u32)> {
    // region: next
    // region: tail
    let tail = page.tail.load(Relaxed);
    // endregion
    // region: solution
    // Both only grow, so they differ if there is a record, also when head has gone on at
    // 0, and when the ring is full. Acquire: the driver wrote the record before this head.
    // endregion
    // region: empty
    if page.head.load(Acquire) == tail {
        return None;
    }
    // endregion
    let record = &page.records[(tail % RECORDS) as usize];
    let (interrupt, causes) = (record.interrupt.load(Relaxed), record.causes.load(Relaxed));
    // region: solution
    // Release: the record is read before the driver may write over it.
    // endregion
    // region: give-back
    page.tail.store(tail.wrapping_add(1), Release);
    // endregion
    Some((interrupt, causes))
    // endregion
}

/// Sleeps until there is a record, or there may be one.
fn sleep(page: &Page, bell: &OwnedFd) -> Result<()> {
    // region: sleep
    // region: asleep
    page.asleep.store(1, Relaxed);
    // endregion
    // region: solution
    // A record may have come since the last look, when the driver did not ring yet. The
    // fence keeps the two in this order, as the driver's barrier does on its side.
    // endregion
    fence(SeqCst);
    if page.head.load(Relaxed) == page.tail.load(Relaxed) {
        read(bell, &mut [0; 8])?;
    }
    page.asleep.store(0, Relaxed);
    Ok(())
    // endregion
}

fn main() -> Result<()> {
    let mut files = Vec::new();
    for number in std::env::args().skip(1) {
        // SAFETY: this program was started with these descriptors, and nothing else here
        // knows them.
        files.push(unsafe { OwnedFd::from_raw_fd(number.parse()?) });
    }
    let [ring, bell] = &files[..] else { return Err("usage: main RING BELL".into()) };
    let len = NonZeroUsize::new(4096).ok_or("a page")?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping, which is never unmapped, larger than a `Page`, and only
    // accessed by atomic operations.
    let page =
        unsafe { mmap(None, len, access, MapFlags::MAP_SHARED, ring, 0)?.cast::<Page>().as_ref() };

    let mut told = 0;
    loop {
        while let Some((interrupt, causes)) = next(page) {
            println!("{interrupt} {causes:#x}");
            if causes & STOP != 0 {
                return Ok(());
            }
        }
        let lost = page.lost.load(Relaxed);
        if lost != told {
            println!("lost {}", lost.wrapping_sub(told));
            told = lost;
        }
        sleep(page, bell)?;
    }
}
