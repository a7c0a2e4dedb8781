//! The refusal: `valid_signal` (include/linux/signal.h) knows the numbers up to 64, and 0,
//! which asks for nothing.

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::{self, c_int, c_long};

pub fn run() -> nix::Result<()> {
    scene!("15. asks for signal 65 at its parent's death");
    let error = Errno::result(set_pdeathsig(65)).expect_err("there is no such signal");
    check!("prctl", error, Errno::EINVAL);
    println!("15. PR_SET_PDEATHSIG, 65: {error}");
    Ok(())
}

/// nix's function takes no number.
fn set_pdeathsig(signal: c_long) -> c_int {
    // SAFETY: with this option the call takes a number, and no pointer.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal) }
}
