//! Builds everything that a machine is made of, unless the cache has it: the guest's
//! kernel, PID 1's archive, programs, modules, and the payload that carries them.
//!
//! Strangers' files are compiled in a [sandbox]. Progress is reported to a
//! [watcher](progress); this crate prints nothing.

// In reading order.
pub mod cache;
pub mod guest;
pub mod host;
pub mod kernel;
pub mod pack;
pub mod progress;
pub mod root;
pub mod sandbox;

pub use root::root;
