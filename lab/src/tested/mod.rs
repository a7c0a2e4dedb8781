//! Results of a suite's programs: what they mean, and the forms in which they are written.

pub mod ktap;
mod head;
mod merge;
mod results;

use serde::{Deserialize, Serialize};

pub use head::Head;
pub use merge::{merge, read_part};
pub use results::{Before, CompareError, Document};

/// The result of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tested {
    pub name: String,
    pub outcome: Outcome,
    /// The exit status, if the program ended.
    pub status: Option<u8>,
    /// Why it did not pass.
    pub said: Option<String>,
    /// What it wrote to both of its streams, if it did not pass.
    pub output: Option<String>,
    /// How repeated runs differ.
    pub unlike: Option<String>,
}

/// What a result means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Passed,
    /// The program says that it cannot be run here.
    Skipped,
    /// By its exit status, or because it ended the machine.
    Failed,
    TimedOut,
    /// It did not run, or the lab or the host failed.
    Error,
}

impl Outcome {
    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Skipped => "skipped",
            Outcome::Failed => "failed",
            Outcome::TimedOut => "timed-out",
            Outcome::Error => "error",
        }
    }
}
