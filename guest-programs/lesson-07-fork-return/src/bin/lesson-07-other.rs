//! The other program of lesson 7: a process becomes it by execve(2), and it
//! finds that the process is still the one it was.
//!
//! Usage: `lesson-07-other [PID]`, with the pid that it has to have.

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
