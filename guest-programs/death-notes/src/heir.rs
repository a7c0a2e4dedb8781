//! A child of a parent that dies.

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::wait::wait;
use nix::unistd::pause;
use steps::{Gate, ended_well, exit_of, start, wait_until_asleep};

use crate::handler;

/// The heir's work: it asks for SIGTERM at its parent's death, and waits for it. The parent is
/// to end only when the heir sleeps, so the signal cannot come before pause(2). It calls only
/// what signal-safety(7) allows.
pub fn ask_and_wait() -> nix::Result<()> {
    handler::install(Signal::SIGTERM)?;
    set_pdeathsig(Signal::SIGTERM)?;
    pause();
    Ok(())
}

/// Starts a parent and its heir. The heir asks for SIGTERM, and does `first`. When it
/// sleeps, the parent does `last`, and ends. When the parent is gone, the heir does
/// `then`. Returns when the heir has ended, too.
pub fn of_a_parent(
    first: impl FnOnce() -> nix::Result<()>,
    last: impl FnOnce() -> nix::Result<()>,
    then: impl FnOnce() -> nix::Result<()>,
) -> nix::Result<()> {
    let gate = Gate::new()?;
    let parent = start(|| {
        let heir = start(|| {
            handler::install(Signal::SIGTERM)?;
            set_pdeathsig(Signal::SIGTERM)?;
            first()?;
            gate.wait()?;
            then()
        })?;
        wait_until_asleep(heir)?;
        last()
    })?;
    ended_well(parent)?;
    gate.open()?;
    exit_of(wait()?)
}
