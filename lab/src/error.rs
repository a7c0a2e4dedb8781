//! Any error of the lab.
//!
//! Each part of the lab has errors of its own, which [explain](Explain)
//! themselves. Nothing here knows them.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::path::PathBuf;

use explain::{ExitStatus, Explain};

/// An error of any part of the lab.
#[derive(Debug)]
pub struct Error(Box<dyn Explain>);

impl Error {
    /// Makes an error of what could not be done to a file: `verb` is what was
    /// tried, such as `read`.
    pub fn file(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| FileError { verb, path, source }.into()
    }

    /// The error itself, as anybody's.
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

/// A file that something could not be done to.
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
