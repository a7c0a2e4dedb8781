//! Ctrl-C: machines are ended in order, not left behind.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// The reading end of a socket that becomes readable, for good, when the lab
/// is asked to end.
static ASKED_TO_END: OnceLock<UnixStream> = OnceLock::new();

/// Begins to listen for SIGINT, SIGTERM and SIGHUP. Waiting for a machine
/// then ends with an error instead of with the whole process.
///
/// Call it before the first machine starts; later calls do nothing.
pub fn listen() -> io::Result<()> {
    if ASKED_TO_END.get().is_some() {
        return Ok(());
    }
    let (reader, writer) = UnixStream::pair()?;
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
    }
    // Two threads may race to here; the loser's pair is registered as well,
    // which is harmless: nobody reads it.
    let _ = ASKED_TO_END.set(reader);
    Ok(())
}

/// A descriptor that is readable once the lab was asked to end.
///
/// # Panics
/// If [`listen`] was not called.
pub fn descriptor() -> BorrowedFd<'static> {
    ASKED_TO_END.get().expect("interrupt::listen was called").as_fd()
}
