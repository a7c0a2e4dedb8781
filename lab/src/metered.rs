//! Reads what strangers compressed, up to a limit.

use std::io::{self, Read};

/// Reads until more than `bytes` have been read in all.
pub struct Metered<R> {
    pub inner: R,
    /// How many bytes may still be read.
    pub left: u64,
    pub bytes: u64,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(part)?;
        match self.left.checked_sub(len as u64) {
            Some(left) => {
                self.left = left;
                Ok(len)
            }
            None => {
                let most = self.bytes >> 20;
                Err(io::Error::other(format!("it unpacks to more than {most} MiB")))
            }
        }
    }
}
