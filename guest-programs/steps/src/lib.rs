//! The steps of a scene that are not its subject: start a child and wait for its
//! end, wait until a process sleeps, load a module.
//!
//! A lesson that is about one of these calls makes the call itself.

mod asleep;
mod child;
mod errno;
mod gate;
mod module;
mod proc;
mod signal;
mod untraced;

pub use asleep::{
    run_among_others, run_first, run_second, run_until_asleep, spin_for_ever, wait_until_asleep,
    wait_until_uninterruptible,
};
pub use child::{ended, ended_well, exit, exit_of, sleep_for_ever, start, start_when_asleep};
pub use errno::errno;
pub use gate::{Gate, start_when_forked};
pub use module::{load, remove};
pub use proc::{proc_hex, proc_value};
pub use signal::{block, set_of};
pub use untraced::run_untraced;
