//! The lab, as a library: how a lesson becomes a verdict.
//!
//! ```text
//! lesson.toml → Lesson → Plan → Vm → Record → Timeline → Verdict
//! ```
//!
//! Each arrow is one step, each name one module. Only the build steps
//! ([`cache`], [`host`], [`kernel`], [`guest`]) and the machine ([`vm`]) do IO;
//! [`run`] puts them in order. Everything else turns values into values.

// In reading order.
pub mod bench;
pub mod cache;
pub mod checkpoint;
pub mod classroom;
pub mod course;
pub mod debug;
pub mod error;
pub mod exec;
pub mod exercise;
pub mod fingerprint;
pub mod firmware;
pub mod grade;
pub mod guest;
pub mod host;
pub mod kernel;
pub mod plan;
pub mod progress;
pub mod reference;
pub mod report;
pub mod root;
pub mod run;
pub mod sandbox;
pub mod scaffold;
pub mod vm;

pub use root::root;
