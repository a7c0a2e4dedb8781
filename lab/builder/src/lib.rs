//! Everything that a machine is made of, built unless the cache has it: the
//! guest's kernel, PID 1's archive, programs, modules, and the payload that
//! brings them in.
//!
//! Strangers' files are compiled in a [sandbox]. What is being done is told to
//! whoever [watches](progress); nothing is printed.

// In reading order.
pub mod cache;
pub mod guest;
pub mod host;
pub mod kernel;
pub mod progress;
pub mod root;
pub mod sandbox;

pub use root::root;
