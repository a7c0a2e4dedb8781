//! A mapping may be longer than its file. Up to the end of the file's last page there
//! are zeros. Past it the file system has no page to give: `filemap_fault`
//! (mm/filemap.c), and for memory files `shmem_fault` (mm/shmem.c), says VM_FAULT_SIGBUS.

use std::num::NonZeroUsize;
use std::os::fd::OwnedFd;

use marker::{check, mark, scene};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap};
use nix::sys::signal::Signal;
use nix::unistd::ftruncate;

use crate::mapping::{PAGE, PLACE, load};
use crate::report::caught;

pub fn run() -> nix::Result<()> {
    scene!("3. a child reads past the end of a file of 100 bytes");
    let file = memfd_create("short", MFdFlags::MFD_CLOEXEC)?;
    ftruncate(&file, 100)?;
    let second_page = PLACE.get() + PAGE.get();
    let report = caught(|| {
        map_two_pages(&file)?;
        check!("byte 200", load(PLACE.get() + 200), 0);
        mark!("3. byte 200 is 0; it reads byte 4096");
        load(second_page);
        Ok(())
    })?;
    check!("signal", report.signal, Signal::SIGBUS);
    check!("si_code", report.code, "BUS_ADRERR");
    check!("si_addr", report.address, second_page);
    println!("3. a file of 100 bytes is mapped: its byte 200 is 0;");
    println!("   its byte 4096: SIGBUS, BUS_ADRERR, si_addr {:#x}", report.address);
    Ok(())
}

fn map_two_pages(file: &OwnedFd) -> nix::Result<()> {
    const TWO_PAGES: NonZeroUsize = NonZeroUsize::new(2 * PAGE.get()).unwrap();
    let flags = MapFlags::MAP_SHARED | MapFlags::MAP_FIXED_NOREPLACE;
    // SAFETY: a new mapping, which replaces none.
    unsafe { mmap(Some(PLACE), TWO_PAGES, ProtFlags::PROT_READ, flags, file, 0) }.map(drop)
}
