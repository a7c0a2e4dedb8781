//! Anonymous memory that is shared with QEMU: nothing touches a disk, and
//! nothing is left behind, however the lab ends.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::memfd::{MFdFlags, memfd_create};

/// A file that exists in memory only.
#[derive(Debug)]
pub struct Memory(File);

impl Memory {
    /// Makes one of `len` zero bytes; `name` shows in `/proc/PID/fd` only.
    pub fn new(name: &str, len: u64) -> io::Result<Memory> {
        let file = File::from(memfd_create(name, MFdFlags::MFD_CLOEXEC)?);
        file.set_len(len)?;
        Ok(Memory(file))
    }

    /// Writes at the start.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.rewind()?;
        self.0.write_all(bytes)
    }

    /// All of it.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&self.0).rewind()?;
        (&self.0).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl AsFd for Memory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
