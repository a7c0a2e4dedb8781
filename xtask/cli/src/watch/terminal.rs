//! A terminal that gives each key at once, without Enter and without echo. Signals and
//! output work as before.

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};

/// Restores the terminal on drop.
pub struct Immediate {
    before: Termios,
    now: Termios,
}

impl Immediate {
    /// Changes the terminal on standard input. Returns `None` if there is none.
    pub fn set() -> Option<Immediate> {
        let stdin = std::io::stdin();
        let before = tcgetattr(&stdin).ok()?;
        let mut now = before.clone();
        now.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
        tcsetattr(&stdin, SetArg::TCSANOW, &now).ok()?;
        Some(Immediate { before, now })
    }

    /// Changes the terminal again: a shell gives it its own settings while this process is
    /// stopped.
    pub fn set_again(&self) {
        // In the background it belongs to another process, and changing it would stop
        // this one.
        let stdin = std::io::stdin();
        if tcgetpgrp(&stdin) == Ok(getpgrp()) {
            let _ = tcsetattr(stdin, SetArg::TCSANOW, &self.now);
        }
    }
}

impl Drop for Immediate {
    fn drop(&mut self) {
        // Without a terminal there is nothing to restore.
        let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &self.before);
    }
}
