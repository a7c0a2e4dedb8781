//! Mappings of the wrong kind, at the wrong place, changed, inherited and left behind; and
//! a page full of nonsense.

use std::io;
use std::num::NonZeroUsize;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering::Relaxed;

use bad_input::{ended, killed_after, start};
use mapped_ring::{FIRST, RECORDS, Ring, open_device, raise};
use marker::{check, mark};
use nix::errno::Errno;
use nix::libc::off_t;
use nix::sys::mman::{MRemapFlags, MapFlags, ProtFlags, mmap, mremap, munmap};

const PAGE: usize = 4096;

pub fn run() -> io::Result<()> {
    mappings_that_are_refused()?;
    a_mapping_does_not_grow()?;
    a_child_has_it_too()?;
    dying_with_it()?;
    nonsense_in_the_page()
}

fn map(
    device: &OwnedFd,
    len: usize,
    flags: MapFlags,
    offset: off_t,
) -> nix::Result<std::ptr::NonNull<nix::libc::c_void>> {
    let len = NonZeroUsize::new(len).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping, which nothing refers to.
    unsafe { mmap(None, len, access, flags, device, offset) }
}

fn mappings_that_are_refused() -> io::Result<()> {
    mark!("mappings that are refused");
    let device = open_device()?;
    for (what, len, flags, offset) in [
        ("private", PAGE, MapFlags::MAP_PRIVATE, 0),
        ("two pages", 2 * PAGE, MapFlags::MAP_SHARED, 0),
        ("the second page", PAGE, MapFlags::MAP_SHARED, PAGE as off_t),
        ("far past it", PAGE, MapFlags::MAP_SHARED, off_t::MAX & !(PAGE as off_t - 1)),
    ] {
        let error = map(&device, len, flags, offset).expect_err(what);
        // Beyond what a file can be, mmap says so itself.
        check!(what, matches!(error, Errno::EINVAL | Errno::EOVERFLOW), true);
    }
    Ok(())
}

fn a_mapping_does_not_grow() -> io::Result<()> {
    mark!("a mapping does not grow");
    let device = open_device()?;
    let start = map(&device, PAGE, MapFlags::MAP_SHARED, 0)?;
    // SAFETY: the mapping is this function's own, and nothing refers to it.
    unsafe {
        let grown = mremap(start, PAGE, 2 * PAGE, MRemapFlags::MREMAP_MAYMOVE, None);
        check!("mremap", grown, Err(Errno::EFAULT));
        munmap(start, PAGE)?;
    }
    Ok(())
}

/// Parent and child see one page, and whoever is left keeps it.
fn a_child_has_it_too() -> io::Result<()> {
    mark!("a child has it too");
    let (device, other) = (open_device()?, open_device()?);
    let ring = Ring::map(&device)?;
    drop(device);
    let child = start(|| {
        raise(&other, 0x1)?;
        if ring.drain() == [1] { Ok(()) } else { Err(Errno::EIO) }
    })?;
    check!("the child", ended(child)?, Ok(()));
    check!("what it has read, nobody else reads", ring.next(), None);
    raise(&other, 0x1)?;
    check!("the parent", &ring.drain(), &[2]);
    Ok(())
}

fn dying_with_it() -> io::Result<()> {
    mark!("dying with it");
    let device = open_device()?;
    let mapped = || {
        let own = open_device()?;
        let ring = Ring::map(&own)?;
        drop(own);
        raise(&device, 0x1)?;
        Ok::<Ring, Errno>(ring)
    };
    check!("a child that exits", ended(start(|| mapped().map(drop))?)?, Ok(()));
    check!("a child that is killed", killed_after(mapped), Ok(()));
    raise(&device, 0x1)?;
    Ok(())
}

fn nonsense_in_the_page() -> io::Result<()> {
    mark!("nonsense in the page");
    let (device, other) = (open_device()?, open_device()?);
    let (ring, others) = (Ring::map(&device)?, Ring::map(&other)?);
    // A tail ahead of the head, far behind it, and just behind what there is room for.
    for tail in [FIRST + 1, FIRST - 100, FIRST ^ 0x8000_0000, FIRST - RECORDS] {
        ring.tail.store(tail, Relaxed);
        ring.lost.store(u32::MAX, Relaxed);
        ring.asleep.store(u32::MAX, Relaxed); // without a bell
        raise(&device, 0x1)?;
        check!("lost, from the program's own number on", ring.lost.load(Relaxed), 0);
        check!("head", ring.head.load(Relaxed), FIRST);
    }
    check!("the other file's", &others.drain(), &[1, 2, 3, 4]);
    ring.tail.store(FIRST, Relaxed);
    raise(&device, 0x1)?;
    check!("records", &ring.drain(), &[5]);
    Ok(())
}
