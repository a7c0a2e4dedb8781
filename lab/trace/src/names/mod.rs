//! Turns numbers in the kernel's trace into the names that people know.

mod access;
mod arguments;
mod errno;
mod flags;
mod si_code;
mod signal;
mod syscall;

pub use access::access;
pub use arguments::arguments;
pub(crate) use errno::is_errno;
pub use errno::{errno, return_value};
pub(crate) use si_code::is_si_code;
pub use si_code::si_code;
pub use signal::{DefaultAction, default_action, signal, signal_number};
pub use syscall::{syscall, syscall_number};

/// The outcome of sending a signal: `result` of `signal_generate`, from `TRACE_SIGNAL_*`
/// in include/trace/events/signal.h.
pub const RESULTS: [&str; 5] =
    ["delivered", "ignored", "already-pending", "overflow-fail", "lose-info"];

/// The name of a `result`. `None` for a value that Linux 6.12 does not have.
pub fn result(number: i64) -> Option<&'static str> {
    RESULTS.get(usize::try_from(number).ok()?).copied()
}
