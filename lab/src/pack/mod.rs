//! A pack: one archive with all that a class needs, for hosts that have QEMU and build no
//! kernel.
//!
//! ```text
//! upcall              the command line
//! pack.json           what made it: see `builder::pack`
//! SHA256SUMS          the hash of every other file; `sha256sum -c` knows the format
//! Cargo.toml, …       the course: lessons, modules' sources, documents, vendored crates
//! cache/KIND/KEY/…    what commands look up in the cache, built
//! ```
//!
//! The archive is a gzipped tar. Its first file is the program, which unpacks the rest. The
//! same parts give the same bytes.

mod contents;
mod here;
mod make;
mod program;
mod tree;
mod unpack;

use std::path::PathBuf;

use explain::{ExitStatus, Explain};
use process::Output;

pub use here::differences;
pub use make::{Made, make};
pub use tree::VENDOR;
pub use unpack::{Unpacked, unpack};

/// The files that come first, in this order.
const PROGRAM: &str = "upcall";
const ABOUT: &str = host::PACK;
const SUMS: &str = "SHA256SUMS";
const FIRST: [&str; 3] = [PROGRAM, ABOUT, SUMS];

/// The time of every file, in seconds since 1970: the beginning of 2026. The manifests of
/// the cache name it, so no file needs to be read to see that it is whole.
const TIME: u64 = 1_767_225_600;

/// Why a pack was not made or not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("`{}` is no pack of the lab: {reason}", file.display())]
    NoPack { file: PathBuf, reason: String },
    #[error("`{}` is damaged: {reason}", file.display())]
    Damaged { file: PathBuf, reason: String },
    #[error("`{}` exists", folder.display())]
    Exists { folder: PathBuf },
    #[error("failed to pack `{course}`, which is another course than the lab's", course = course.display())]
    OtherCourse { course: PathBuf },
    #[error("failed to pack `{name}`, which is damaged in the cache")]
    Entry { name: String },
    #[error("failed to {what}")]
    Cargo {
        what: &'static str,
        /// Cargo's output.
        output: String,
    },
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

impl Explain for PackError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            PackError::Exists { .. } | PackError::OtherCourse { .. } => ExitStatus::Usage,
            _ => ExitStatus::Build,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            PackError::NoPack { .. } => {
                Some("`upcall pack FILE` makes one; nothing was unpacked".to_owned())
            }
            PackError::Damaged { .. } => Some("get it again; nothing was unpacked".to_owned()),
            PackError::Exists { .. } => {
                Some("name a folder that does not exist yet: upcall unpack FILE FOLDER".to_owned())
            }
            PackError::Entry { .. } => {
                Some("`cargo xtask clean` removes the cache, which is built again".to_owned())
            }
            PackError::OtherCourse { .. } | PackError::Cargo { .. } => None,
            PackError::File(error) => (error.kind() == std::io::ErrorKind::StorageFull)
                .then(|| "a pack takes some 400 MB, unpacked: free some space".to_owned()),
        }
    }

    fn details(&self) -> Option<&str> {
        match self {
            PackError::Cargo { output, .. } => Some(output),
            _ => None,
        }
    }
}

/// Whether Cargo has done what it was started for, from its output.
fn done_by_cargo(what: &'static str, output: &Output) -> Result<(), PackError> {
    match output.ended.status.success() {
        true => Ok(()),
        false => {
            let output = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(PackError::Cargo { what, output })
        }
    }
}
