//! A task that wakes every 10 ms, and runs at once then, for a moment.

use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use steps::{run_first, start};

/// Does `work` while it runs.
pub fn beside<T>(work: impl FnOnce() -> nix::Result<T>) -> nix::Result<T> {
    let metronome = start(|| {
        run_first()?;
        loop {
            sleep(Duration::from_millis(10));
        }
    })?;
    let done = work();
    kill(metronome, Signal::SIGKILL)?;
    waitpid(metronome, None)?;
    done
}
