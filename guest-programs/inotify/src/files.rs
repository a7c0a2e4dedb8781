//! What children do to files.

use std::os::fd::OwnedFd;

use marker::check;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{close, write};

/// Makes an empty file: IN_CREATE, IN_OPEN and IN_CLOSE_WRITE.
pub fn create(path: &str) -> nix::Result<()> {
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
    close(open(path, flags, Mode::from_bits_retain(0o644))?)
}

pub fn write_a_byte(file: &OwnedFd) -> nix::Result<()> {
    check!("write", write(file, b"x")?, 1);
    Ok(())
}

/// Writes to a file's first byte by storing to memory.
pub fn write_through_memory(file: &OwnedFd, byte: u8) -> nix::Result<()> {
    use nix::sys::mman::{MapFlags, MsFlags, ProtFlags, mmap, msync, munmap};
    let length = std::num::NonZeroUsize::MIN;
    // SAFETY: the mapping is a new one, is written inside the file's only page
    // and is gone when this function returns.
    unsafe {
        let page = mmap(None, length, ProtFlags::PROT_WRITE, MapFlags::MAP_SHARED, file, 0)?;
        page.cast::<u8>().write(byte);
        msync(page, length.get(), MsFlags::MS_SYNC)?;
        munmap(page, length.get())
    }
}
