//! The lab, as a library: how a lesson becomes a verdict.
//!
//! ```text
//! lesson.toml → Lesson → Plan → Vm → Record → Timeline → Verdict
//! ```
//!
//! Each arrow is one step. What a machine is made of is the crate [`build`]'s, the
//! machine [`vm`]'s, the record [`trace`]'s, and what it tells [`story`]'s; here
//! is what puts them in order for a person: the [course], a [plan], its [run],
//! [exercises](exercise) and [grading](grade), and [running by hand](exec).

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
pub mod whole;
