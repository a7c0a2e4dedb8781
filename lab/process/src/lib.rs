//! Starts every process of the lab, and makes sure that none outlives it.
//!
//! ```text
//! lab ── a socket ── keeper ── the program ── everything that it starts
//! ```
//!
//! A [keeper](keeper) is a fork of the lab between it and the program. It ends the
//! program and everything that the program started in three cases: the lab is gone for
//! any reason, the lab is asked to end, or the program has ended.

mod child;
mod held;
pub mod interrupt;
mod keeper;
pub mod limits;
mod temporary;
pub mod terminal;

pub use child::{Child, Command, Ended, Output, stream};
pub use held::Held;
pub use temporary::Temporary;
