//! Every process that the lab starts is started here, and none outlives it.
//!
//! ```text
//! lab ── a socket ── keeper ── the program ── all that it starts
//! ```
//!
//! A [keeper](keeper) is a fork of the lab between it and the program. It ends the
//! program with everything that this started when the lab is gone, however it went,
//! when the lab is asked to end, and when the program itself has ended.

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
