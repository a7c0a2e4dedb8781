//! What an error says besides its message. Every crate of the lab has its own errors; the
//! command line needs to know only this trait. The crate also makes strangers' text, in
//! errors and elsewhere, safe to show.

mod visible;

use std::error::Error;

pub use visible::{marked, quoted, visible, visible_lines};

/// An error that explains itself to the person who called a command.
pub trait Explain: Error + Send + Sync + 'static {
    /// The exit status that stands for this error.
    fn exit_status(&self) -> ExitStatus;

    /// What a person can do about it.
    fn hint(&self) -> Option<String> {
        None
    }

    /// Text that belongs under the message: a compiler's output, the end of a
    /// log.
    fn details(&self) -> Option<&str> {
        None
    }
}

/// A file error. `fs_err` adds the file's name to it.
impl Explain for std::io::Error {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Build
    }
}

/// The exit status of every command (design: command line).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    Success = 0,
    /// A lesson, an exercise or a test failed.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// Something could not be built.
    Build = 3,
    /// The machine failed; there is no verdict.
    Vm = 4,
    /// The host lacks something (EX_UNAVAILABLE of sysexits.h).
    Unavailable = 69,
}
