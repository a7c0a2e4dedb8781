//! A scene as a sequence diagram: a lifeline for each device, the kernel and each task,
//! and from top to bottom what happens, with an arrow from the lifeline that caused it.
//!
//! A figure is drawn from the story, so it is the same on every host. Nothing here does
//! IO.

// `clippy.toml` lists everything that does IO.
#![deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types)]

mod draw;
mod scene;

pub use draw::{STYLE, svg};
pub use scene::{Figure, Step};
