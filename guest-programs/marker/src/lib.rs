//! What every lesson's program does besides its subject: [`mark!`] its own
//! steps in the kernel's trace, between the kernel's events and on the same
//! clock, and [`check!`] the values it shows.
//!
//! ```ignore
//! scene!("5. three children exit");
//! mark!("forks three children");
//! mark!("handler: si_pid {} si_status {}", Pid::from_raw(pid), status);
//! check!("si_pid", info.pid, child);
//! ```
//!
//! A mark is data: where it stands in the source, its format, and its values
//! with their types ([`Arg`]). So the host knows which number is a task and which
//! is a count; see [`encoding`] for how a mark is written.
//!
//! A mark is one write(2) to `/sys/kernel/tracing/trace_marker`, formatted on
//! the stack: it takes no lock and allocates nothing, so it may be used in a
//! signal handler (signal-safety(7)).

pub mod encoding;

mod arg;

use std::fmt;
use std::os::fd::{BorrowedFd, IntoRawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

pub use arg::{Arg, Measured};
use encoding::Use;

/// Where a write becomes an event of the trace.
const TRACE_MARKER: &str = "/sys/kernel/tracing/trace_marker";

/// The longest mark, bytes, with its format and values; a longer one is cut.
pub const MAX_LEN: usize = 400;

/// The opened `trace_marker`; -1 before [`open_trace`].
static TRACE: AtomicI32 = AtomicI32::new(-1);

/// Opens the trace. Marks written before that are dropped. If this program may not
/// open the trace, as outside the lab, all marks are.
///
/// Call it once, at the start of `main`: a call in a signal handler that
/// interrupts another call would leave a descriptor behind.
pub fn open_trace() {
    if let Ok(fd) = open(TRACE_MARKER, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty()) {
        TRACE.store(fd.into_raw_fd(), Ordering::Relaxed);
    }
}

/// Writes one mark. Use [`mark!`] or [`scene!`].
pub fn write(is: Use, file: &str, line: u32, format: &str, args: &[Arg<'_>]) {
    let fd = TRACE.load(Ordering::Relaxed);
    if fd < 0 {
        return;
    }
    let mut mark = Line { bytes: [0; MAX_LEN], len: 0 };
    // The only error is that the mark is too long. It is cut, so there is nothing to do.
    let _ = encoding::write(&mut mark, is, file, line, format, args);
    // SAFETY: the descriptor was opened by `open_trace` and is never closed.
    let trace = unsafe { BorrowedFd::borrow_raw(fd) };
    // A mark that the kernel refuses shows as a missing line in the timeline,
    // which the lesson's story and expectations notice.
    let _ = nix::unistd::write(trace, &mark.bytes[..mark.len]);
}

/// Writes a mark into the trace: a format, and a value for each `{}` in it, of
/// any type that an [`Arg`] is made from. No other placeholder is understood,
/// so that each value keeps its type.
#[macro_export]
macro_rules! mark {
    ($format:literal $(, $arg:expr)* $(,)?) => {{
        const { $crate::encoding::check($format, <[&str]>::len(&[$(stringify!($arg)),*])) };
        let is = $crate::encoding::Use::Step;
        $crate::write(is, file!(), line!(), $format, &[$($crate::Arg::from(&$arg)),*])
    }};
}

/// Begins a scene: writes a mark as [`mark!`] does, which also says that the scene
/// begins here that this file is named for.
#[macro_export]
macro_rules! scene {
    ($format:literal $(, $arg:expr)* $(,)?) => {{
        const { $crate::encoding::check($format, <[&str]>::len(&[$(stringify!($arg)),*])) };
        let is = $crate::encoding::Use::Scene;
        $crate::write(is, file!(), line!(), $format, &[$($crate::Arg::from(&$arg)),*])
    }};
}

/// Checks a value that a lesson shows: unless `got` equals `want`, says which
/// value was wrong and ends the program with status 1.
///
/// Not for signal handlers: it prints.
#[macro_export]
macro_rules! check {
    ($what:expr, $got:expr, $want:expr $(,)?) => {{
        let (got, want) = ($got, $want);
        if got != want {
            println!("wrong: {}: {got:?}, but {want:?} was expected", $what);
            std::process::exit(1);
        }
    }};
}

/// A line on the stack. Writing to it also maps its page in: the kernel reads
/// a mark where it may not sleep, and shows `<faulted>` for an absent page.
struct Line {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl fmt::Write for Line {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let room = &mut self.bytes[self.len..];
        let n = s.len().min(room.len());
        room[..n].copy_from_slice(&s.as_bytes()[..n]);
        self.len += n;
        if n == s.len() { Ok(()) } else { Err(fmt::Error) }
    }
}
