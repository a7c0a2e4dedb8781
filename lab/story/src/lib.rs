//! What a record tells. From a lesson and the events of its run, this crate works out
//! what happened, in words, and whether the lesson's facts hold.
//!
//! ```text
//! lesson.toml ─▶ Lesson ─▶ facts ─┐
//!                                 ├─▶ Verdict
//! events ─▶ Timeline ─────────────┘
//!              ├─▶ rendering, for people
//!              └─▶ the story, which is the same on every host
//! ```
//!
//! Nothing here does IO: inputs and outputs are text and values.

// `clippy.toml` lists everything that does IO.
#![deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types)]

// In reading order.
pub mod causes;
pub mod detail;
pub mod expect;
pub mod experiment;
pub mod findings;
pub mod lesson;
pub mod map;
pub mod narrow;
pub mod place;
pub mod render;
pub mod reports;
pub mod scene;
pub mod timeline;
pub mod value_name;
pub mod verdict;
pub mod view;

mod between;
mod story;

pub use story::{Told, shown, text, told};
