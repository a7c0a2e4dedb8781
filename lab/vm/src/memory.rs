//! Anonymous memory shared with QEMU. It never touches a disk, and nothing is left behind
//! however the lab ends.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{Whence, lseek};

/// A file that exists only in memory.
#[derive(Debug)]
pub struct Memory(File);

impl Memory {
    /// Makes a file of `len` zero bytes. `name` shows only in `/proc/PID/fd`.
    pub fn new(name: &str, len: u64) -> io::Result<Memory> {
        let file = File::from(memfd_create(name, MFdFlags::MFD_CLOEXEC)?);
        file.set_len(len)?;
        Ok(Memory(file))
    }

    /// Writes at the start of the file.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.rewind()?;
        self.0.write_all(bytes)
    }

    /// Reads everything before the first page that nothing has touched. Fails with ENXIO
    /// if the memory is empty.
    pub fn read_written(&self) -> io::Result<Vec<u8>> {
        // The end of a file counts as a hole, so there is always one.
        let len = lseek(&self.0, 0, Whence::SeekHole)?;
        let mut bytes = vec![0; len as usize];
        self.0.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// Fills `bytes` with the content at `start`. Fails if the file ends before that.
    pub fn read_at(&self, start: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(bytes, start)
    }

    /// Reads everything after the first `start` bytes.
    pub fn read_from(&self, start: u64) -> io::Result<Vec<u8>> {
        let len = self.0.metadata()?.len().saturating_sub(start);
        let mut bytes = vec![0; len as usize];
        self.read_at(start, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads everything.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_touched_is_not_read() {
        const PAGE: usize = 4096;
        let mut memory = Memory::new("test", 32 << 20).unwrap();
        assert_eq!(memory.read_written().unwrap(), b"");
        memory.write(&[0; PAGE + 1]).unwrap();
        assert_eq!(memory.read_written().unwrap(), [0; 2 * PAGE]);
        memory.write(&vec![1; 32 << 20]).unwrap();
        assert_eq!(memory.read_written().unwrap(), vec![1; 32 << 20]);
    }
}
