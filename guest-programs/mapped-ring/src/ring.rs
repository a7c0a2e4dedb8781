//! The page that the kernel writes and this program reads, and how it is read.

use std::num::NonZeroUsize;
use std::ops::Deref;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

/// `LAB_MAPPED_RING_RECORDS`
pub const RECORDS: u32 = 8;
/// `LAB_MAPPED_RING_FIRST`: the number of the first record.
pub const FIRST: u32 = 0xffff_fffc;
/// `LAB_MAPPED_RING_SIZE`
const SIZE: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// `struct lab_mapped_ring`. The kernel writes while this program reads, so each word is
/// an atomic one.
#[repr(C)]
pub struct Page {
    /// How many records were written, from [`FIRST`] on.
    pub head: AtomicU32,
    /// How many interrupts found the ring full.
    pub lost: AtomicU32,
    /// How many records were read.
    pub tail: AtomicU32,
    /// Not 0: the eventfd is to wake this program.
    pub asleep: AtomicU32,
    records: [Words; RECORDS as usize],
}

/// `struct lab_mapped_ring_record`, in the page.
#[repr(C)]
struct Words {
    interrupt: AtomicU32,
    causes: AtomicU32,
}

/// The same, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    pub interrupt: u32,
    pub causes: u32,
}

impl Page {
    /// The next record, if there is one. No system call is made.
    pub fn next(&self) -> Option<Record> {
        // Only this program writes it.
        let tail = self.tail.load(Relaxed);
        // Acquire: the kernel wrote the record before this head.
        if self.head.load(Acquire) == tail {
            return None;
        }
        let words = &self.records[(tail % RECORDS) as usize];
        let record =
            Record { interrupt: words.interrupt.load(Relaxed), causes: words.causes.load(Relaxed) };
        // Release: the record is read before the kernel may write over it.
        self.tail.store(tail.wrapping_add(1), Release);
        Some(record)
    }

    /// All that are there, by the number of their interrupt.
    pub fn drain(&self) -> Vec<u32> {
        std::iter::from_fn(|| self.next()).map(|record| record.interrupt).collect()
    }
}

/// The page, mapped.
pub struct Ring(NonNull<Page>);

impl Ring {
    /// Maps the ring of an open file.
    pub fn map(device: &impl AsFd) -> nix::Result<Ring> {
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping, at an address of the kernel's choice.
        let start = unsafe { mmap(None, SIZE, access, MapFlags::MAP_SHARED, device, 0)? };
        Ok(Ring(start.cast()))
    }
}

impl Deref for Ring {
    type Target = Page;

    fn deref(&self) -> &Page {
        // SAFETY: the mapping is larger than a `Page`, stays until the end of this value,
        // and is only accessed by atomic operations, on both sides.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: nothing points into the mapping any more. It can only fail if the
        // arguments are wrong, which are those of the mmap.
        let _ = unsafe { munmap(self.0.cast(), SIZE.get()) };
    }
}
