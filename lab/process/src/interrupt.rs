//! Requests to end: Ctrl-C, `kill`, or a terminal that is gone.
//!
//! The keepers of all programs see the request at once and end them, so nothing in the
//! lab waits for a program any longer. The lab then has a limited time to tidy up. A
//! second signal ends it without tidying.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::low_level;

/// How long the lab may spend on tidying up, ms.
const TIDYING_MS: u16 = 1_500;

/// A socket pair. Its reading end becomes readable, and stays so, when the lab is asked
/// to end.
static SOCKET: OnceLock<(UnixStream, UnixStream)> = OnceLock::new();

/// The first signal that asked the lab to end, or 0.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// Whether Ctrl-C is meant for a program that has the terminal.
static CTRL_C_IS_ANOTHERS: AtomicBool = AtomicBool::new(false);

/// Starts listening for SIGINT, SIGTERM and SIGHUP. After such a signal, running
/// programs are ended and waiting for one is an error.
///
/// Call this before the first program starts. Later calls do nothing.
pub fn listen() -> io::Result<()> {
    if SOCKET.get().is_some() {
        return Ok(());
    }
    let pair = UnixStream::pair()?;
    pair.1.set_nonblocking(true)?;
    if SOCKET.set(pair).is_err() {
        // Another thread was faster.
        return Ok(());
    }
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // SAFETY: the handler uses only atomics, write(2) and what signal-hook declares
        // safe in a signal handler.
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
        // The socket has room for one byte, so this write does not fail for lack of
        // space.
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

/// Ends this process by a signal, as if nothing had listened. The parent then sees that
/// it was interrupted, so a shell's loop ends too.
pub fn end_by(signal: i32) -> ! {
    let _ = low_level::emulate_default_handler(signal);
    low_level::exit(128 + signal)
}

/// A stream that gets a byte each time this process goes on after it was stopped, as by
/// Ctrl-Z and `fg`.
pub fn resumed() -> io::Result<UnixStream> {
    let (reader, writer) = UnixStream::pair()?;
    low_level::pipe::register(SIGCONT, writer)?;
    Ok(reader)
}

/// The signal that asked the lab to end, if there was one.
pub fn signal() -> Option<i32> {
    Some(SIGNAL.load(Ordering::Relaxed)).filter(|&signal| signal != 0)
}

/// Fails if the lab was asked to end.
pub fn check() -> io::Result<()> {
    // `Interrupted` would make readers try again.
    if signal().is_some() { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
}

/// A descriptor that becomes readable when the lab is asked to end.
///
/// # Panics
/// If [`listen`] was not called.
pub fn descriptor() -> BorrowedFd<'static> {
    SOCKET.get().expect("interrupt::listen was called").0.as_fd()
}

/// Like `descriptor`, for a keeper. `None` if nothing listens.
pub(crate) fn number() -> Option<RawFd> {
    SOCKET.get().map(|(reader, _)| reader.as_raw_fd())
}

/// While this lives, Ctrl-C is left to a program that has the terminal.
pub struct CtrlCLeft(());

impl CtrlCLeft {
    /// Call this just before the program is started.
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

/// Makes a write beyond `ulimit -f` fail with EFBIG instead of ending this process. A
/// handler that does nothing is used because an ignored signal would stay ignored in
/// programs that we start (signal(7)).
pub fn outlive_file_limit() -> io::Result<()> {
    // SAFETY: the handler does nothing.
    unsafe { low_level::register(SIGXFSZ, || ()) }.map(drop)
}
