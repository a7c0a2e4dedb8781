//! With SECCOMP_RET_TRAP the caller sends itself SIGSYS (`force_sig_seccomp`,
//! kernel/signal.c), with the call's number in its siginfo. The handler runs where the call
//! would return. What it puts into the saved RAX is what the call returns.

use marker::{check, mark, scene};
use nix::libc::{self, SECCOMP_RET_TRAP};
use steps::{ended_well, start};

use crate::filter::{install, on};
use crate::getuid::getuid;
use crate::sigsys::{ANSWER, handle_sigsys};

/// The filter's lowest 16 bits, which the handler finds in si_errno.
const DATA: u32 = 1234;

pub fn run() -> nix::Result<()> {
    scene!("2. a child calls getuid, and its filter says SECCOMP_RET_TRAP");
    let child = start(|| {
        handle_sigsys()?;
        install(&on(libc::SYS_getuid, SECCOMP_RET_TRAP | DATA))?;
        check!("getuid", getuid(), Ok(ANSWER));
        mark!("2. getuid has returned {}", ANSWER);
        Ok(())
    })?;
    ended_well(child)?;
    println!("2. SECCOMP_RET_TRAP: SIGSYS, and its handler answers: getuid returns {ANSWER}");
    Ok(())
}
