//! Everything that can go wrong, sorted by the exit status that tells it.

use crate::bench::BenchError;
use crate::cache::CacheError;
use crate::classroom::WorkError;
use crate::course::CourseError;
use crate::exec::ExecutableError;
use crate::exercise::ExerciseError;
use crate::exercise::compile::CompileError;
use crate::exercise::submission::Refused;
use crate::grade::GradeError;
use crate::guest::kmods::KmodError;
use crate::guest::payload::PayloadError;
use crate::guest::programs::ProgramError;
use crate::host::HostError;
use crate::kernel::KernelError;
use crate::record::RecordError;
use crate::sandbox::SandboxError;
use crate::scaffold::ScaffoldError;
use crate::trace::TraceError;
use crate::vm::{VmError, last_lines};

/// An error of the lab.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Course(#[from] CourseError),
    #[error(transparent)]
    Exercise(#[from] ExerciseError),
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error(transparent)]
    Grade(#[from] GradeError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    Kernel(#[from] KernelError),
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Kmod(#[from] KmodError),
    #[error(transparent)]
    Payload(#[from] PayloadError),
    #[error(transparent)]
    Vm(#[from] VmError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Trace(#[from] TraceError),
    #[error(transparent)]
    Bench(#[from] BenchError),
    #[error(transparent)]
    Scaffold(#[from] ScaffoldError),
    #[error("failed to find the lab's own checkout around `{}`", folder.display())]
    NoRoot { folder: std::path::PathBuf },
    #[error("failed to {verb} `{}`: {source}", path.display())]
    File { verb: &'static str, path: std::path::PathBuf, source: std::io::Error },
    /// The machine ran, but there is nothing to judge.
    #[error("{reason}")]
    NoVerdict { reason: String, log: String },
    #[error("this course has no exercises")]
    NoExercise,
    #[error("{lesson} is not solved yet, and its solution was not shown")]
    Unsolved { lesson: String },
    #[error(transparent)]
    Executable(#[from] ExecutableError),
    #[error("failed to relay the program's streams: {0}")]
    Relay(#[source] std::io::Error),
    #[error("the program left no file `{guest}`")]
    NotLeft { guest: String },
    #[error("`--accel kvm` does not work here: {reason}")]
    NoKvm { reason: String },
}

/// The exit status of every command (design: command line).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    Success = 0,
    /// A lesson, exercise or test failed.
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

impl Error {
    /// The exit status that tells of this error.
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Error::Course(CourseError::Unknown { .. })
            | Error::Exercise(ExerciseError::None { .. })
            | Error::Work(WorkError::NotStarted { .. })
            | Error::Grade(_)
            | Error::NoExercise
            | Error::Unsolved { .. }
            | Error::Scaffold(
                ScaffoldError::Number { .. }
                | ScaffoldError::Slug { .. }
                | ScaffoldError::Exists { .. },
            )
            | Error::Refused(_)
            | Error::Executable(_)
            | Error::Kmod(KmodError::NoKbuild { .. }) => ExitStatus::Usage,
            Error::NotLeft { .. } => ExitStatus::Failed,
            Error::Bench(_) => ExitStatus::Failed,
            Error::Host(_)
            | Error::NoKvm { .. }
            | Error::Kernel(KernelError::NoCompiler { .. })
            | Error::Compile(CompileError::Sandbox(SandboxError::Unsupported)) => {
                ExitStatus::Unavailable
            }
            Error::Course(_)
            | Error::Exercise(_)
            | Error::Work(_)
            | Error::Compile(_)
            | Error::Cache(_)
            | Error::Kernel(_)
            | Error::Program(_)
            | Error::Kmod(_)
            | Error::Payload(_)
            | Error::Scaffold(_)
            | Error::NoRoot { .. }
            | Error::File { .. } => ExitStatus::Build,
            Error::Vm(_)
            | Error::Record(_)
            | Error::Trace(_)
            | Error::Relay(_)
            | Error::NoVerdict { .. } => ExitStatus::Vm,
        }
    }

    /// The kernel log, whole, of a machine that failed.
    pub fn log(&self) -> Option<&str> {
        match self {
            Error::Vm(e) => e.log(),
            _ => None,
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Course(CourseError::Unknown { near: Some(near), .. }) => {
                Some(format!("did you mean `{near}`?"))
            }
            Error::Course(CourseError::Unknown { near: None, .. }) => {
                Some("`cargo xtask list` shows the lessons".to_owned())
            }
            Error::Exercise(ExerciseError::None { .. }) => {
                Some("`cargo xtask list` shows the lessons that have one".to_owned())
            }
            Error::NoRoot { .. } => Some("call `cargo xtask` in the checkout".to_owned()),
            Error::Grade(_) => Some(
                "a student's folder holds `lesson-NN-slug/FILE`; give that folder, or one with \
                 folders of students"
                    .to_owned(),
            ),
            Error::Unsolved { lesson } => Some(format!(
                "`cargo xtask hint {lesson}` helps; `--yes` shows the solution all the same"
            )),
            Error::Work(WorkError::NotStarted { lesson }) => {
                Some(format!("`cargo xtask start {lesson}` begins it"))
            }
            Error::Work(WorkError::Progress { .. }) => {
                Some("move the file away to begin a new one".to_owned())
            }
            Error::Compile(CompileError::Sandbox(SandboxError::Unsupported)) => Some(
                "Landlock wants Linux 5.13 or newer and `landlock` among its security modules; \
                 without it a stranger's file is not compiled"
                    .to_owned(),
            ),
            Error::Scaffold(ScaffoldError::Lock { .. }) => Some(
                "the lesson's files are there; `cargo update --workspace` with a network does the \
                 rest"
                    .to_owned(),
            ),
            Error::Scaffold(
                ScaffoldError::Number { .. }
                | ScaffoldError::Slug { .. }
                | ScaffoldError::Exists { .. },
            ) => Some("nothing was written; choose another number or slug".to_owned()),
            Error::Cache(e) => e.hint(),
            Error::Host(e) => e.hint(),
            Error::Kernel(e) => e.hint(),
            Error::Executable(e) => e.hint(),
            Error::NoKvm { .. } => {
                Some("leave `--accel kvm` out: emulation works everywhere".to_owned())
            }
            Error::Vm(VmError::Start { .. }) => {
                Some("`cargo xtask doctor` shows what the host lacks".to_owned())
            }
            Error::Vm(VmError::Hung { .. }) => Some(
                "a module that never returns, or a host that is very slow: see the kernel log"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// Text that belongs under the message: a compiler's output, the end of a
    /// log.
    pub fn details(&self) -> Option<&str> {
        match self {
            Error::Program(ProgramError::Compile { output, .. })
            | Error::Kmod(KmodError::Compile { output, .. }) => Some(output),
            Error::Compile(error) => error.output(),
            Error::Scaffold(ScaffoldError::Lock { output }) => Some(output),
            Error::Host(e) => e.output(),
            Error::Bench(BenchError::Failed { stderr, .. }) => Some(stderr),
            Error::Kernel(e) => e.log(),
            Error::Vm(e) => e.log().map(last_lines),
            Error::NoVerdict { log, .. } => Some(log),
            _ => None,
        }
    }
}
