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
pub mod plan;
pub mod reference;
pub mod report;
pub mod run;
pub mod scaffold;
pub mod vm;
