//! Draws a picture that fits its terminal, and draws it anew each time the
//! terminal is resized.
//!
//! Standard input and output are the terminal. The picture is no more than the
//! size: `24x80`. After it the program asks the terminal whether it has drawn
//! everything, and waits for the answer, so it draws no faster than the terminal
//! does.

use std::io::{Read, Write, stdin, stdout};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use nix::libc;
use nix::pty::Winsize;
// region: imports
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal};
use nix::sys::signal::{sigaction, sigprocmask};
// endregion

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

nix::ioctl_read_bad!(
    /// Asks for the size of a terminal.
    tiocgwinsz, libc::TIOCGWINSZ, Winsize);

/// Whether the terminal has been resized since the last look.
static RESIZED: AtomicBool = AtomicBool::new(false);

// region: attribute
// endregion
extern "C" fn on_sigwinch(_: i32) {
    RESIZED.store(true, Relaxed);
}

/// Prepares everything for `wait_for_resize`; called once.
fn set_up() -> Result<()> {
    // region: set-up
    // region: solution
    // SA_RESTART does not matter: the signal is blocked from here on, so it
    // interrupts nothing but sigsuspend. A blocked signal is not lost: it stays
    // pending.
    // endregion
    let action =
        SigAction::new(SigHandler::Handler(on_sigwinch), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler only stores to an atomic variable.
    unsafe { sigaction(Signal::SIGWINCH, &action)? };
    // region: block
    let mut sigwinch = SigSet::empty();
    sigwinch.add(Signal::SIGWINCH);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigwinch), None)?;
    // endregion
    // endregion
    Ok(())
}

/// Sleeps until the terminal has been resized since the last call.
fn wait_for_resize() -> Result<()> {
    // region: wait
    // region: solution
    // sigsuspend lets the signal in and sleeps, in one step: if one is pending
    // already, its handler runs at once, and sigsuspend returns. There is no
    // moment at which the signal is handled and the sleep is still to come.
    //
    // The flag is cleared here, before the drawing that it asks for. What comes
    // while the program draws stays pending until the next call.
    // endregion
    while !RESIZED.swap(false, Relaxed) {
        // region: sleep
        SigSet::empty().suspend()?;
        // endregion
    }
    // endregion
    Ok(())
}

fn main() -> Result<()> {
    set_up()?;
    loop {
        draw()?;
        wait_for_resize()?;
    }
}

/// Draws a picture of the size that the terminal has now, and waits until the
/// terminal has drawn it.
fn draw() -> Result<()> {
    let mut size = Winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the kernel writes one Winsize.
    unsafe { tiocgwinsz(stdin().as_raw_fd(), &mut size)? };
    let mut terminal = stdout();
    // "Are you done?" is ESC [ 5 n, and "yes" is ESC [ 0 n.
    write!(terminal, "{}x{}\x1b[5n", size.ws_row, size.ws_col)?;
    terminal.flush()?;
    // read_exact goes on if a signal interrupts it.
    stdin().read_exact(&mut [0; 4])?;
    Ok(())
}
