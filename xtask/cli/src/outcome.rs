//! The exit status of a command.

use std::process::ExitCode;

use explain::ExitStatus;
use lab::error::Error;
use nix::libc::SIGINT;
use process::interrupt;

/// How a command ended: its exit status.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome(u8);

impl Outcome {
    pub const SUCCESS: Outcome = Outcome(ExitStatus::Success as u8);
    pub const FAILED: Outcome = Outcome(ExitStatus::Failed as u8);
    pub const USAGE: Outcome = Outcome(ExitStatus::Usage as u8);
    pub const NO_VERDICT: Outcome = Outcome(ExitStatus::Vm as u8);
    pub const UNAVAILABLE: Outcome = Outcome(ExitStatus::Unavailable as u8);

    /// The outcome of a command that met an error.
    pub fn of(error: &Error) -> Outcome {
        Outcome(error.exit_status() as u8)
    }

    /// The outcome of a command that ran a program. The status is the program's.
    pub fn of_program(status: u8) -> Outcome {
        Outcome(status)
    }

    pub fn success_if(passed: bool) -> Outcome {
        if passed { Outcome::SUCCESS } else { Outcome::FAILED }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(outcome.0)
    }
}

/// The result of a command.
pub type Result = std::result::Result<Outcome, Error>;

/// The result of a command that a person has in front of them: after Ctrl-C there is
/// nothing to say. The process ends by the signal anyway.
pub fn silent_on_interrupt(result: Result) -> Result {
    match result {
        Err(_) if interrupt::signal() == Some(SIGINT) => Ok(Outcome::FAILED),
        result => result,
    }
}
