//! Being asked to end: by Ctrl-C, by `kill`, by a terminal that is gone.
//!
//! The keepers of all programs hear of it at once, so that whoever waits for one
//! has waited. What is left to do for the lab is to tidy up, within a deadline. A
//! second signal ends it without that.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::low_level;

/// How long the lab may tidy up, ms.
const TIDYING_MS: u16 = 1_500;

/// A socket whose reading end is readable, for good, when the lab is asked to end.
static SOCKET: OnceLock<(UnixStream, UnixStream)> = OnceLock::new();

/// The first signal that asked for it; 0 for none.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// Whether Ctrl-C is for a program that has the terminal.
static CTRL_C_IS_ANOTHERS: AtomicBool = AtomicBool::new(false);

/// Begins to listen for SIGINT, SIGTERM and SIGHUP. Programs that run are ended
/// then, and waiting for them is an error.
///
/// Call it before the first of them is started; later calls do nothing.
pub fn listen() -> io::Result<()> {
    if SOCKET.get().is_some() {
        return Ok(());
    }
    let pair = UnixStream::pair()?;
    pair.1.set_nonblocking(true)?;
    if SOCKET.set(pair).is_err() {
        // Another thread was quicker.
        return Ok(());
    }
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // SAFETY: what it does is safe in a signal handler: atomics, write(2), and
        // what signal-hook says is.
        unsafe { low_level::register(signal, move || on(signal)) }?;
    }
    std::thread::Builder::new().name("deadline".to_owned()).spawn(end_in_time)?;
    Ok(())
}

fn on(signal: i32) {
    if signal == SIGINT && CTRL_C_IS_ANOTHERS.load(Ordering::Relaxed) {
        return;
    }
    if SIGNAL.swap(signal, Ordering::Relaxed) != 0 {
        end_by(signal);
    }
    if let Some((_, writer)) = SOCKET.get() {
        // It holds one byte, whatever else fails.
        let _ = nix::unistd::write(writer.as_fd(), &[0]);
    }
}

fn end_in_time() {
    let mut asked = [PollFd::new(descriptor(), PollFlags::POLLIN)];
    while poll(&mut asked, PollTimeout::NONE).is_err() {}
    let mut nothing: [PollFd<'_>; 0] = [];
    while poll(&mut nothing, PollTimeout::from(TIDYING_MS)) == Err(Errno::EINTR) {}
    end_by(SIGNAL.load(Ordering::Relaxed));
}

/// Ends this process by a signal, as if nothing had listened: what started it is to
/// see that it was interrupted, and to end, too, if it is a loop of a shell.
pub fn end_by(signal: i32) -> ! {
    let _ = low_level::emulate_default_handler(signal);
    low_level::exit(128 + signal)
}

/// The signal by which the lab was asked to end, if it was.
pub fn signal() -> Option<i32> {
    Some(SIGNAL.load(Ordering::Relaxed)).filter(|&signal| signal != 0)
}

/// An error if the lab was asked to end.
pub fn check() -> io::Result<()> {
    // `Interrupted` would make readers try again.
    if signal().is_some() { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
}

/// A descriptor that is readable once the lab was asked to end.
///
/// # Panics
/// If [`listen`] was not called.
pub fn descriptor() -> BorrowedFd<'static> {
    SOCKET.get().expect("interrupt::listen was called").0.as_fd()
}

/// The same for a keeper, whether or not anybody listens.
pub(crate) fn number() -> Option<RawFd> {
    SOCKET.get().map(|(reader, _)| reader.as_raw_fd())
}

/// Leaves Ctrl-C to a program that has the terminal, until this is dropped.
pub struct CtrlCLeft(());

impl CtrlCLeft {
    /// For a program that is about to be started.
    pub fn to_program() -> CtrlCLeft {
        CTRL_C_IS_ANOTHERS.store(true, Ordering::Relaxed);
        CtrlCLeft(())
    }
}

impl Drop for CtrlCLeft {
    fn drop(&mut self) {
        CTRL_C_IS_ANOTHERS.store(false, Ordering::Relaxed);
    }
}

/// Makes a write beyond `ulimit -f` an error (EFBIG) instead of this process's end.
/// A handler that does nothing, unlike an ignored signal, is no other program's
/// affair (signal(7)).
pub fn outlive_file_limit() -> io::Result<()> {
    // SAFETY: it does nothing.
    unsafe { low_level::register(SIGXFSZ, || ()) }.map(drop)
}
