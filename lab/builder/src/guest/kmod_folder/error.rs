//! Why a folder gives no module, and what a person can do.

use std::path::PathBuf;

use explain::{ExitStatus, Explain};

use super::Trust;
use crate::cache::CacheError;
use crate::sandbox::SandboxError;

/// Why a folder gives no module.
#[derive(Debug, thiserror::Error)]
pub enum KmodFolderError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("failed to read `{}`: {source}", folder.display())]
    Read { folder: PathBuf, source: std::io::Error },
    #[error("failed to build `{}`: it has neither a Kbuild nor a Makefile", folder.display())]
    NoKbuild { folder: PathBuf },
    #[error("failed to build `{}`: it is too large for a module, with what it names beside it", folder.display())]
    TooLarge { folder: PathBuf },
    #[error("failed to build the module `{}`", folder.display())]
    Compile {
        folder: PathBuf,
        /// The whole output of make and the compiler.
        output: String,
        trust: Trust,
    },
    #[error("failed to find a module in `{}`: neither the kernel's build nor make alone builds one there", folder.display())]
    NoModule {
        folder: PathBuf,
        /// The output of `make` alone.
        output: String,
        trust: Trust,
    },
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error("failed to run make: {0}")]
    Make(#[source] std::io::Error),
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

impl Explain for KmodFolderError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            KmodFolderError::Read { .. }
            | KmodFolderError::NoKbuild { .. }
            | KmodFolderError::TooLarge { .. } => ExitStatus::Usage,
            KmodFolderError::Sandbox(SandboxError::Unsupported) => ExitStatus::Unavailable,
            _ => ExitStatus::Build,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            KmodFolderError::Compile { output, trust: Trust::Sandboxed, .. }
            | KmodFolderError::NoModule { output, trust: Trust::Sandboxed, .. }
                if NOT_ALLOWED.iter().any(|words| output.contains(words)) =>
            {
                Some(
                    "the Makefile runs in a sandbox: it reads its folder, the source files that \
                     it names beside it by paths with `..`, and the kernel; it has no network and \
                     no environment. With --trust it does what you may do"
                        .to_owned(),
                )
            }
            KmodFolderError::NoModule { .. } => Some(
                "a Kbuild or Makefile names a module by `obj-m := NAME.o`; obj-y is for what is \
                 built into a kernel"
                    .to_owned(),
            ),
            KmodFolderError::TooLarge { .. } => Some(
                "name the folder of the module itself; with --trust, what is beside it is not \
                 copied"
                    .to_owned(),
            ),
            KmodFolderError::Sandbox(SandboxError::Unsupported) => Some(
                "Landlock wants Linux 5.13 or newer and `landlock` among its security modules; \
                 with --trust a Makefile runs without it, and does what you may do"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    fn details(&self) -> Option<&str> {
        match self {
            KmodFolderError::Compile { output, .. } | KmodFolderError::NoModule { output, .. } => {
                Some(output)
            }
            _ => None,
        }
    }
}

/// Messages of programs that a sandbox has refused something.
const NOT_ALLOWED: &[&str] = &[
    "Permission denied",
    "Operation not permitted",
    "No such file or directory",
    "did not end within",
];
