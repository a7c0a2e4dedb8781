//! What the program writes, on its way to the host.

use std::fs::File;
use std::io::{ErrorKind, Read};

use protocol::session::{FRAME_MAX, Frame};

use crate::port::Port;

/// Sends what a stream has for now, and forgets the stream at its end.
pub fn forward(
    stream: &mut Option<File>,
    port: &mut Port,
    frame: fn(Vec<u8>) -> Frame,
) -> Result<(), String> {
    let Some(file) = stream else { return Ok(()) };
    let mut buffer = vec![0; FRAME_MAX];
    match file.read(&mut buffer) {
        Ok(0) => *stream = None,
        Ok(n) => {
            buffer.truncate(n);
            port.send(&frame(buffer))?;
        }
        Err(e) if e.kind() == ErrorKind::WouldBlock => {}
        // A terminal reports this when no process has it open any more.
        Err(e) if e.raw_os_error() == Some(nix::libc::EIO) => *stream = None,
        Err(e) => return Err(format!("failed to read the program's output: {e}")),
    }
    Ok(())
}
