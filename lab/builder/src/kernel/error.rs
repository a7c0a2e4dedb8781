//! Errors on the way to a kernel.

use std::fmt;
use std::path::PathBuf;
use std::process;

use explain::{ExitStatus, Explain};

use super::pinned::PINNED;
use crate::cache::CacheError;

/// Why there is no kernel.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("failed to use `{}` as kernel source: {reason}", path.display())]
    NotSource { path: PathBuf, reason: String },
    #[error("failed to check `{}`: there is no checksum `{}`", path.display(), sums.display())]
    NoChecksum { path: PathBuf, sums: PathBuf },
    #[error(
        "failed to check `{}`: its sha256 is {found} and should be {expected}",
        path.display()
    )]
    WrongChecksum { path: PathBuf, expected: String, found: String },
    #[error("failed to unpack `{}`: {reason}", path.display())]
    Unpack { path: PathBuf, reason: String },
    #[error("failed to get a kernel source: {}", reasons.join("; "))]
    NoSource { reasons: Vec<String> },
    #[error("failed to read `{}`: line {line} is neither a symbol nor a comment", path.display())]
    Fragment { path: PathBuf, line: usize },
    #[error("failed to configure the kernel: {}", list(unmet))]
    Config {
        unmet: Vec<Unmet>,
        /// Lines of the kernel's Kconfig files that may give the reason.
        depends: Vec<String>,
    },
    #[error("failed to build the kernel: `make {target}` ended with {status}, see `{}`", log.display())]
    Make {
        target: String,
        status: process::ExitStatus,
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    #[error("failed to strip `{}`: strip ended with {status}", path.display())]
    Strip { path: PathBuf, status: process::ExitStatus },
    #[error(
        "failed to build a kernel in `{}`: make cannot handle the `{}` in it",
        path.display(),
        character.escape_default()
    )]
    Unfit { path: PathBuf, character: char },
    #[error("this pack has no such kernel, and a pack builds none")]
    NotPacked,
    #[error("failed to find the compiler `{program}` on the PATH")]
    NoCompiler { program: String },
    #[error("failed to start `{program}`: {source}")]
    Start { program: String, source: std::io::Error },
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

/// A symbol that does not have the requested value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The symbol with its prefix, such as `CONFIG_PCI`.
    pub symbol: String,
    /// The requested value, `n` for not set.
    pub wanted: String,
    /// The actual value, `n` for not set.
    pub found: String,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unmet { symbol, wanted, found } = self;
        let found = if found == "n" { "not set" } else { found };
        write!(f, "{symbol} was asked for as {wanted}, but is {found} after olddefconfig")
    }
}

fn list(unmet: &[Unmet]) -> String {
    unmet.iter().map(Unmet::to_string).collect::<Vec<_>>().join("; ")
}

impl Explain for KernelError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            KernelError::NoCompiler { .. } | KernelError::NotPacked => ExitStatus::Unavailable,
            _ => ExitStatus::Build,
        }
    }

    fn hint(&self) -> Option<String> {
        const FULL: &str = "No space left on device";
        let space = || {
            "a kernel needs 2 GB while it is built: free some space, or set XDG_CACHE_HOME to a \
             folder on another disk"
                .to_owned()
        };
        match self {
            KernelError::Cache(e) => e.hint(),
            KernelError::NotSource { .. } => {
                Some("give the folder that holds the kernel's `Makefile`, or its archive".into())
            }
            KernelError::NoChecksum { path, sums } => Some(format!(
                "if you trust the file: cd `{}` && sha256sum {} > {}",
                path.parent().unwrap_or(path).display(),
                path.file_name().unwrap_or_default().display(),
                sums.file_name().unwrap_or_default().display()
            )),
            KernelError::WrongChecksum { .. } => {
                Some("the file is damaged, cut off or the wrong one: get it again".into())
            }
            KernelError::Unpack { reason, .. } if reason.contains(FULL) => Some(space()),
            KernelError::Make { tail, .. } if tail.contains(FULL) => Some(space()),
            KernelError::File(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                Some(space())
            }
            KernelError::Unpack { .. } => {
                Some("the file is damaged or cut off: get it again".into())
            }
            KernelError::Unfit { .. } => Some(
                "use a folder whose path has letters, digits and `/._-+,@=~` alone; for the \
                 cache: XDG_CACHE_HOME=/FOLDER"
                    .into(),
            ),
            KernelError::NotPacked => Some(
                "a checkout of the lab builds every kernel; here, --kernel-source PATH does on a \
                 host that has what `cargo xtask doctor` lists"
                    .into(),
            ),
            KernelError::NoCompiler { .. } => {
                Some("install it, or name another one with --cc".into())
            }
            KernelError::NoSource { .. } => {
                let urls: Vec<&str> = PINNED.iter().flat_map(|p| p.urls).copied().collect();
                Some(format!(
                    "get one of these elsewhere and give its path with --kernel-source, or the \
                     folder of any Linux 6.12: {}",
                    urls.join(" ")
                ))
            }
            KernelError::Config { depends, .. } if !depends.is_empty() => {
                Some(format!("see Kconfig: {}", depends.join("; ")))
            }
            KernelError::Config { .. } => {
                Some("this kernel does not know the symbol: check its name".into())
            }
            KernelError::Make { tail, .. } if tail.contains("source tree is not clean") => {
                Some("run `make mrproper` in the source folder".into())
            }
            _ => None,
        }
    }

    /// The end of the build's log.
    fn details(&self) -> Option<&str> {
        match self {
            KernelError::Make { tail, .. } => Some(tail),
            _ => None,
        }
    }
}
