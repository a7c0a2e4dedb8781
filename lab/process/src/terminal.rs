//! The terminal on standard input while the lab has it in raw mode. The lab restores it
//! when it is done. If the lab is killed, the keeper of its program does.

use std::fmt;
use std::fs::File;
use std::io::stdin;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard};

use nix::errno::Errno;
use nix::libc;
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};

use crate::Held;

/// What a keeper must restore.
static RAW: Mutex<Option<Before>> = Mutex::new(None);

/// A terminal and its former settings.
#[derive(Clone, Copy)]
pub struct Before {
    /// A descriptor that keepers keep open.
    fd: RawFd,
    termios: libc::termios,
}

/// Standard input in raw mode. Dropping this restores the former settings.
pub struct Raw {
    before: Termios,
    _terminal: Held,
}

impl Raw {
    /// Keepers of programs that start from now on know about it. Fails with ENOTTY if
    /// standard input is not a terminal.
    pub fn enter() -> nix::Result<Raw> {
        let before = tcgetattr(stdin())?;
        let own = stdin().as_fd().try_clone_to_owned();
        let terminal = Held::new(File::from(own.map_err(|_| Errno::EMFILE)?));
        let fd = terminal.file().as_raw_fd();
        *raw() = Some(Before { fd, termios: before.clone().into() });
        let mut changed = before.clone();
        cfmakeraw(&mut changed);
        tcsetattr(stdin(), SetArg::TCSADRAIN, &changed)?;
        Ok(Raw { before, _terminal: terminal })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        *raw() = None;
        // If the terminal is gone, nothing can be done.
        let _ = tcsetattr(stdin(), SetArg::TCSADRAIN, &self.before);
    }
}

fn raw() -> MutexGuard<'static, Option<Before>> {
    RAW.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What a keeper that starts now must restore.
pub fn before() -> Option<Before> {
    *raw()
}

impl fmt::Debug for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Before({})", self.fd)
    }
}

impl Before {
    /// Restores the settings, in a process that blocks SIGTTOU. tcsetattr(3) is safe
    /// between fork and exec.
    pub fn set_back(self) {
        // SAFETY: the descriptor is among those that a keeper keeps open, and the
        // structure is complete.
        unsafe { libc::tcsetattr(self.fd, libc::TCSANOW, &raw const self.termios) };
    }
}
