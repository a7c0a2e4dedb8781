//! A private mapping would be a copy from the first write on, to `tail`, and would hear
//! no more. `lab_mapped_ring_mmap` refuses it, and whatever is not exactly the page.

use std::io;
use std::num::NonZeroUsize;

use mapped_ring::open_device;
use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap};

pub fn run() -> io::Result<()> {
    let device = open_device()?;
    scene!("10. a private mapping, and two pages: refused");
    for (what, pages, flags) in
        [("a private mapping", 1, MapFlags::MAP_PRIVATE), ("two pages", 2, MapFlags::MAP_SHARED)]
    {
        let len = NonZeroUsize::new(pages * 4096).ok_or(Errno::EINVAL)?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: it is refused; else a new mapping, which nothing refers to.
        let error = unsafe { mmap(None, len, access, flags, &device, 0) }.expect_err(what);
        check!(what, error, Errno::EINVAL);
        println!("10. {what} fails: {error}");
    }
    Ok(())
}
