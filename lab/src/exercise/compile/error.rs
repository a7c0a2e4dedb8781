//! Why something could not be compiled.

use std::path::PathBuf;

use builder::cache::CacheError;
use builder::guest::kmods::KmodError;
use builder::guest::programs::ProgramError;
use builder::host::toolchain::ToolchainError;
use builder::sandbox::{self, SandboxError};
use explain::{ExitStatus, Explain};
use host::HostError;

/// Why a submission, or something that it needs, could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    #[error(transparent)]
    Kmod(#[from] KmodError),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error("`{}` does not compile", file.display())]
    Compile {
        file: PathBuf,
        /// The compiler's output, with the student's path.
        output: String,
    },
    #[error("the exercise's own `{}` does not compile", folder.display())]
    Harness {
        folder: PathBuf,
        /// The compiler's output.
        output: String,
    },
    #[error(
        "compiling `{}` takes more than a compiler gets: {} s, {} MiB of memory, files of {} MiB",
        file.display(), sandbox::CPU_S, sandbox::ADDRESS_SPACE >> 20, sandbox::FILE_SIZE >> 20
    )]
    Excess { file: PathBuf },
    #[error("failed to compile `{}`, which need not be its fault: {reason}", file.display())]
    Unexplained {
        file: PathBuf,
        reason: String,
        /// The compiler's output.
        output: String,
    },
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("failed to understand what cargo built: {0}")]
    Cargo(String),
}

impl Explain for CompileError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            CompileError::Sandbox(SandboxError::Unsupported) => ExitStatus::Unavailable,
            CompileError::Host(error) => error.exit_status(),
            CompileError::Kmod(error) => error.exit_status(),
            _ => ExitStatus::Build,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            CompileError::Sandbox(SandboxError::Unsupported) => Some(
                "Landlock wants Linux 5.13 or newer and `landlock` among its security modules; \
                 without it a stranger's file is not compiled"
                    .to_owned(),
            ),
            CompileError::Host(error) => error.hint(),
            CompileError::Kmod(error) => error.hint(),
            _ => None,
        }
    }

    /// The compiler's output, if the compiler failed.
    fn details(&self) -> Option<&str> {
        match self {
            CompileError::Compile { output, .. }
            | CompileError::Unexplained { output, .. }
            | CompileError::Harness { output, .. }
            | CompileError::Program(ProgramError::Compile { output, .. })
            | CompileError::Kmod(KmodError::Compile { output, .. }) => Some(output),
            _ => None,
        }
    }
}
