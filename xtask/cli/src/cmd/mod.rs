//! One file per command.

pub mod bench;
pub mod check;
pub mod clean;
pub mod debug;
pub mod doctor;
pub mod exec;
pub mod grade;
pub mod hint;
pub mod list;
pub mod mutants;
pub mod new;
pub mod plan;
pub mod progress;
pub mod reset;
pub mod run;
pub mod setup;
pub mod shell;
#[cfg(feature = "test")]
pub mod soak;
pub mod solution;
pub mod start;
#[cfg(feature = "test")]
pub mod test;
#[cfg(not(feature = "test"))]
pub mod untested;
pub mod watch;
