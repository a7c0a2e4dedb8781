//! A task that ends looks for another parent for its children, in
//! `forget_original_parent` (kernel/exit.c). On the way it sends each the signal that it has
//! asked for. The siginfo says kill(2) again, by the parent, which is about to be gone.

use marker::{mark, scene};
use nix::sys::wait::wait;
use steps::{ended_well, exit_of, start, wait_until_asleep};

use crate::heir::ask_and_wait;

pub fn run() -> nix::Result<()> {
    scene!("11. a child has a child, which asks for SIGTERM at its parent's death");
    let parent = start(|| {
        let heir = start(|| {
            mark!("11. asks for SIGTERM, and waits");
            ask_and_wait()
        })?;
        wait_until_asleep(heir)
    })?;
    ended_well(parent)?;
    exit_of(wait()?)?;
    println!("11. PR_SET_PDEATHSIG: SIGTERM, SI_USER, si_pid is my parent's");
    Ok(())
}
