//! The other program of fork-return: a process becomes it by execve(2), and it
//! finds that the process is still the one it was.
//!
//! Usage: `fork-return-other [PID]`, with the pid that it has to have.

use marker::{check, mark};
use nix::unistd::getpid;

fn main() {
    marker::open_trace();
    let pid = getpid();
    mark!("another program: getpid() is {}", pid);
    if let Some(before) = std::env::args().nth(1) {
        check!("getpid() after execve", pid.to_string(), before);
    }
}
