//! One file a command.

pub mod clean;
pub mod doctor;
pub mod list;
pub mod plan;
pub mod run;
pub mod setup;
pub mod test;
