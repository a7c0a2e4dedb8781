//! Memory that is shared with the kernel.

use std::num::NonZeroUsize;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;

use nix::errno::Errno;
use nix::libc::{c_void, off_t};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

/// A part of an instance's memory, mapped.
pub struct Mapping {
    pub start: NonNull<c_void>,
    len: NonZeroUsize,
}

impl Mapping {
    pub fn new(ring: BorrowedFd, offset: off_t, len: usize) -> nix::Result<Mapping> {
        let len = NonZeroUsize::new(len).ok_or(Errno::EINVAL)?;
        let (prot, flags) = (ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_SHARED);
        // SAFETY: a new mapping, at an address of the kernel's choice.
        let start = unsafe { mmap(None, len, prot, flags | MapFlags::MAP_POPULATE, ring, offset)? };
        Ok(Mapping { start, len })
    }

    /// The 32-bit word at an offset that the kernel gave.
    pub fn word(&self, offset: u32) -> &AtomicU32 {
        // SAFETY: the kernel's offsets lie inside of the mapping and are
        // aligned; both sides access these words atomically.
        unsafe { AtomicU32::from_ptr(self.start.byte_add(offset as usize).cast().as_ptr()) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: nothing points into the mapping any more. It can only fail if
        // the arguments are wrong, which are those of the mmap.
        let _ = unsafe { munmap(self.start, self.len.get()) };
    }
}
