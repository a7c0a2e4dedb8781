//! The exit status of a command.

use std::process::ExitCode;

use lab::error::{Error, ExitStatus};

/// How a command ended.
pub struct Outcome(ExitStatus);

impl Outcome {
    pub const SUCCESS: Outcome = Outcome(ExitStatus::Success);
    pub const FAILED: Outcome = Outcome(ExitStatus::Failed);
    pub const NO_VERDICT: Outcome = Outcome(ExitStatus::Vm);
    pub const UNAVAILABLE: Outcome = Outcome(ExitStatus::Unavailable);

    /// Of a command that met an error.
    pub fn of(error: &Error) -> Outcome {
        Outcome(error.exit_status())
    }

    pub fn success_if(passed: bool) -> Outcome {
        if passed { Outcome::SUCCESS } else { Outcome::FAILED }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(outcome.0 as u8)
    }
}

/// What a command returns.
pub type Result = std::result::Result<Outcome, Error>;
