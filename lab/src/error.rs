//! Any error of the lab.
//!
//! Each part of the lab has its own errors, which [explain](Explain) themselves. This
//! module knows none of them.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::path::PathBuf;

use explain::{ExitStatus, Explain};

/// An error of any part of the lab.
#[derive(Debug)]
pub struct Error(Box<dyn Explain>);

impl Error {
    /// Makes an error about a failed operation on a file. `verb` is the operation, such
    /// as `read`.
    pub fn file(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| FileError { verb, path, source }.into()
    }

    /// The error itself as a standard error.
    pub fn as_std(&self) -> &(dyn std::error::Error + 'static) {
        &*self.0
    }

    /// The error itself, if it is of this type.
    pub fn downcast_ref<E: Explain>(&self) -> Option<&E> {
        self.as_std().downcast_ref()
    }
}

impl<E: Explain> From<E> for Error {
    fn from(error: E) -> Error {
        Error(Box::new(error))
    }
}

impl Deref for Error {
    type Target = dyn Explain;

    fn deref(&self) -> &dyn Explain {
        &*self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An operation on a file failed.
#[derive(Debug, thiserror::Error)]
#[error("failed to {verb} `{}`: {source}", path.display())]
struct FileError {
    verb: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl Explain for FileError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Build
    }
}
