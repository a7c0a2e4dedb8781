//! The terminal on standard input while the lab has it in raw mode, or a program has it
//! that may change it. The lab restores it when it is done. If the lab is killed, the
//! keeper of its program does.

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
static BEFORE: Mutex<Option<Before>> = Mutex::new(None);

/// A terminal and its former settings.
#[derive(Clone, Copy)]
pub struct Before {
    /// A descriptor that keepers keep open.
    fd: RawFd,
    termios: libc::termios,
}

/// The settings of standard input. Dropping this restores them.
pub struct Saved {
    before: Termios,
    _terminal: Held,
}

impl Saved {
    /// Keepers of programs that start from now on know about it. Fails with ENOTTY if
    /// standard input is not a terminal.
    pub fn now() -> nix::Result<Saved> {
        let before = tcgetattr(stdin())?;
        let own = stdin().as_fd().try_clone_to_owned();
        let terminal = Held::new(File::from(own.map_err(|_| Errno::EMFILE)?));
        let fd = terminal.file().as_raw_fd();
        *saved() = Some(Before { fd, termios: before.clone().into() });
        Ok(Saved { before, _terminal: terminal })
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        *saved() = None;
        // If the terminal is gone, nothing can be done.
        let _ = tcsetattr(stdin(), SetArg::TCSADRAIN, &self.before);
    }
}

/// Standard input in raw mode. Dropping this restores the former settings.
pub struct Raw {
    _saved: Saved,
}

impl Raw {
    /// Like [`Saved::now`].
    pub fn enter() -> nix::Result<Raw> {
        let saved = Saved::now()?;
        let mut changed = saved.before.clone();
        cfmakeraw(&mut changed);
        tcsetattr(stdin(), SetArg::TCSADRAIN, &changed)?;
        Ok(Raw { _saved: saved })
    }
}

fn saved() -> MutexGuard<'static, Option<Before>> {
    BEFORE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What a keeper that starts now must restore.
pub fn before() -> Option<Before> {
    *saved()
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
