//! The lab as a library: how a lesson becomes a verdict.
//!
//! ```text
//! lesson.toml → Lesson → Plan → Vm → Record → Timeline → Verdict
//! ```
//!
//! Each arrow is one step. The crate [`builder`] builds the parts of a machine, [`vm`]
//! runs it, [`trace`] reads its record, and [`story`] tells what the record shows. This
//! crate combines them for a person: the [course], a [plan], its [run],
//! [exercises](exercise), [grading](grade), and [running a program by hand](exec).

// In reading order.
mod absent;
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
pub mod maker;
mod metered;
pub mod mine;
pub mod pack;
pub mod pages;
pub mod parallel;
pub mod plan;
pub mod reference;
pub mod record_file;
pub mod report;
pub mod returned;
pub mod run;
pub mod scaffold;
pub mod shard;
pub mod suite;
pub mod tested;
pub mod whole;
